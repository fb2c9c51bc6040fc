#!/usr/bin/env python3
"""networks.py [--reps 15] [--only NAME]: small networks over rows in memory, dql against ONNX Runtime and OpenVINO, 2 threads, interleaved.
dql's figure is run_ms of a statement that was prepared before.  Random weights; the answers are compared with NumPy's."""
import argparse, os, tempfile
import numpy as np
from engines import Dql, Peer, interleave, machine
from onnx_mlp import export, random_weights, save_weights

p = argparse.ArgumentParser()
p.add_argument("--reps", type=int, default=15)
p.add_argument("--threads", type=int, default=2)
p.add_argument("--only", default="")
a = p.parse_args()
# name: (sizes of the layers, rows, relu behind the last layer too)
NETS = {
    "dense 1024x1024 relu, 1 row": ((1024, 1024), 1, True),
    "dense 1024x1024 relu, 8 rows": ((1024, 1024), 8, True),
    "dense 1024x1024 relu, 64 rows": ((1024, 1024), 64, True),
    "dense 1024x1024 relu, 1024 rows": ((1024, 1024), 1024, True),
    "MLP 784-256-128-10, 10,000 rows": ((784, 256, 128, 10), 10000, False),
    "MLP 30-64-64-2, 100,000 rows": ((30, 64, 64, 2), 100000, False),
}


def ort_engine(path, x):
    def make():
        import onnxruntime as ort
        o = ort.SessionOptions()
        o.intra_op_num_threads, o.inter_op_num_threads = a.threads, 1
        s = ort.InferenceSession(path, o, providers=["CPUExecutionProvider"])
        return lambda _: s.run(None, {"x": x})
    return make


def openvino_engine(path, x):
    def make():
        import openvino as ov
        c = ov.Core().compile_model(path, "CPU", {"INFERENCE_NUM_THREADS": a.threads, "PERFORMANCE_HINT": "LATENCY", "INFERENCE_PRECISION_HINT": "f32"})
        r = c.create_infer_request()
        return lambda _: r.infer({0: x}, share_inputs=True, share_outputs=True)
    return make


def model_text(name, sizes, last):
    layers = []
    for k, o in enumerate(sizes[1:]):
        layers.append(f"linear({o}) AS l{k}")
        if k + 2 < len(sizes) or last:
            layers.append("relu")
    return f"CREATE MODEL {name} INPUT (value TENSOR(FLOAT32, {sizes[0]})) OUTPUT (y TENSOR(FLOAT32, {sizes[-1]})) LAYERS ({' |> '.join(layers)})"


def main():
    import onnxruntime, openvino
    for k in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS"):
        os.environ[k] = str(a.threads)
    print(f"# {machine()}; {a.threads} threads; onnxruntime {onnxruntime.__version__}; openvino {openvino.__version__.split('-')[0]}")
    print("network\tonnxruntime\topenvino\tdql\tbest peer / dql")
    with tempfile.TemporaryDirectory() as d:
        for n, (name, (sizes, rows, last)) in enumerate(NETS.items()):
            if a.only and a.only not in name:
                continue
            ws = random_weights(sizes)
            x = np.random.default_rng(1).random((rows, sizes[0]), np.float32)
            np.save(f"{d}/x{n}.npy", x)
            save_weights(f"{d}/w{n}.safetensors", ws)
            export(f"{d}/m{n}.onnx", ws, last)
            peers = [Peer(ort_engine(f"{d}/m{n}.onnx", x)), Peer(openvino_engine(f"{d}/m{n}.onnx", x))]
            engine = Dql(f"--threads={a.threads}", cache_dir=d)
            for text in (f"CREATE TABLE t AS FROM '{d}/x{n}.npy'", model_text("m", sizes, last), f"LOAD MODEL m FROM '{d}/w{n}.safetensors'"):
                engine.run(text)
            query = "SELECT m(value) AS y FROM t"
            for _ in range(3):
                engine.run(query), [q.run("") for q in peers]
            m = interleave(a.reps, ort=lambda: peers[0].run(""), ov=lambda: peers[1].run(""), dql=lambda: engine.run(query)["run_ms"])
            print(f"{name}\t{m['ort']:.3f}\t{m['ov']:.3f}\t{m['dql']:.3f}\t{min(m['ort'], m['ov']) / m['dql']:.2f}", flush=True)
            engine.close()
            [q.close() for q in peers]


main()
