#!/usr/bin/env python3
"""networks.py [--reps 9] [--only TEXT,..] [--exact]: networks over rows in memory, dql against ONNX Runtime and OpenVINO, interleaved, from the same .onnx file
with random weights, 2 threads.  dql's figure is run_ms of a statement that was prepared before.  The first rows' answers are compared with ONNX Runtime's."""
import argparse, json, math, os, re, subprocess, sys, tempfile
import numpy as np
import onnx_networks as nets
from engines import ROOT, Dql, Peer, interleave, machine, peak_memory

p = argparse.ArgumentParser()
p.add_argument("--reps", type=int, default=9)
p.add_argument("--threads", type=int, default=2)
p.add_argument("--only", default="", help="rows whose names contain one of these texts, separated by commas")
p.add_argument("--exact", action="store_true", help="dql without rewrites and algorithms of class REAL")
p.add_argument("--dir", help="where models and inputs are kept; otherwise they are removed")
a = p.parse_args()
BOUND = 1e-4  # of max |dql - ONNX Runtime| / max |ONNX Runtime|; Winograd's part is below 2e-5
CHECKED = 16  # rows
NETS = [  # name, file, network, rows
    ("dense 1024x1024 relu", "dense", lambda: nets.mlp(1024, 1024, last_relu=True), (1, 8, 64, 1024)),
    ("MLP 784-256-128-10", "mlp784", lambda: nets.mlp(784, 256, 128, 10), (10000,)),
    ("MLP 30-64-64-2", "mlp30", lambda: nets.mlp(30, 64, 64, 2), (100000,)),
    ("linear 784-10 of UINT8", "linear", nets.linear_uint8, (60000,)),
    ("LeNet 28x28", "lenet", nets.lenet, (1000,)),
    ("ResNet-18", "resnet18", lambda: nets.resnet((2, 2, 2, 2), False), (1, 16)),
    ("ResNet-50", "resnet50", lambda: nets.resnet((3, 4, 6, 3), True), (1, 16)),
    ("VGG16", "vgg16", nets.vgg16, (1, 16)),
    ("MobileNet-v2", "mobilenet_v2", nets.mobilenet_v2, (1, 16)),
    ("Inception-v3", "inception_v3", nets.inception_v3, (1,)),
    ("encoder 6x512, 128 tokens", "encoder", nets.encoder, (1, 8)),
]


def ort_engine(path, x):
    def make():
        import onnxruntime as ort
        o = ort.SessionOptions()
        o.intra_op_num_threads, o.inter_op_num_threads = a.threads, 1
        o.add_free_dimension_override_by_name("n", x.shape[0])
        s = ort.InferenceSession(path, o, providers=["CPUExecutionProvider"])
        return lambda _: s.run(None, {"x": x})[0]
    return make


def openvino_engine(path, x):
    def make():
        import openvino as ov
        core = ov.Core()
        model = core.read_model(path)
        model.reshape(x.shape)
        c = core.compile_model(model, "CPU", {"INFERENCE_NUM_THREADS": a.threads, "PERFORMANCE_HINT": "LATENCY", "INFERENCE_PRECISION_HINT": "f32"})
        r = c.create_infer_request()
        return lambda _: r.infer({0: x}, share_inputs=True, share_outputs=True)[0]
    return make


def limit():
    """Floating-point operations a millisecond that the FMA units of all threads can do (tile_bench measures one core)."""
    text = subprocess.run([os.path.join(ROOT, "build/bench/tile_bench"), "peak"], stdout=subprocess.PIPE, text=True, check=True).stdout
    return 1e6 * float(re.search(r"([0-9.]+) GFLOP/s", text)[1]) * min(a.threads, os.cpu_count())


def error(got, want):
    return float(np.abs(got - want).max() / np.abs(want).max())


def answers(options, texts, cache_dir):
    """The result of the last of the statements, a line a row, by a process of its own."""
    out = subprocess.run([os.path.join(ROOT, "build/dql"), "--mode=jsonl", *options, "-c", "; ".join(texts)], stdout=subprocess.PIPE, check=True,
                         env=dict(os.environ, XDG_CACHE_HOME=cache_dir)).stdout
    return np.array([np.ravel(json.loads(line)["y"]) for line in out.splitlines()])


def measure(name, path, flops, rows, d, per_ms):
    x = np.load(f"{path}.{rows}.npy")
    options = [f"--threads={a.threads}"] + (["--exact"] if a.exact else [])
    texts = f"CREATE TABLE t AS FROM '{path}.{rows}.npy'", f"CREATE MODEL m FROM '{path}.onnx'"
    query = "SELECT m(value) AS y FROM t"
    peers = [Peer(ort_engine(f"{path}.onnx", x)), Peer(openvino_engine(f"{path}.onnx", x))]
    off = error(answers(options, (*texts, f"{query} ORDER BY i LIMIT {CHECKED}"), d), peers[0].rows("")[:CHECKED].reshape(min(CHECKED, rows), -1))
    engine = Dql(*options, cache_dir=d)
    for text in texts:
        engine.run(text)
    for _ in range(3):
        engine.run(query), [q.run("") for q in peers]
    m = interleave(a.reps, ort=lambda: peers[0].run(""), ov=lambda: peers[1].run(""), dql=lambda: engine.run(query)["run_ms"])
    ratio = min(m["ort"], m["ov"]) / m["dql"]
    memory = [peak_memory(q.process.pid) for q in (*peers, engine)]
    print(f"{name}, {rows:,}\t{m['ort']:.3f}\t{m['ov']:.3f}\t{m['dql']:.3f}\t{ratio:.2f}\t{100 * flops * rows / per_ms / m['dql']:.0f}\t"
          f"{'/'.join(f'{v:.0f}' for v in memory)}\t{off:.1e}{'' if off <= BOUND else ' WRONG'}", flush=True)
    engine.close()
    [q.close() for q in peers]
    return ratio, off <= BOUND


def save_inputs(path, net, rows):
    r = np.random.default_rng(1)
    for n in rows:
        x = r.integers(0, 256, (n, *net.input), np.uint8) if net.dtype == np.uint8 else r.random((n, *net.input), np.float32)
        np.save(f"{path}.{n}.npy", x)


def main():
    import onnxruntime, openvino
    for k in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS"):
        os.environ[k] = str(a.threads)
    per_ms = limit()
    print(f"# {machine()}; {a.threads} threads, {per_ms / 1e6:.0f} GFLOP/s; onnxruntime {onnxruntime.__version__}; openvino {openvino.__version__.split('-')[0]}"
          f"{'; dql --exact' if a.exact else ''}")
    print("network, rows\tonnxruntime\topenvino\tdql\tbest peer / dql\t% of limit\tpeak MB (onnxruntime/openvino/dql)\terror")
    wanted = [t for t in a.only.split(",") if t]
    results = []
    with tempfile.TemporaryDirectory() as temporary:
        d = a.dir or temporary
        os.makedirs(d, exist_ok=True)
        for name, file, make, rows in NETS:
            chosen = [n for n in rows if not wanted or any(w in f"{name}, {n:,}" for w in wanted)]
            if not chosen:
                continue
            net, y = make()
            path = os.path.join(d, file)
            net.save(f"{path}.onnx", y)
            save_inputs(path, net, chosen)
            results += [measure(name, path, net.flops, n, temporary, per_ms) for n in chosen]
    print(f"# geometric mean of best peer / dql over {len(results)} rows: {math.exp(sum(math.log(r) for r, _ in results) / len(results)):.2f}")
    sys.exit(0 if all(ok for _, ok in results) else 1)


main()
