#!/usr/bin/env python3
"""startup.py [--reps 30]: what a person waits for before anything runs: a process with SELECT 1; a query compiled for the first time;
the same statement again; the same in a new process with a warm cache on disk."""
import argparse, os, statistics, subprocess, tempfile, time
from engines import ROOT, Dql, machine

p = argparse.ArgumentParser()
p.add_argument("--reps", type=int, default=30)
a = p.parse_args()
QUERY = "SELECT a % 7 AS g, SUM(a * b) AS s, COUNT(*) AS n, MIN(b) AS lo FROM t WHERE a > 3 AND b < 900 GROUP BY a % 7"
LOAD = "CREATE TABLE t (a INTEGER, b INTEGER); INSERT INTO t VALUES (1, 2), (5, 6), (700, 800)"


def process_ms(text):
    start = time.perf_counter()
    subprocess.run([os.path.join(ROOT, "build", "dql"), "-c", text], stdout=subprocess.DEVNULL, check=True)
    return 1e3 * (time.perf_counter() - start)


def session(cache, tier):
    engine = Dql(f"--tier={tier}", cache_dir=cache)
    for s in LOAD.split(";"):
        engine.run(s)
    return engine


def main():
    print(f"# {machine()}")
    print(f"SELECT 1, whole process\t{statistics.median(process_ms('SELECT 1') for _ in range(a.reps)):.2f} ms")
    for tier in ("fused", "auto"):
        first, again, warm = [], [], []
        for _ in range(max(3, a.reps // 5)):
            with tempfile.TemporaryDirectory() as cache:
                engine = session(cache, tier)
                first.append(engine.run(QUERY)["compile_ms"])
                again.append(engine.run(QUERY)["compile_ms"])
                engine.close()
                engine = session(cache, tier)
                warm.append(engine.run(QUERY)["compile_ms"])
                engine.close()
        print(f"tier {tier}: compile the first time {statistics.median(first):.2f} ms, again {statistics.median(again):.3f} ms, "
              f"new process with a warm cache {statistics.median(warm):.2f} ms")


main()
