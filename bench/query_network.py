#!/usr/bin/env python3
"""query_network.py CSV_DIR [--reps 9]: one query with a network in it (TPC-H at the scale of CSV_DIR: lineitem of a year joined with orders, eight
features, an MLP 8-64-64-2 with softmax, grouped by priority), dql against what people glue together: DuckDB -> NumPy -> OpenVINO or ONNX Runtime ->
DuckDB; and DuckDB alone, without the network.  2 threads, interleaved; the answers are compared."""
import argparse, os, tempfile
from engines import Peer, interleave, machine
from onnx_mlp import export, random_weights, save_weights
from tpch_tables import duckdb_connection, load_dql

p = argparse.ArgumentParser()
p.add_argument("csv")
p.add_argument("--reps", type=int, default=9)
p.add_argument("--threads", type=int, default=2)
a = p.parse_args()
SIZES = (8, 64, 64, 2)
WHERE = "WHERE l_shipdate >= DATE '1995-01-01' AND l_shipdate < DATE '1996-01-01'"
FEATURES = ("CAST(l_quantity AS REAL) / 50, CAST(l_extendedprice AS REAL) / 100000, CAST(l_discount AS REAL), CAST(l_tax AS REAL), "
            "CAST(o_totalprice AS REAL) / 500000, CAST(l_commitdate - l_shipdate AS REAL) / 100, CAST(l_receiptdate - l_shipdate AS REAL) / 30, "
            "CAST(l_linenumber AS REAL) / 7")
QUERY = f"""SELECT p, COUNT(*) AS n, AVG(y) AS mean, SUM(CASE WHEN y > 0.5 THEN 1 ELSE 0 END) AS sure
FROM (SELECT o_orderpriority AS p, mlp(fields2vector({FEATURES}))[1] AS y FROM lineitem JOIN orders ON l_orderkey = o_orderkey {WHERE}) AS t
GROUP BY p ORDER BY p"""
NAMED = ", ".join(f"{f} AS f{i}" for i, f in enumerate(FEATURES.split(", ")))
FETCH = f"SELECT o_orderpriority AS p, {NAMED} FROM lineitem JOIN orders ON l_orderkey = o_orderkey {WHERE}"
MODEL = ("CREATE MODEL mlp INPUT (x TENSOR(FLOAT32, 8)) OUTPUT (y TENSOR(FLOAT32, 2)) "
         "LAYERS (linear(64) AS l0 |> relu |> linear(64) AS l1 |> relu |> linear(2) AS l2 |> softmax)")


def glued(connect, network):
    def make():
        import numpy as np
        import pyarrow as pa
        c, run = connect(), network()

        def query(_):
            t = c.sql(FETCH).to_arrow_table()
            y = run(np.stack([t[i].to_numpy() for i in range(1, 9)], 1).astype(np.float32))
            c.register("r", pa.table({"p": t[0], "y": y[:, 1].copy()}))
            rows = c.execute("SELECT p, count(*), avg(y), sum(CASE WHEN y > 0.5 THEN 1 ELSE 0 END) FROM r GROUP BY p ORDER BY p").fetchall()
            c.unregister("r")
            return rows
        return query
    return make


def alone(connect):
    def make():
        c = connect()
        total = " + ".join(f"f{i}" for i in range(8))
        return lambda _: c.execute(f"SELECT p, count(*), avg({total}) FROM ({FETCH}) GROUP BY p").fetchall()
    return make


def openvino_network(path):
    def make():
        import numpy as np, openvino as ov
        r = ov.Core().compile_model(path, "CPU", {"INFERENCE_NUM_THREADS": a.threads, "INFERENCE_PRECISION_HINT": "f32"}).create_infer_request()
        return lambda x: np.array(r.infer({0: x}, share_inputs=True, share_outputs=True)[0])
    return make


def ort_network(path):
    def make():
        import onnxruntime as ort
        o = ort.SessionOptions()
        o.intra_op_num_threads = a.threads
        s = ort.InferenceSession(path, o, providers=["CPUExecutionProvider"])
        return lambda x: s.run(None, {"x": x})[0]
    return make


def start(d, **options):
    engine = load_dql(a.csv, a.threads, ("orders", "lineitem"), cache_dir=d, **options)
    engine.run(MODEL), engine.run(f"LOAD MODEL mlp FROM '{d}/w.safetensors'")
    return engine


def rows_of_dql(d):
    engine = start(d, rows=True)
    rows = engine.rows(QUERY)
    engine.close()
    return rows


def compare(engine, rows):
    """dql's rows against the peer's: groups and counts equal, means and counts of sure ones as near as float32 allows."""
    for (p, n, mean, sure), (q, m, other, near) in zip(engine, rows, strict=True):
        if p != q or n != m or abs(mean - other) > 1e-5 or abs(sure - near) > 1e-4 * n:
            raise SystemExit(f"different answers: {(p, n, mean, sure)} and {(q, m, other, near)}")


def main():
    import duckdb, onnxruntime, openvino
    for k in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS"):
        os.environ[k] = str(a.threads)
    print(f"# {machine()}; {a.threads} threads; duckdb {duckdb.__version__}; onnxruntime {onnxruntime.__version__}; "
          f"openvino {openvino.__version__.split('-')[0]}; {a.csv}")
    with tempfile.TemporaryDirectory() as d:
        ws, path, connect = random_weights(SIZES), f"{d}/m.onnx", lambda: duckdb_connection(a.csv, a.threads, ("orders", "lineitem"))
        export(path, ws, softmax=True)
        save_weights(f"{d}/w.safetensors", ws)
        peers = {"duckdb + openvino": Peer(glued(connect, openvino_network(path))), "duckdb + onnxruntime": Peer(glued(connect, ort_network(path))),
                 "duckdb, no network": Peer(alone(connect))}
        engine = start(d)
        first = engine.run(QUERY)["total_ms"]
        compare(rows_of_dql(d), peers["duckdb + openvino"].rows(""))
        for _ in range(2):
            engine.run(QUERY), [q.run("") for q in peers.values()]
        m = interleave(a.reps, dql=lambda: engine.run(QUERY)["total_ms"], **{n: (lambda q=q: q.run("")) for n, q in peers.items()})
        print("engine\tms\tengine / dql")
        print(f"dql, first\t{first:.1f}")
        for name, ms in m.items():
            print(f"{name}\t{ms:.1f}\t{ms / m['dql']:.2f}")
        engine.close()
        [q.close() for q in peers.values()]


main()
