"""The tables of TPC-H, from the csv files of tpchgen-cli into dql and DuckDB; the same tables shuffled."""
import os
from engines import Dql

D, V, B, I, T = "DECIMAL(15,2)", "VARCHAR", "BIGINT", "INTEGER", "DATE"
COLUMNS = {
    "customer": [("c_custkey", B), ("c_name", V), ("c_address", V), ("c_nationkey", I), ("c_phone", V), ("c_acctbal", D), ("c_mktsegment", V), ("c_comment", V)],
    "orders": [("o_orderkey", B), ("o_custkey", B), ("o_orderstatus", V), ("o_totalprice", D), ("o_orderdate", T), ("o_orderpriority", V), ("o_clerk", V),
               ("o_shippriority", I), ("o_comment", V)],
    "lineitem": [("l_orderkey", B), ("l_partkey", B), ("l_suppkey", B), ("l_linenumber", B), ("l_quantity", D), ("l_extendedprice", D), ("l_discount", D),
                 ("l_tax", D), ("l_returnflag", V), ("l_linestatus", V), ("l_shipdate", T), ("l_commitdate", T), ("l_receiptdate", T), ("l_shipinstruct", V),
                 ("l_shipmode", V), ("l_comment", V)],
}

KEYS = ("c_custkey", "o_orderkey", "o_custkey", "l_orderkey")
UNIQUE = {"customer": "c_custkey", "orders": "o_orderkey", "lineitem": "l_orderkey, l_linenumber"}
PRIME, FACTOR = (1 << 40) + 15, 274876858367


def shuffle(csv, into):
    """The same rows in random order, with keys that are neither dense nor in any order, as csv files in another folder."""
    import duckdb
    c = duckdb.connect()
    for table, columns in COLUMNS.items():
        keys = ", ".join(f"CAST(CAST({k} AS HUGEINT) * {FACTOR} % {PRIME} AS BIGINT) AS {k}" for k, _ in columns if k in KEYS)
        types = ", ".join(f"'{n}': '{t}'" for n, t in columns)
        source = f"read_csv('{os.path.join(csv, table + '.csv')}', columns = {{{types}}}, header = true)"
        c.execute(f"COPY (SELECT * REPLACE ({keys}) FROM {source} ORDER BY hash({UNIQUE[table]})) TO '{os.path.join(into, table + '.csv')}' (HEADER true)")
    c.close()


def load_dql(csv, threads, tables=tuple(COLUMNS), **options):
    engine = Dql(f"--threads={threads}", **options)
    for table in tables:
        types = ", ".join(f"'{t}'" for _, t in COLUMNS[table])
        engine.run(f"CREATE TABLE {table} AS FROM read_csv('{os.path.join(csv, table + '.csv')}', types => [{types}])")
    return engine


def duckdb_connection(csv, threads, tables=tuple(COLUMNS)):
    import duckdb
    c = duckdb.connect()
    c.execute(f"SET threads={threads}")
    for table in tables:
        c.execute(f"CREATE TABLE {table}({', '.join(f'{n} {t} NOT NULL' for n, t in COLUMNS[table])})")
        c.execute(f"COPY {table} FROM '{os.path.join(csv, table + '.csv')}' (HEADER true)")
    return c
