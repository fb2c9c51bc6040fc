#!/usr/bin/env python3
"""startup.py [--reps 30]: what a person waits for before anything runs: a process with SELECT 1; a query compiled for the first time in
a process, where LLVM starts, and after another one; the same statement again; the same in a new process with a warm cache on disk."""
import argparse, os, re, statistics, subprocess, tempfile, time
from engines import ROOT, Dql, machine

p = argparse.ArgumentParser()
p.add_argument("--reps", type=int, default=30)
a = p.parse_args()
QUERIES = {"one kernel": "SELECT SUM(a * b) AS s FROM t WHERE a > 3 AND b < 900",
           "two kernels": "SELECT a % 7 AS g, SUM(a * b) AS s, COUNT(*) AS n, MIN(b) AS lo FROM t WHERE a > 3 AND b < 900 GROUP BY a % 7"}
OTHER = "SELECT MAX(a - b) AS m FROM t WHERE a <> b"
LOAD = "CREATE TABLE t (a INTEGER, b INTEGER); INSERT INTO t VALUES (1, 2), (5, 6), (700, 800)"


def process_ms(text):
    start = time.perf_counter()
    subprocess.run([os.path.join(ROOT, "build", "dql"), "-c", text], stdout=subprocess.DEVNULL, check=True)
    return 1e3 * (time.perf_counter() - start)


def llvm_instructions(query):
    """Of the kernels that are compiled for it: those of its fused form, which are the largest."""
    out = subprocess.run([os.path.join(ROOT, "build", "dql"), "--cache=off", "--tier=fused", "--dump=llvm", "-c", f"{LOAD}; EXPLAIN ANALYZE {query}"],
                         capture_output=True, text=True, check=True)
    sizes = [body.count("\n  ") for body in re.findall(r"^define.*?^}", out.stderr, re.M | re.S)]
    return sum(sorted(sizes)[-int(re.search(r"(\d+) compiled", out.stdout)[1]):])


def session(cache, tier):
    engine = Dql(f"--tier={tier}", cache_dir=cache)
    for s in LOAD.split(";"):
        engine.run(s)
    return engine


def compile_ms(name, query, tier):
    first, second, again, warm = [], [], [], []
    for _ in range(max(3, a.reps // 5)):
        with tempfile.TemporaryDirectory() as cache:
            engine = session(cache, tier)
            first.append(engine.run(query)["compile_ms"])
            again.append(engine.run(query)["compile_ms"])
            engine.close()
            engine = session(cache, tier)
            warm.append(engine.run(query)["compile_ms"])
            engine.close()
        with tempfile.TemporaryDirectory() as cache:
            engine = session(cache, tier)
            engine.run(OTHER)
            second.append(engine.run(query)["compile_ms"])
            engine.close()
    m = [statistics.median(t) for t in (first, second, again, warm)]
    print(f"{name}, {llvm_instructions(query)} LLVM instructions, tier {tier}: compile first in a process {m[0]:.2f} ms, after another query {m[1]:.2f} ms, "
          f"again {m[2]:.3f} ms, new process with a warm cache {m[3]:.2f} ms", flush=True)


def main():
    print(f"# {machine()}")
    print(f"SELECT 1, whole process\t{statistics.median(process_ms('SELECT 1') for _ in range(a.reps)):.2f} ms")
    for name, query in QUERIES.items():
        for tier in ("fused", "auto"):
            compile_ms(name, query, tier)


main()
