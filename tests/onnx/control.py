"""If, Loop, Scan, sequences and optional values against ONNX Runtime: see cases.py. tests/onnx/control is COUNT 3 (tests/cli/onnx_made.sh runs
it)."""
import os, sys
import numpy as np
import onnx
from onnx import TensorProto as T, helper as h, numpy_helper as nh
import cases

KINDS = ["If", "Loop", "Scan", "Sequence", "Optional"]
F, I, B = T.FLOAT, T.INT64, T.BOOL
UNARY = ["Neg", "Abs", "Tanh", "Sigmoid", "Relu"]
BINARY = ["Add", "Sub", "Mul", "Max"]


class Graph:
    """Nodes, initializers and outputs of a graph or a body; names are unique in the model unless a body reuses them."""
    count = 0

    def __init__(self, r, prefix=""):
        self.r, self.nodes, self.weights, self.prefix = r, [], [], prefix

    def name(self):
        Graph.count += 1
        return "%sv%d" % (self.prefix, Graph.count)

    def node(self, op, inputs, n=1, **attrs):
        out = [self.name() for _ in range(n)]
        self.nodes.append(h.make_node(op, inputs, out, **attrs))
        return out[0] if n == 1 else out

    def const(self, v, weight=None):
        v = np.asarray(v)
        if weight if weight is not None else self.r.integers(2):
            self.weights.append(nh.from_array(v, self.name()))
            return self.weights[-1].name
        return self.node("Constant", [], value=nh.from_array(v))

    def random(self, *shape):
        return self.const(self.r.uniform(-1, 1, shape).astype(np.float32))

    def some(self, x, width, steps=2):
        """A few operators on x that keep its shape (.., width)."""
        for _ in range(int(self.r.integers(1, steps + 1))):
            x = self.node(UNARY[self.r.integers(5)], [x]) if self.r.integers(2) else self.node(BINARY[self.r.integers(4)], [x, self.random(width)])
        return x

    def body(self, name, inputs, outputs):
        info = lambda n, t: h.make_tensor_value_info(n, t, None if t == F else []) if isinstance(t, int) else h.make_value_info(n, t)
        return h.make_graph(self.nodes, name, [info(*v) for v in inputs], [info(*v) for v in outputs], self.weights)


def dynamic_truth(g, x):
    """A truth value that depends on the input; not near its threshold."""
    return g.node("Greater", [g.node("ReduceSum", [x], keepdims=0), g.const(np.float32(g.r.choice([-0.37, 0.21])))])


def static_truth(g, x):
    if g.r.integers(2):
        return g.node("Greater", [g.node("Size", [x]), g.const(np.int64(g.r.integers(1, 20)))])
    return g.const(np.bool_(g.r.integers(2)))


def an_if(g, x, width, dynamic, depth=0):
    outer = g.some(x, width)
    branches = []
    for k in range(2):
        b = Graph(g.r, "b" if g.r.integers(2) else "t%d" % k)
        y = b.some(outer if g.r.integers(2) else x, width)
        if depth < 2 and g.r.integers(3) == 0:
            y = an_if(b, y, width, g.r.integers(2), depth + 1)
        if not dynamic and k and g.r.integers(2):
            y = b.node("Concat", [y, y], axis=-1)
        branches.append(b.body("branch%d" % k, [], [(y, F)]))
    cond = dynamic_truth(g, x) if dynamic else static_truth(g, x)
    return g.node("If", [cond], then_branch=branches[0], else_branch=branches[1])


def a_loop(g, x, width, depth=0):
    """Carried values, and what is collected where the number of iterations is known."""
    r = g.r
    style = r.choice(["count", "while", "both", "shape"])
    collects = style != "while" and r.integers(2)
    b = Graph(r, "l%d" % depth)
    i, c, carried = b.name(), b.name(), b.name()
    y = b.node("Add", [carried, b.node("Cast", [i], to=F)]) if r.integers(2) else b.node("Mul", [carried, b.random(width)])
    if r.integers(2):
        y = b.node("Add", [y, x])
    if depth < 1 and r.integers(3) == 0:
        y = a_loop(b, b.node("Tanh", [y]), width, depth + 1)
    if style == "while":
        going = b.node("Less", [b.node("ReduceMax", [b.node("Abs", [y])], keepdims=0), b.const(np.float32(2.5))])
    elif style == "both":
        going = b.node("Less", [i, b.const(np.int64(r.integers(0, 4)))])
    else:
        going = b.node("Identity", [c])
    outputs = [(going, B), (y, F)] + ([(b.some(y, width), F)] if collects else [])
    body = b.body("body%d" % depth, [(i, I), (c, B), (carried, F)], outputs)
    trips = g.const(np.int64(r.integers(1, 6)))
    if style == "shape":
        trips = g.node("Gather", [g.node("Shape", [x]), g.const(np.int64(0))], axis=0)
    cond = "" if r.integers(2) else g.const(np.bool_(True))
    out = g.node("Loop", [trips, cond, x], n=1 + bool(collects), body=body)
    if not collects:
        return out
    return g.node("Add", [out[0], g.node("ReduceSum", [out[1], g.const(np.int64([0]))], keepdims=0)])


def a_scan(g, r, opset):
    """(inputs, outputs)"""
    n, width, rows = int(r.integers(1, 5)), int(r.integers(1, 4)), int(r.integers(1, 4))
    states, apart = int(r.integers(0, 3)), int(r.integers(1, 3))
    batch = [2] if opset < 9 else []
    inputs, b = {}, Graph(r, "s")
    names = ["x%d" % k for k in range(states + apart)]
    axes = [int(r.integers(0, 2)) for _ in range(apart)] if opset >= 9 else [0] * apart
    for k, name in enumerate(names):
        shape = [rows, width]
        if k >= states:
            shape.insert(axes[k - states], n)
        inputs[name] = r.uniform(-1, 1, batch + shape).astype(np.float32)
    inner = [b.name() for _ in names]
    y = inner[0]
    for other in inner[1:]:
        y = b.node(BINARY[r.integers(4)], [y, other])
    outs = [b.node("Tanh", [b.node("Add", [y, inner[k]])]) for k in range(states)]
    made = [b.some(y, width) for _ in range(int(r.integers(0 if states else 1, 3)))]
    body = b.body("body", [(m, F) for m in inner], [(o, F) for o in outs + made])
    attrs = {"num_scan_inputs": apart}
    back = [int(r.integers(2)) for _ in range(apart)]
    if opset < 9:
        attrs["directions"] = back
    else:
        attrs.update(scan_input_directions=back, scan_input_axes=[a - 3 if opset >= 11 and r.integers(2) else a for a in axes],
                     scan_output_directions=[int(r.integers(2)) for _ in made], scan_output_axes=[int(r.integers(0, 3)) for _ in made])
        if not made:
            del attrs["scan_output_axes"], attrs["scan_output_directions"]
    out = g.node("Scan", ([""] if opset < 9 else []) + names, n=states + len(made), body=body, **attrs)
    return inputs, [out] if isinstance(out, str) else out


def sequences(g, x, width):
    r = g.r
    style = int(r.integers(5))
    if style == 0:
        s = g.node("SequenceConstruct", [g.some(x, width) for _ in range(int(r.integers(1, 4)))])
        s = g.node("SequenceInsert", [s, x] + ([g.const(np.int64(r.integers(-1, 2)))] if r.integers(2) else []))
        s = g.node("SequenceErase", [s] + ([g.const(np.int64(-1))] if r.integers(2) else []))
        if r.integers(2):
            return g.node("ConcatFromSequence", [s], axis=int(r.integers(-2, 2)), new_axis=int(r.integers(2)))
        at = g.node("Sub", [g.node("SequenceLength", [s]), g.const(np.int64(1))])
        return g.node("SequenceAt", [s, at])
    if style == 1:
        split = [[], [g.const(np.int64(2))], [g.const(np.int64([1, 3]))]][r.integers(3)]
        s = g.node("SplitToSequence", [x] + split, axis=0, **({"keepdims": 0} if not split and r.integers(2) else {}))
        return g.node("SequenceAt", [s, g.const(np.int64(r.integers(-1, 1)))])
    if style == 2:
        s = g.node("SplitToSequence", [x, g.const(np.int64(2))], axis=0)
        b = Graph(r, "m")
        item = b.name()
        y = b.some(item, width)
        body = b.body("map", [(item, F)], [(y, F)])
        return g.node("ConcatFromSequence", [g.node("SequenceMap", [s], body=body)], axis=0)
    if style == 3:
        s = g.node("SequenceEmpty", [], dtype=F)
        b = Graph(r, "q")
        i, c, carried = b.name(), b.name(), b.name()
        grown = b.node("SequenceInsert", [carried, b.node("Add", [x, b.node("Cast", [i], to=F)])])
        going = b.node("Identity", [c])
        of = h.make_sequence_type_proto(h.make_tensor_type_proto(F, None))
        body = b.body("grow", [(i, I), (c, B), (carried, of)], [(going, B), (grown, of)])
        return g.node("ConcatFromSequence", [g.node("Loop", [g.const(np.int64(r.integers(1, 4))), "", s], body=body)], axis=0)
    of = h.make_sequence_type_proto(h.make_tensor_type_proto(F, None))
    branches = []
    for k in range(2):
        b = Graph(r, "i%d" % k)
        s = b.node("SequenceConstruct", [b.some(x, width), b.some(x, width)])
        branches.append(b.body("branch%d" % k, [], [(s, of)]))
    cond = dynamic_truth(g, x) if r.integers(2) else static_truth(g, x)
    return g.node("ConcatFromSequence", [g.node("If", [cond], then_branch=branches[0], else_branch=branches[1])], axis=1)


def optionals(g, x, width):
    r = g.r
    tensor = h.make_tensor_type_proto(F, None)
    there = r.integers(2)
    o = g.node("Optional", [g.some(x, width)]) if there else g.node("Optional", [], type=tensor)
    if there and r.integers(2):
        o = g.node("Identity", [o])
    if there and r.integers(2):
        return g.node("Mul", [g.node("OptionalGetElement", [o]), g.node("Cast", [g.node("OptionalHasElement", [o])], to=F)])
    b, c = Graph(r, "h"), Graph(r, "n")
    y = b.node("OptionalGetElement", [o]) if there else b.some(x, width)
    z = c.some(x, width)
    return g.node("If", [g.node("OptionalHasElement", [o])], then_branch=b.body("has", [], [(b.node("Neg", [y]), F)]),
                  else_branch=c.body("none", [], [(z, F)]))


def write(folder, kind, seed):
    r = np.random.default_rng([KINDS.index(kind), seed])
    Graph.count = 0
    g = Graph(r)
    width = int(r.integers(1, 5))
    opset = int(r.choice([13, 14, 16, 17])) if kind in ("If", "Loop") else 17 if kind == "Sequence" else 18 if kind == "Optional" else int(r.choice([8, 9, 11, 16]))
    inputs = {"x": r.uniform(-1, 1, (4, width)).astype(np.float32)}
    if kind == "If":
        outs = [an_if(g, "x", width, seed % 2)]
    elif kind == "Loop":
        outs = [a_loop(g, "x", width)]
    elif kind == "Scan":
        inputs, outs = a_scan(g, r, opset)
    elif kind == "Sequence":
        outs = [sequences(g, "x", width)]
    else:
        outs = [optionals(g, "x", width)]
    graph = h.make_graph(g.nodes, kind, [h.make_tensor_value_info(n, F, v.shape) for n, v in inputs.items()],
                         [h.make_tensor_value_info(o, F, None) for o in outs], g.weights)
    model = h.make_model(graph, opset_imports=[h.make_opsetid("", opset)], ir_version=9)
    return cases.save(os.path.join(folder, "%s_%d" % (kind, seed)), model, inputs)


sys.exit(cases.main(KINDS, write))
