#!/usr/bin/env python3
"""onnx_models.py: makes tests/data/onnx_*.onnx, tests/exec/onnx_*.dql and .out, whose numbers are ONNX Runtime's on
tests/data/layer_{images,rows}.npy, and the damaged and lying files tests/data/bad_*.onnx of tests/onnx/bad.dql.  Needs onnx, onnxruntime, numpy; run in the root of the sources.

Each test prints, for each row and output, the mean of the output and of its squares, and its maximum, to 3 digits.  Seeds of the
weights are tried until no number lies near a rounding border."""
import decimal
import itertools

import numpy as np
import onnx
import onnxruntime as ort
from onnx import TensorProto as T
from onnx import helper as h
from onnx import numpy_helper as nh

ort.set_default_logger_severity(4)
ROWS, IMAGES = np.load("tests/data/layer_rows.npy"), np.load("tests/data/layer_images.npy")


def normal(r, *shape):
    return (r.standard_normal(shape) * np.sqrt(1.5 / max(1, np.prod(shape[1:])))).astype(np.float32)


def model(nodes, weights, inputs, outputs, opset):
    tensor = lambda n, s: h.make_tensor_value_info(n, T.FLOAT, s)
    g = h.make_graph([h.make_node(op, i.split(), o.split(), name=o.split()[0], **a) for op, i, o, a in nodes], "g",
                     [tensor(*p) for p in inputs], [tensor(*p) for p in outputs], [nh.from_array(v, k) for k, v in weights.items()])
    m = h.make_model(g, opset_imports=[h.make_opsetid("", opset)], producer_name="tools/onnx_models.py")
    m.ir_version = 8
    return m


def mlp(r):
    return model([("Gemm", "x w1 b1", "h", dict(transB=1)), ("Relu", "h", "hr", {}), ("MatMul", "hr w2", "l", {}), ("Add", "l b2", "z", {}),
                  ("Softmax", "z", "p", {})],
                 dict(w1=normal(r, 17, 5), b1=normal(r, 17), w2=normal(r, 17, 3), b2=normal(r, 3)), [("x", ["N", 5])], [("p", ["N", 3])], 17)


def cnn(r):
    """A residual network whose second block pads the channels of its shortcut, with exporters' shape arithmetic before the head."""
    bn = lambda n, c: {f"{n}s": 1 + normal(r, c), f"{n}b": normal(r, c), f"{n}m": normal(r, c), f"{n}v": np.abs(normal(r, c)) + 0.5}
    i64 = lambda *v: np.array(v, np.int64)
    return model([("Conv", "x w1", "c1", dict(pads=[1, 1, 1, 1])), ("BatchNormalization", "c1 as ab am av", "n1", {}), ("Relu", "n1", "r1", {}),
                  ("Conv", "r1 w2 b2", "c2", dict(strides=[2, 2], pads=[1, 1, 1, 1])), ("BatchNormalization", "c2 bs bb bm bv", "n2", {}),
                  ("Slice", "r1 s00 s9 s23 s22", "cut", {}), ("Pad", "cut pads", "wide", {}), ("Add", "n2 wide", "sum", {}), ("Relu", "sum", "r2", {}),
                  ("MaxPool", "r2", "pool", dict(kernel_shape=[2, 2], strides=[1, 1])), ("Concat", "pool pool", "both", dict(axis=1)),
                  ("GlobalAveragePool", "both", "gap", {}), ("Shape", "gap", "shape", {}), ("Gather", "shape zero", "n", {}),
                  ("Unsqueeze", "n s0", "n1d", {}), ("Concat", "n1d minus", "to", dict(axis=0)), ("Reshape", "gap to", "flat", {}),
                  ("Gemm", "flat w3 b3", "y", {})],
                 dict(w1=normal(r, 6, 4, 3, 3), w2=normal(r, 10, 6, 3, 3), b2=normal(r, 10), w3=normal(r, 20, 4), b3=normal(r, 4), s0=i64(0), s00=i64(0, 0),
                      s9=i64(9, 9), s23=i64(2, 3), s22=i64(2, 2), pads=i64(0, 2, 0, 0, 0, 2, 0, 0), zero=np.array(0, np.int64), minus=i64(-1),
                      **bn("a", 6), **bn("b", 10)),
                 [("x", ["N", 4, 7, 6])], [("y", ["N", 4])], 13)


def two(r):
    """Two inputs, two outputs."""
    return model([("Gemm", "a wa", "u", {}), ("Gemm", "b wa", "v", {}), ("Mul", "u v", "uv", {}), ("Tanh", "uv", "near", {}),
                  ("Sub", "u v", "d", {}), ("Abs", "d", "far", {})],
                 dict(wa=normal(r, 5, 4)), [("a", ["N", 5]), ("b", ["N", 5])], [("near", ["N", 4]), ("far", ["N", 4])], 17)


def lstm(r):
    """A sequence of 5 steps, whose batch is dimension 1; the last state of two directions."""
    return model([("LSTM", "x w r b", "_ h", dict(hidden_size=4, direction="bidirectional"))],
                 dict(w=normal(r, 2, 16, 1), r=normal(r, 2, 16, 4), b=normal(r, 2, 32)), [("x", [5, "N", 1])], [("h", [2, "N", 4])], 17)


def decoder(r):
    """Transposed convolution, resizing, gathered channels, a reflected border, the best of each pixel."""
    i64 = lambda *v: np.array(v, np.int64)
    return model([("ConvTranspose", "x w b", "c", dict(strides=[2, 2], pads=[1, 1, 1, 1])), ("Resize", "c none scales", "z", dict(mode="linear")),
                  ("Gather", "z some", "g", dict(axis=1)), ("Pad", "g pads", "p", dict(mode="reflect")), ("InstanceNormalization", "p s t", "n", {}),
                  ("HardSwish", "n", "y", {}), ("ArgMax", "y", "best", dict(axis=1)), ("Cast", "best", "k", dict(to=T.FLOAT))],
                 dict(w=normal(r, 4, 6, 3, 3), b=normal(r, 6), none=np.zeros(0, np.float32), scales=np.array([1, 1, 2, 1.5], np.float32), some=i64(4, 0, -1),
                      pads=i64(0, 0, 1, 2, 0, 0, 0, 1), s=1 + normal(r, 3), t=normal(r, 3)),
                 [("x", ["N", 4, 7, 6])], [("y", ["N", 3, 27, 19]), ("k", ["N", 1, 27, 19])], 17)


def body(nodes, inputs, outputs, weights=None):
    """inputs and outputs: 'name:element type' each."""
    info = lambda v: h.make_tensor_value_info(v.split(":")[0], getattr(T, v.split(":")[1]), None if v.endswith("FLOAT") else [])
    return h.make_graph([h.make_node(op, i.split(), o.split(), **a) for op, i, o, a in nodes], "body", [info(v) for v in inputs],
                        [info(v) for v in outputs], [nh.from_array(v, k) for k, v in (weights or {}).items()])


def choice(r):
    """Each row takes a branch of its own, and iterates as often as it needs."""
    more = body([("MatMul", "x w1", "h", {}), ("Tanh", "h", "t", {})], [], ["t:FLOAT"], {"w1": normal(r, 5, 5)})
    less = body([("MatMul", "x w1", "h", {}), ("Relu", "h", "t", {})], [], ["t:FLOAT"], {"w1": normal(r, 5, 5)})
    step = body([("MatMul", "v w", "m", {}), ("Tanh", "m", "u", {}), ("ReduceMax", "u", "most", {"keepdims": 0}), ("Greater", "most limit", "more", {})],
                ["i:INT64", "c:BOOL", "v:FLOAT"], ["more:BOOL", "u:FLOAT"], {"w": normal(r, 5, 5), "limit": np.float32(0.4)})
    return model([("ReduceSum", "x", "sum", {"keepdims": 0}), ("Greater", "sum zero", "c", {}), ("If", "c", "y", {"then_branch": more, "else_branch": less}),
                  ("Loop", "trips true y", "z", {"body": step})],
                 {"zero": np.float32(0), "trips": np.int64(6), "true": np.bool_(True)}, [("x", ["N", 5])], [("z", ["N", 5])], 17)


CASES = {"mlp": (mlp, dict(x=ROWS)), "cnn": (cnn, dict(x=IMAGES)), "two": (two, dict(a=ROWS, b=ROWS[:, ::-1].copy())),
         "lstm": (lstm, dict(x=ROWS.T[:, :, None].copy())), "decoder": (decoder, dict(x=IMAGES)), "choice": (choice, dict(x=ROWS))}
BATCH = {"lstm": 1}


def cells(y):
    return [y.mean(), (y * y).mean(), y.max()]


def safe(v):
    scaled = abs(float(v)) * 1000
    return abs(scaled - np.floor(scaled) - 0.5) > 0.05


def expected(m, inputs, axis):
    session = ort.InferenceSession(m.SerializeToString())
    out = []
    for i in range(ROWS.shape[0]):
        row = {k: np.take(v, [i], axis) for k, v in inputs.items()}
        out.append([c for y in session.run(None, row) for c in cells(y.astype(np.float64))])
    return out


def make(name, build, inputs):
    for seed in itertools.count(1):
        m = build(np.random.default_rng(seed))
        rows = expected(m, inputs, BATCH.get(name, 0))
        if all(safe(v) for r in rows for v in r):
            break
    onnx.save(m, f"tests/data/onnx_{name}.onnx")
    outputs = [o.name for o in m.graph.output]
    columns = ",\n    ".join(f"CAST(mean({e}) AS DECIMAL(8, 3)) AS {o}_mean, CAST(mean({e} * {e}) AS DECIMAL(8, 3)) AS {o}_squares, "
                            f"CAST(max({e}) AS DECIMAL(8, 3)) AS {o}_largest" for o, e in ((o, f"q.{o}") for o in outputs))
    value = "images" if "x" in inputs and inputs["x"].ndim == 4 else "rows"
    if name == "lstm":
        args, options = "reshape(value, 5, 1) AS x", " OPTIONS (batch = 'N')"
    else:
        options = ""
        args = "value AS x" if len(inputs) == 1 else "value AS a, [value[4], value[3], value[2], value[1], value[0]] AS b"
    with open(f"tests/exec/onnx_{name}.dql", "w") as f:
        f.write(f"-- made by tools/onnx_models.py with ONNX Runtime {ort.__version__}\n"
                f"CREATE MODEL m FROM 'tests/data/onnx_{name}.onnx'{options};\n"
                f"FROM 'tests/data/layer_{value}.npy' |> SELECT i, {args} |> PREDICT USING m AS q\n  |> SELECT i, {columns}\n  |> ORDER BY i;\n")
    with open(f"tests/exec/onnx_{name}.out", "w") as f:
        f.write("i," + ",".join(f"{o}_{w}" for o in outputs for w in ("mean", "squares", "largest")) + "\n")
        for i, r in enumerate(rows):
            text = [str(decimal.Decimal(float(v)).quantize(decimal.Decimal("0.001"))) for v in r]
            f.write(f"{i}," + ",".join("0.000" if t == "-0.000" else t for t in text) + "\n")


for case, (build, inputs) in CASES.items():
    make(case, build, inputs)


# ---- files that lie ----

def relu(nodes=None, weights=None, inputs=(("x", ["N", 4]),), outputs=(("y", ["N", 4]),), opset=17):
    return model(nodes or [("Relu", "x", "y", {})], weights or {}, inputs, outputs, opset)


def changed(m, change):
    change(m)
    return m


def lying_size(m):
    w = m.graph.initializer.add(name="w", data_type=T.FLOAT, raw_data=b"\0" * 16)
    w.dims.extend([1 << 20, 1 << 20])


def negative_size(m):
    m.graph.initializer.add(name="w", data_type=T.FLOAT, raw_data=b"\0" * 16).dims.append(-4)


def outside(m):
    w = m.graph.initializer.add(name="w", data_type=T.FLOAT, data_location=T.EXTERNAL)
    w.dims.append(4)
    w.external_data.add(key="location", value="../../README.md")


def twice(m):
    for _ in range(2):
        m.graph.initializer.append(nh.from_array(np.zeros(4, np.float32), "w"))


def branches(other):
    """Which of two shapes the result has hangs on the input."""
    one, two = body([("Relu", "x", "t", {})], [], ["t:FLOAT"]), body([other], [], ["t:FLOAT"])
    return relu([("ReduceSum", "x", "s", {"keepdims": 0}), ("Greater", "s zero", "c", {}), ("If", "c", "y", {"then_branch": one, "else_branch": two})],
                {"zero": np.float32(0)})


def without_trips(m):
    m.graph.node[0].input[0] = ""


def loop(nodes):
    """Without a trip count."""
    step = body(nodes, ["i:INT64", "c:BOOL", "v:FLOAT"], ["more:BOOL", "u:FLOAT"])
    return changed(relu([("Loop", "i true x", "y", {"body": step})], {"true": np.bool_(True)}), without_trips)


BAD = {
    "branches": branches(("Concat", "x x", "t", {"axis": 1})),
    "body": branches(("Add", "x w", "t", {})),
    "endless": loop([("Tanh", "v", "u", {}), ("ReduceMax", "u", "m", {"keepdims": 0}), ("Greater", "m m", "more", {})]),
    "forever": loop([("Tanh", "x", "u", {}), ("Identity", "c", "more", {})]),
    "sequence": relu([("SequenceConstruct", "x", "y", {})]),
    "no_sequence": relu([("SequenceConstruct", "x", "s", {}), ("Relu", "s", "y", {})]),
    "none": relu([("Optional", "", "o", {"type": h.make_tensor_type_proto(T.FLOAT, None)}), ("OptionalGetElement", "o", "y", {})]),
    "truncated": mlp(np.random.default_rng(1)).SerializeToString()[:200],
    "cycle": relu([("Add", "x z", "u", {}), ("Relu", "u", "z", {}), ("Relu", "z", "y", {})]),
    "missing": relu([("Add", "x w", "y", {})]),
    "names": relu([("Relu", "x", "u", {}), ("Tanh", "x", "u", {}), ("Relu", "u", "y", {})]),
    "initializers": changed(relu(), twice),
    "size": changed(relu(), lying_size),
    "negative": changed(relu(), negative_size),
    "outside": changed(relu(), outside),
    "opset": relu(opset=99),
    "operators": relu([("Frobnicate", "x", "u", {}), ("Relu", "u", "v", {}), ("Blur", "v", "y", {})]),
    "output": relu(outputs=(("z", ["N", 4]),)),
    "no_batch": relu(inputs=(("x", [3, 4]),), outputs=(("y", [3, 4]),)),
    "shapes": relu([("Gemm", "x w", "y", {})], dict(w=np.zeros((5, 2), np.float32))),
    "nothing": b"",
}
for name, m in BAD.items():
    with open(f"tests/data/bad_{name}.onnx", "wb") as f:
        f.write(m if isinstance(m, bytes) else m.SerializeToString())
