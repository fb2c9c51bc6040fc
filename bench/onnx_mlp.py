"""Chains of dense layers with random weights, as an ONNX model for the peers and a safetensors file for dql."""
import numpy as np


def random_weights(sizes, seed=0):
    """[(weight (out, in), bias (out))] as PyTorch's Linear holds them."""
    r = np.random.default_rng(seed)
    return [(((r.random((o, i), np.float32) - 0.5) * 2 / np.sqrt(i)).astype(np.float32), (r.random(o, np.float32) - 0.5).astype(np.float32))
            for i, o in zip(sizes, sizes[1:])]


def save_weights(path, ws):
    """The tensors of layers named l0, l1, .."""
    from safetensors.numpy import save_file
    save_file({f"l{k}.{p}": v for k, (w, b) in enumerate(ws) for p, v in (("weight", w), ("bias", b))}, path)


def export(path, ws, last_relu=False, softmax=False):
    import onnx
    from onnx import TensorProto, helper, numpy_helper
    nodes, init, at = [], [], "x"
    for k, (w, b) in enumerate(ws):
        init += [numpy_helper.from_array(w, f"w{k}"), numpy_helper.from_array(b, f"b{k}")]
        nodes.append(helper.make_node("Gemm", [at, f"w{k}", f"b{k}"], [f"z{k}"], transB=1))
        at = f"z{k}"
        if k + 1 < len(ws) or last_relu:
            nodes.append(helper.make_node("Relu", [at], [f"h{k}"]))
            at = f"h{k}"
    if softmax:
        nodes.append(helper.make_node("Softmax", [at], ["p"], axis=1))
        at = "p"
    graph = helper.make_graph(nodes, "g", [helper.make_tensor_value_info("x", TensorProto.FLOAT, ["n", ws[0][0].shape[1]])],
                              [helper.make_tensor_value_info(at, TensorProto.FLOAT, ["n", ws[-1][0].shape[0]])], init)
    onnx.save(helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=8), path)
