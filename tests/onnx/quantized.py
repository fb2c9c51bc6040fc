"""Quantized operators against ONNX Runtime: see cases.py. tests/onnx/quantized is COUNT 2 (tests/cli/onnx_made.sh runs it)."""
import os, sys
import numpy as np
from onnx import helper as h, numpy_helper as nh
import cases

OPS = ["QuantizeLinear", "DequantizeLinear", "DynamicQuantizeLinear", "MatMulInteger", "ConvInteger", "QLinearMatMul", "QLinearConv"]
BYTES = [np.uint8, np.int8]


def whole(r, kind, *shape):
    i = np.iinfo(kind)
    return r.integers(max(i.min, -10**6), min(i.max, 10**6) + 1, shape).astype(kind)


def scale(r, *shape):
    return r.uniform(0.003, 0.05, shape).astype(np.float32)


def window(r):
    """Shapes and attributes of a convolution: (x, w, attributes)."""
    group = int(r.choice([1, 1, 2]))
    c, m, k = group * int(r.integers(1, 4)), group * int(r.integers(1, 4)), int(r.integers(1, 4))
    size, pad = int(r.integers(5, 9)), int(r.integers(0, 2))
    attrs = {"group": group, "kernel_shape": [k, k], "pads": [pad, 0, 0, pad], "strides": [int(r.integers(1, 3))] * 2,
             "dilations": [int(r.integers(1, 3)) if k < 3 else 1] * 2}
    return (int(r.integers(1, 3)), c, size, size + 1), (m, c // group, k, k), attrs


def case(op, r):
    """(operands, attributes, opset, type of the output); operand 0 and, for products, nothing else is an input."""
    n = lambda: int(r.integers(1, 7))
    kind, other = BYTES[r.integers(2)], BYTES[r.integers(2)]
    if op == "QuantizeLinear" or op == "DequantizeLinear":
        shape, axis = (n(), n(), n()), int(r.integers(-3, 3))
        opset = int(r.choice([10, 13, 19, 21, 23])) if r.integers(2) else 21
        along = () if opset < 13 or r.integers(2) else (shape[axis],)
        attrs = {"axis": axis} if along else {}
        if op == "DequantizeLinear" and r.integers(4) == 0:
            return [whole(r, np.int32, *shape), scale(r, *along)], attrs, opset, np.float32
        zero = whole(r, kind, *along)
        if op == "DequantizeLinear":
            return [whole(r, kind, *shape), scale(r, *along), zero], attrs, opset, np.float32
        return [(4 * r.standard_normal(shape)).astype(np.float32), scale(r, *along), zero], attrs, opset, kind
    if op == "DynamicQuantizeLinear":
        return [(r.choice([0.1, 3, 100]) * r.standard_normal((n(), n())) + r.choice([-5, 0, 5])).astype(np.float32)], {}, 11, np.uint8
    if op == "MatMulInteger" or op == "QLinearMatMul":
        batch, rows, inner, columns = [(), (2,), (2, 3)][r.integers(3)], n(), 3 * n(), n()
        a = whole(r, kind, *batch, rows, inner)
        b = whole(r, other if kind == np.uint8 else kind, *(batch if r.integers(2) else ()), inner, columns)
        za, zb = whole(r, a.dtype), whole(r, b.dtype)
        if op == "MatMulInteger":
            return [[a, b], [a, b, za], [a, b, za, zb]][r.integers(3)], {}, 10, np.int32
        return [a, scale(r), za, b, scale(r), zb, 40 * scale(r), whole(r, a.dtype)], {}, int(r.choice([10, 21])), a.dtype
    x_shape, w_shape, attrs = window(r)
    x = whole(r, np.uint8 if op == "ConvInteger" else kind, *x_shape)
    w = whole(r, np.uint8 if op == "ConvInteger" else other if kind == np.uint8 else kind, *w_shape)
    zx, zw = whole(r, x.dtype), whole(r, w.dtype)
    if op == "ConvInteger":
        return [[x, w], [x, w, zx], [x, w, zx, zw]][r.integers(3)], attrs, 10, np.int32
    along = w_shape[:1] if w.dtype == np.int8 and r.integers(2) else ()
    bias = [whole(r, np.int32, w_shape[0]) // 100] if r.integers(2) else []
    zw = np.zeros(along, w.dtype) if along else zw
    return [x, scale(r), zx, w, scale(r, *along), zw, 60 * scale(r), whole(r, x.dtype)] + bias, attrs, 10, x.dtype


def write(folder, op, seed):
    r = np.random.default_rng([OPS.index(op), seed])
    operands, attrs, opset, out = case(op, r)
    of = lambda kind: h.np_dtype_to_tensor_dtype(np.dtype(kind))
    names = ["x%d" % i for i in range(len(operands))]
    outs = [("y", out)] + ([("scale", np.float32), ("zero", np.uint8)] if op == "DynamicQuantizeLinear" else [])
    inputs = [h.make_tensor_value_info("x0", of(operands[0].dtype), operands[0].shape)]
    graph = h.make_graph([h.make_node(op, names, [o for o, _ in outs], **attrs)], op, inputs,
                         [h.make_tensor_value_info(o, of(k), None) for o, k in outs],
                         [nh.from_array(v, name) for name, v in list(zip(names, operands))[1:]])
    model = h.make_model(graph, opset_imports=[h.make_opsetid("", opset)], ir_version=9)
    return cases.save(os.path.join(folder, "%s_%d" % (op, seed)), model, {"x0": operands[0]})


sys.exit(cases.main(OPS, write))
