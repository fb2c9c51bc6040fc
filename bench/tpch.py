#!/usr/bin/env python3
"""tpch.py CSV_DIR [--reps 9] [--shuffle]: TPC-H Q1, Q3, Q6, Q12 at the scale of CSV_DIR (`tpchgen-cli csv -s 1`), dql and DuckDB interleaved, 2 threads.
first: a new process with an empty code cache, planning and compiling included; again: the median of the runs after it.
--shuffle: the rows in random order, their keys sparse and in no order."""
import argparse, os, tempfile
from engines import Peer, interleave, machine
from tpch_tables import duckdb_connection, load_dql, shuffle

p = argparse.ArgumentParser()
p.add_argument("csv")
p.add_argument("--reps", type=int, default=9)
p.add_argument("--threads", type=int, default=2)
p.add_argument("--shuffle", action="store_true")
a = p.parse_args()
HERE = os.path.dirname(os.path.abspath(__file__))
QUERIES = {q: open(os.path.join(HERE, "queries", f"q{q}.sql")).read() for q in ("01", "03", "06", "12")}


def duckdb_engine():
    c = duckdb_connection(a.csv, a.threads)
    return lambda text: c.execute(text).fetchall()


def main():
    import duckdb
    print(f"# {machine()}; {a.threads} threads; duckdb {duckdb.__version__}; {a.csv}{' shuffled' if a.shuffle else ''}")
    with tempfile.TemporaryDirectory() as cold:
        if a.shuffle:
            shuffle(a.csv, cold)
            a.csv = cold
        peer = Peer(duckdb_engine)
        first = {q: None for q in QUERIES}
        for q, text in QUERIES.items():
            engine = load_dql(a.csv, a.threads, cache_dir=os.path.join(cold, q))
            first[q] = engine.run(text)["total_ms"]
            engine.close()
        engine = load_dql(a.csv, a.threads, cache_dir=os.path.join(cold, "warm"))
        print("query\tduckdb\tdql first\tdql again\tfirst x\tagain x")
        for q, text in QUERIES.items():
            for _ in range(3):
                engine.run(text), peer.run(text)
            m = interleave(a.reps, rest=0, duckdb=lambda: peer.run(text), dql=lambda: engine.run(text)["total_ms"])
            print(f"Q{int(q)}\t{m['duckdb']:.2f}\t{first[q]:.2f}\t{m['dql']:.2f}\t{m['duckdb'] / first[q]:.2f}\t{m['duckdb'] / m['dql']:.2f}", flush=True)
        engine.close()
        peer.close()


main()
