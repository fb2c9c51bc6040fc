"""The forms that operators have from opset 18 on, against ONNX Runtime: see cases.py. tests/onnx/opsets is COUNT 1 (tests/cli/onnx_made.sh runs
it)."""
import os, sys
import numpy as np
from onnx import TensorProto as T, helper as h, numpy_helper as nh
import cases

REDUCE = ["ReduceMax", "ReduceMin", "ReduceMean", "ReduceSum", "ReduceProd", "ReduceL1", "ReduceL2", "ReduceLogSum", "ReduceLogSumExp", "ReduceSumSquare"]
UNARY = ["Abs", "Acos", "Acosh", "Asin", "Asinh", "Atan", "Atanh", "Ceil", "Cos", "Cosh", "Elu", "Erf", "Exp", "Floor", "Gelu", "HardSigmoid", "HardSwish",
         "LeakyRelu", "Log", "Mish", "Neg", "Reciprocal", "Relu", "Round", "Selu", "Sigmoid", "Sign", "Sin", "Sinh", "Softplus", "Softsign", "Sqrt", "Tan",
         "Tanh", "ThresholdedRelu", "Identity", "Celu", "Hardmax", "Softmax", "LogSoftmax", "LpNormalization"]
KINDS = ["Unary", "Reduce", "Split", "Pad", "Resize", "Scatter", "AveragePool", "MaxPool", "LpPool", "GlobalPool", "Conv", "ConvTranspose", "Normalization",
         "Recurrent", "TopK", "Cast", "Shape", "Logic", "Contract", "Make", "Loss"]


def f32(r, *shape):
    return r.uniform(-1, 1, shape).astype(np.float32)


def ints(*v):
    return np.array(v, np.int64)


def window(r, size, dilates=True):
    k, d = int(r.integers(1, 4)), int(r.integers(1, 3)) if dilates else 1
    reach = d * (k - 1)
    a = {"kernel_shape": [k, k], "strides": [int(r.integers(1, 4)), int(r.integers(1, 3))]}
    if dilates:
        a["dilations"] = [d, d]
    if r.integers(3) == 0:
        a["auto_pad"] = str(r.choice(["SAME_UPPER", "SAME_LOWER", "VALID"]))
        a.pop("dilations", None)
    else:
        a["pads"] = [int(p) for p in r.integers(0, min(k, 1 + reach), 4)]
    return a


def case(kind, r, opset):
    """(operator, operands, attributes, outputs, inputs): the first `inputs` operands are inputs, others weights; None: left out."""
    n = lambda low=1: int(r.integers(low, 6))
    x = f32(r, n(2), n(2), n(2))
    axis = int(r.integers(-3, 3))
    if kind == "Unary":
        op = str(r.choice([u for u in UNARY if opset >= 20 or u != "Gelu"]))
        if op in ("Acosh", "Log", "Sqrt"):
            x = np.abs(x) + np.float32(1)
        attrs = {"axis": axis} if op in ("Hardmax", "Softmax", "LogSoftmax", "LpNormalization") else {}
        if op == "Gelu":
            attrs = {"approximate": str(r.choice(["none", "tanh"]))}
        return op, [x], attrs, 1, 1
    if kind == "Reduce":
        op = str(r.choice(REDUCE))
        axes = ints(*sorted(r.choice(3, int(r.integers(0, 4)), replace=False))) - 3 * int(r.integers(2))
        attrs = {"keepdims": int(r.integers(2)), "noop_with_empty_axes": int(r.integers(2))}
        if op in ("ReduceMax", "ReduceMin") and opset >= 20 and r.integers(3) == 0:
            x = x > 0
        elif op in ("ReduceLogSum",):
            x = np.abs(x)
        elif op in ("ReduceSum", "ReduceMax") and r.integers(3) == 0:
            x = (10 * x).astype(np.int32)
        return op, [x, axes if len(axes) or r.integers(2) else None], attrs, 1, 1
    if kind == "Split":
        size = x.shape[axis]
        if r.integers(2):
            parts = int(r.integers(1, size + 1))
            return "Split", [x], {"axis": axis, "num_outputs": parts}, parts, 1
        cut = int(r.integers(1, size))
        return "Split", [x, ints(cut, size - cut)], {"axis": axis}, 2, 1
    if kind == "Pad":
        mode = str(r.choice(["constant", "reflect", "edge"] + (["wrap"] if opset >= 19 else [])))
        axes = sorted(r.choice(3, int(r.integers(1, 4)), replace=False))
        pads = ints(*[int(r.integers(-1 if mode == "constant" else 0, min(3, x.shape[a]))) for a in axes + axes])
        return "Pad", [x, pads, np.float32(r.uniform()) if mode == "constant" and r.integers(2) else None, ints(*axes) - 3 * int(r.integers(2))], {"mode": mode}, 1, 1
    if kind == "Resize":
        x = f32(r, 1, 2, n(3), n(3))
        mode = str(r.choice(["nearest", "linear", "cubic"]))
        attrs = {"mode": mode, "coordinate_transformation_mode": str(r.choice(["half_pixel", "pytorch_half_pixel", "align_corners", "asymmetric"] + (["half_pixel_symmetric"] if opset >= 19 else [])))}
        if mode == "nearest":
            modes = ["round_prefer_floor", "round_prefer_ceil", "floor", "ceil"]
            exact = attrs["coordinate_transformation_mode"] != "half_pixel_symmetric"  # ONNX Runtime rounds whole places to their neighbours
            attrs["nearest_mode"] = str(r.choice(modes if exact else modes[:2]))
        if mode != "nearest" and r.integers(2):
            attrs["antialias"] = 1
        if mode == "cubic":
            attrs.update(cubic_coeff_a=float(r.choice([-0.75, -0.5])), exclude_outside=int(r.integers(2)))
        if r.integers(2):
            return "Resize", [x, None, None, ints(1, 2, n(2), n(2))], attrs, 1, 1
        attrs["axes"] = [2, 3]
        if r.integers(2):
            attrs["keep_aspect_ratio_policy"] = str(r.choice(["stretch", "not_larger", "not_smaller"]))
            return "Resize", [x, None, None, ints(n(2), n(2))], attrs, 1, 1
        return "Resize", [x, None, np.array(r.choice([0.5, 0.75, 1.5, 2.0], 2), np.float32)], attrs, 1, 1
    if kind == "Scatter":
        reduction = str(r.choice(["none", "add", "mul", "max", "min"]))
        if r.integers(2):
            shape = [int(r.integers(1, s + 1)) for s in x.shape]
            rows = np.stack([r.permutation(x.shape[axis])[:shape[axis]] for _ in range(int(np.prod(shape)) // shape[axis])])
            moved = list(shape)
            moved.append(moved.pop(axis if axis >= 0 else axis + 3))
            index = np.moveaxis(rows.reshape(moved), -1, axis).astype(np.int64)
            return "ScatterElements", [x, index, f32(r, *index.shape)], {"axis": axis, "reduction": reduction}, 1, 1
        k = int(r.integers(1, x.shape[0] + 1))
        return "ScatterND", [x, r.permutation(x.shape[0])[:k, None].astype(np.int64), f32(r, k, *x.shape[1:])], {"reduction": reduction}, 1, 1
    if kind in ("AveragePool", "MaxPool", "LpPool"):
        attrs = window(r, 9, kind != "AveragePool" or opset >= 19)
        attrs["ceil_mode"] = int(r.integers(2)) if "auto_pad" not in attrs else 0
        if kind == "AveragePool":
            attrs["count_include_pad"] = int(r.integers(2))
        if kind == "LpPool":
            attrs["p"] = int(r.integers(1, 3))
        return kind, [f32(r, 2, 3, 9, 8)], attrs, int(r.integers(1, 3)) if kind == "MaxPool" else 1, 1
    if kind == "GlobalPool":
        return str(r.choice(["GlobalAveragePool", "GlobalMaxPool", "GlobalLpPool"])), [f32(r, 2, 3, n(2), n(2))], {}, 1, 1
    if kind == "Conv":
        group = int(r.choice([1, 3]))
        attrs = window(r, 9)
        k = attrs["kernel_shape"]
        return "Conv", [f32(r, 2, 3, 9, 8), f32(r, 6, 3 // group, *k), f32(r, 6)][:int(r.integers(2, 4))], {"group": group, **attrs}, 1, 1
    if kind == "ConvTranspose":
        k = int(r.integers(1, 4))
        attrs = {"kernel_shape": [k, k], "strides": [2, 1], "pads": [int(p) for p in r.integers(0, k, 4)], "output_padding": [int(r.integers(2)), 0]}
        return "ConvTranspose", [f32(r, 2, 3, 5, 6), f32(r, 3, 4, k, k), f32(r, 4)], attrs, 1, 1
    if kind == "Normalization":
        op = str(r.choice(["GroupNormalization", "InstanceNormalization", "BatchNormalization", "LayerNormalization", "LRN"] if opset >= 21 else
                          ["InstanceNormalization", "BatchNormalization", "LayerNormalization", "LRN"]))
        x = f32(r, 2, 6, n(2), n(2))
        if op == "GroupNormalization":
            return op, [x, f32(r, 6), f32(r, 6)], {"num_groups": int(r.choice([1, 2, 3, 6])), "epsilon": 1e-4}, 1, 1
        if op == "InstanceNormalization":
            return op, [x, f32(r, 6), f32(r, 6)], {}, 1, 1
        if op == "BatchNormalization":
            return op, [x, f32(r, 6), f32(r, 6), f32(r, 6), np.abs(f32(r, 6)) + np.float32(0.1)], {}, 1, 1
        if op == "LayerNormalization":
            at = int(r.integers(1, 4))
            return op, [x, f32(r, *x.shape[at:]), f32(r, *x.shape[at:])], {"axis": at}, 1, 1
        return op, [x], {"size": int(r.choice([1, 3, 5])), "alpha": 0.01, "beta": 0.6, "bias": 1.5}, 1, 1
    if kind == "Recurrent":
        op, gates = [("RNN", 1), ("GRU", 3), ("LSTM", 4)][r.integers(3)]
        size, width, both = int(r.integers(1, 5)), int(r.integers(1, 5)), int(r.integers(1, 3))
        x = f32(r, int(r.integers(1, 5)), int(r.integers(1, 3)), width)
        attrs = {"hidden_size": size, "direction": "bidirectional" if both == 2 else str(r.choice(["forward", "reverse"]))}
        if op == "GRU":
            attrs["linear_before_reset"] = int(r.integers(2))
        return op, [x, f32(r, both, gates * size, width), f32(r, both, gates * size, size), f32(r, both, 2 * gates * size)], attrs, 2, 1
    if kind == "TopK":
        x = r.permutation(x.size).reshape(x.shape).astype(np.float32)
        return "TopK", [x, ints(int(r.integers(1, x.shape[axis] + 1)))], {"axis": axis, "largest": int(r.integers(2)), "sorted": 1}, 2, 1
    if kind == "Cast":
        to = int(r.choice([T.FLOAT, T.DOUBLE, T.INT32, T.INT64, T.BOOL, T.UINT8, T.INT8, T.FLOAT16]))
        x = np.abs(100 * x)
        return "Cast", [x], {"to": to}, 1, 1
    if kind == "Shape":
        op = str(r.choice(["Flatten", "Transpose", "Squeeze", "Unsqueeze", "Reshape", "Shape", "Size", "DepthToSpace", "SpaceToDepth", "Expand", "Concat", "Slice",
                           "Gather", "Tile"]))
        if op == "Flatten":
            return op, [x], {"axis": int(r.integers(-3, 4))}, 1, 1
        if op == "Transpose":
            return op, [x], {"perm": [int(p) for p in r.permutation(3)]}, 1, 1
        if op == "Squeeze":
            return op, [x[:, None], ints(1)], {}, 1, 1
        if op == "Unsqueeze":
            return op, [x, ints(*sorted(r.choice(4, 2, replace=False)))], {}, 1, 1
        if op == "Reshape":
            return op, [x, ints(0, -1) if r.integers(2) else ints(-1)], {}, 1, 1
        if op == "Shape":
            start = int(r.integers(0, 3))
            return op, [x], {"start": start - 3 * int(r.integers(2)), "end": int(r.integers(start + 1, 4))}, 1, 1
        if op == "Size":
            return op, [x], {}, 1, 1
        if op == "DepthToSpace":
            return op, [f32(r, 2, 8, 2, 3)], {"blocksize": 2, "mode": str(r.choice(["DCR", "CRD"]))}, 1, 1
        if op == "SpaceToDepth":
            return op, [f32(r, 2, 3, 4, 6)], {"blocksize": 2}, 1, 1
        if op == "Expand":
            return op, [x[:1], ints(3, 1, x.shape[2])], {}, 1, 1
        if op == "Concat":
            return op, [x, f32(r, *x.shape)], {"axis": axis}, 1, 2
        if op == "Slice":
            return op, [x, ints(0, -1), ints(2, -9), ints(0, 2), ints(1, -1)], {}, 1, 1
        if op == "Gather":
            return op, [x, ints(0, -1, 1)], {"axis": axis}, 1, 1
        return op, [x, ints(2, 1, 2)], {}, 1, 1
    if kind == "Logic":
        op = str(r.choice(["And", "Or", "Xor", "Not", "Equal", "Greater", "LessOrEqual", "Where", "IsNaN", "IsInf", "BitwiseAnd", "BitwiseOr", "BitwiseNot", "Clip", "Max",
                           "Mod", "Pow", "CumSum", "Trilu", "NonZero"]))
        if op in ("And", "Or", "Xor"):
            return op, [x > 0, f32(r, *x.shape) > 0], {}, 1, 2
        if op == "Not":
            return op, [x > 0], {}, 1, 1
        if op in ("Equal", "Greater", "LessOrEqual", "Max"):
            return op, [np.round(3 * x), np.round(3 * f32(r, *x.shape))], {}, 1, 2
        if op == "Where":
            return op, [x > 0, x, f32(r, *x.shape)], {}, 1, 2
        if op in ("IsNaN", "IsInf"):
            return op, [np.where(x > 0.3, np.float32(np.nan), np.where(x < -0.3, np.float32(-np.inf), x))], {}, 1, 1
        if op.startswith("Bitwise"):
            a = (100 * x).astype(np.int32)
            return op, [a] if op == "BitwiseNot" else [a, a[::-1].copy()], {}, 1, 1
        if op == "Clip":
            return op, [x, np.float32(-0.5) if r.integers(2) else None, np.float32(0.4)], {}, 1, 1
        if op == "Mod":
            return op, [x, np.float32(0.3)], {"fmod": 1}, 1, 1
        if op == "Pow":
            return op, [np.abs(x), np.float32(1.7)], {}, 1, 1
        if op == "CumSum":
            return op, [x, np.int64(axis)], {"exclusive": int(r.integers(2)), "reverse": int(r.integers(2))}, 1, 1
        if op == "Trilu":
            return op, [x, np.int64(r.integers(-2, 3))], {"upper": int(r.integers(2))}, 1, 1
        return op, [np.where(x > 0, x, 0)], {}, 1, 1
    if kind == "Contract":
        op = str(r.choice(["MatMul", "Gemm", "Einsum"]))
        if op == "MatMul":
            return op, [x, f32(r, x.shape[2], n())], {}, 1, 1
        if op == "Einsum":
            return op, [x, f32(r, x.shape[2], x.shape[1])], {"equation": "bij,jk->bik" if x.shape[1] == -1 else "bij,ji->b"}, 1, 1
        a, b, c = n(), n(), n()
        return op, [f32(r, a, b), f32(r, c, b), f32(r, c)], {"alpha": 0.5, "beta": 2.0, "transB": 1}, 1, 1
    if kind == "Make":
        op = str(r.choice(["ConstantOfShape", "EyeLike", "Range", "OneHot"]))
        if op == "ConstantOfShape":
            return op, [ints(n(), n())], {"value": nh.from_array(np.array([2.5], np.float32))}, 1, 1
        if op == "EyeLike":
            return op, [f32(r, n(), n())], {"k": int(r.integers(-1, 2)), "dtype": T.INT32}, 1, 1
        if op == "Range":
            return op, [np.float32(0), np.float32(5), np.float32(0.75)], {}, 1, 0
        return op, [ints(0, 2, -1, 1), np.int64(4), np.array([0, 1], np.float32)], {"axis": -1}, 1, 1
    op = str(r.choice(["NegativeLogLikelihoodLoss", "SoftmaxCrossEntropyLoss"]))
    rows, classes = n(), n(2)
    return op, [f32(r, rows, classes), r.integers(0, classes, rows)], {"reduction": str(r.choice(["none", "mean", "sum"]))}, 1, 2


def write(folder, kind, seed):
    """The first seed whose model ONNX Runtime has: not all operators are there for all opsets and types."""
    r = np.random.default_rng([KINDS.index(kind), seed])
    while True:
        opset = int(r.choice([18, 19, 20, 21, 22, 23, 24]))
        op, operands, attrs, outs, n_in = case(kind, r, opset)
        names = ["" if v is None else "x%d" % i for i, v in enumerate(operands)]
        of = lambda v: h.np_dtype_to_tensor_dtype(np.asarray(v).dtype)
        outputs = ["y%d" % i for i in range(outs)] if op not in ("RNN", "GRU", "LSTM") else ["y0", "y1"]
        inputs = {names[i]: np.asarray(operands[i]) for i in range(n_in)}
        graph = h.make_graph([h.make_node(op, names, outputs, name="n", **attrs)], kind, [h.make_tensor_value_info(k, of(v), v.shape) for k, v in inputs.items()],
                             [h.make_tensor_value_info(o, T.UNDEFINED, None) for o in outputs],
                             [nh.from_array(np.asarray(v), k) for k, v in list(zip(names, operands))[n_in:] if v is not None])
        for o in graph.output:
            o.ClearField("type")
        model = h.make_model(graph, opset_imports=[h.make_opsetid("", opset)], ir_version=10)
        try:
            import onnx
            model = onnx.shape_inference.infer_shapes(model, strict_mode=True)
            return cases.save(os.path.join(folder, "%s_%d" % (kind, seed)), model, inputs)
        except Exception as e:
            if "-v" in sys.argv:
                print("not by ONNX Runtime: %s %d: %s" % (op, opset, str(e).splitlines()[0][:150]))


sys.exit(cases.main(KINDS, write))
