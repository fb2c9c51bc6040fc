#!/usr/bin/env python3
"""tpch.py CSV_DIR [--reps 9]: TPC-H Q1, Q3, Q6, Q12 at the scale of CSV_DIR (`tpchgen-cli csv -s 1`), dql and DuckDB interleaved, 2 threads.
first: a new process with an empty code cache, planning and compiling included; again: the median of the runs after it."""
import argparse, os, tempfile
from engines import Dql, Peer, interleave, machine

p = argparse.ArgumentParser()
p.add_argument("csv")
p.add_argument("--reps", type=int, default=9)
p.add_argument("--threads", type=int, default=2)
a = p.parse_args()
HERE = os.path.dirname(os.path.abspath(__file__))
QUERIES = {q: open(os.path.join(HERE, "queries", f"q{q}.sql")).read() for q in ("01", "03", "06", "12")}
TABLES = {"customer": "c", "orders": "o", "lineitem": "l"}
D, V, B, I, T = "DECIMAL(15,2)", "VARCHAR", "BIGINT", "INTEGER", "DATE"
COLUMNS = {
    "customer": [("c_custkey", B), ("c_name", V), ("c_address", V), ("c_nationkey", I), ("c_phone", V), ("c_acctbal", D), ("c_mktsegment", V), ("c_comment", V)],
    "orders": [("o_orderkey", B), ("o_custkey", B), ("o_orderstatus", V), ("o_totalprice", D), ("o_orderdate", T), ("o_orderpriority", V), ("o_clerk", V),
               ("o_shippriority", I), ("o_comment", V)],
    "lineitem": [("l_orderkey", B), ("l_partkey", B), ("l_suppkey", B), ("l_linenumber", B), ("l_quantity", D), ("l_extendedprice", D), ("l_discount", D),
                 ("l_tax", D), ("l_returnflag", V), ("l_linestatus", V), ("l_shipdate", T), ("l_commitdate", T), ("l_receiptdate", T), ("l_shipinstruct", V),
                 ("l_shipmode", V), ("l_comment", V)],
}


def load_dql(**options):
    engine = Dql(f"--threads={a.threads}", **options)
    for table, columns in COLUMNS.items():
        types = ", ".join(f"'{t}'" for _, t in columns)
        path = os.path.join(a.csv, table + ".csv")
        engine.run(f"CREATE TABLE {table} AS FROM read_csv('{path}', types => [{types}])")
    return engine


def duckdb_engine():
    import duckdb
    c = duckdb.connect()
    c.execute(f"SET threads={a.threads}")
    for table, columns in COLUMNS.items():
        c.execute(f"CREATE TABLE {table}({', '.join(f'{n} {t} NOT NULL' for n, t in columns)})")
        c.execute(f"COPY {table} FROM '{os.path.join(a.csv, table + '.csv')}' (HEADER true)")
    return lambda text: c.execute(text).fetchall()


def main():
    import duckdb
    print(f"# {machine()}; {a.threads} threads; duckdb {duckdb.__version__}; {a.csv}")
    peer = Peer(duckdb_engine)
    with tempfile.TemporaryDirectory() as cold:
        first = {q: None for q in QUERIES}
        for q, text in QUERIES.items():
            engine = load_dql(cache_dir=os.path.join(cold, q))
            first[q] = engine.run(text)["total_ms"]
            engine.close()
        engine = load_dql(cache_dir=os.path.join(cold, "warm"))
        print("query\tduckdb\tdql first\tdql again\tfirst x\tagain x")
        for q, text in QUERIES.items():
            for _ in range(3):
                engine.run(text), peer.run(text)
            m = interleave(a.reps, duckdb=lambda: peer.run(text), dql=lambda: engine.run(text)["total_ms"])
            print(f"Q{int(q)}\t{m['duckdb']:.2f}\t{first[q]:.2f}\t{m['dql']:.2f}\t{m['duckdb'] / first[q]:.2f}\t{m['duckdb'] / m['dql']:.2f}", flush=True)
        engine.close()
    peer.close()


main()
