"""The networks of networks.py as .onnx files: random weights, batch norm kept, the batch symbolic.  A Net grows node by node, knows the shape of each
value (of one row) and counts the floating-point operations of its products (two for each multiply-add)."""
import math
import numpy as np


class Net:
    def __init__(self, *shape, dtype=np.float32, seed=0):
        self.random = np.random.default_rng(seed)
        self.nodes, self.weights, self.flops = [], [], 0
        self.input, self.dtype = tuple(shape), np.dtype(dtype)
        self.shapes = {"x": self.input}

    def weight(self, array):
        from onnx import numpy_helper
        name = f"w{len(self.weights)}"
        self.weights.append(numpy_helper.from_array(np.ascontiguousarray(array), name))
        return name

    def normal(self, *shape, scale):
        return self.weight((self.random.standard_normal(shape, np.float32) * np.float32(scale)))

    def node(self, op, inputs, shape, outputs=1, **attributes):
        """The value, or the values, of a new node; all of one shape."""
        from onnx import helper
        names = [f"v{len(self.nodes)}_{i}" for i in range(outputs)]
        self.nodes.append(helper.make_node(op, inputs, names, **attributes))
        self.shapes.update((n, tuple(shape)) for n in names)
        return names[0] if outputs == 1 else names

    def like(self, op, x, *more, **attributes):
        return self.node(op, [x, *more], self.shapes[x], **attributes)

    def relu(self, x):
        return self.like("Relu", x)

    def linear(self, x, n):
        k = self.shapes[x][-1]
        self.flops += 2 * k * n
        return self.node("Gemm", [x, self.normal(n, k, scale=1 / math.sqrt(k)), self.normal(n, scale=0.1)], (n,), transB=1)

    def conv(self, x, n, kernel, stride=1, pad=0, groups=1, bias=False):
        c, h, w = self.shapes[x]
        (r, s), (p, q) = pair(kernel), pair(pad)
        shape = (n, (h + 2 * p - r) // stride + 1, (w + 2 * q - s) // stride + 1)
        k = c // groups * r * s
        self.flops += 2 * k * math.prod(shape)
        inputs = [x, self.normal(n, c // groups, r, s, scale=math.sqrt(2 / k))] + ([self.normal(n, scale=0.1)] if bias else [])
        return self.node("Conv", inputs, shape, kernel_shape=[r, s], pads=[p, q, p, q], strides=[stride] * 2, group=groups)

    def batch_norm(self, x, epsilon=1e-5):
        c = self.shapes[x][0]
        uniform = lambda low, high: self.weight(self.random.uniform(low, high, c).astype(np.float32))
        return self.like("BatchNormalization", x, uniform(0.5, 1), self.normal(c, scale=0.1), self.normal(c, scale=0.1), uniform(0.5, 1.5),
                         epsilon=epsilon)

    def conv_norm(self, x, n, kernel, stride=1, pad=0, groups=1):
        return self.batch_norm(self.conv(x, n, kernel, stride, pad, groups))

    def pool(self, op, x, size, stride, pad=0, **attributes):
        c, h, w = self.shapes[x]
        shape = (c, (h + 2 * pad - size) // stride + 1, (w + 2 * pad - size) // stride + 1)
        return self.node(op, [x], shape, kernel_shape=[size] * 2, strides=[stride] * 2, pads=[pad] * 4, **attributes)

    def max_pool(self, x, size, stride, pad=0):
        return self.pool("MaxPool", x, size, stride, pad)

    def flatten(self, x):
        return self.node("Flatten", [x], (math.prod(self.shapes[x]),), axis=1)

    def global_pool(self, x):
        return self.flatten(self.node("GlobalAveragePool", [x], (self.shapes[x][0], 1, 1)))

    def concat(self, *xs):
        return self.node("Concat", list(xs), (sum(self.shapes[x][0] for x in xs),) + self.shapes[xs[0]][1:], axis=1)

    def save(self, path, y):
        from onnx import TensorProto, helper, save
        kind = TensorProto.UINT8 if self.dtype == np.uint8 else TensorProto.FLOAT
        graph = helper.make_graph(self.nodes, "g", [helper.make_tensor_value_info("x", kind, ["n", *self.input])],
                                  [helper.make_tensor_value_info(y, TensorProto.FLOAT, ["n", *self.shapes[y]])], self.weights)
        save(helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=8), path)


def pair(v):
    return v if isinstance(v, tuple) else (v, v)


def mlp(*sizes, last_relu=False):
    net = Net(sizes[0])
    at = "x"
    for i, n in enumerate(sizes[1:]):
        at = net.linear(at, n)
        if i + 2 < len(sizes) or last_relu:
            at = net.relu(at)
    return net, at


def linear_uint8():
    net = Net(784, dtype=np.uint8)
    return net, net.linear(net.node("Cast", ["x"], (784,), to=1), 10)


def lenet():
    net = Net(1, 28, 28)
    at = net.max_pool(net.relu(net.conv("x", 32, 3, pad=1, bias=True)), 2, 2)
    at = net.max_pool(net.relu(net.conv(at, 64, 3, pad=1, bias=True)), 2, 2)
    return net, net.like("Softmax", net.linear(net.relu(net.linear(net.flatten(at), 128)), 10), axis=1)


def resnet(blocks, bottleneck):
    net = Net(3, 224, 224)
    at = net.max_pool(net.relu(net.conv_norm("x", 64, 7, 2, 3)), 3, 2, 1)
    for stage, count in enumerate(blocks):
        width = 64 << stage
        out = width * (4 if bottleneck else 1)
        for b in range(count):
            stride = 2 if b == 0 and stage > 0 else 1
            if bottleneck:
                main = net.relu(net.conv_norm(at, width, 1))
                main = net.conv_norm(net.relu(net.conv_norm(main, width, 3, stride, 1)), out, 1)
            else:
                main = net.conv_norm(net.relu(net.conv_norm(at, width, 3, stride, 1)), width, 3, 1, 1)
            side = at if net.shapes[at] == net.shapes[main] else net.conv_norm(at, out, 1, stride)
            at = net.relu(net.like("Add", main, side))
    return net, net.linear(net.global_pool(at), 1000)


def vgg16():
    net = Net(3, 224, 224)
    at = "x"
    for width, count in ((64, 2), (128, 2), (256, 3), (512, 3), (512, 3)):
        for _ in range(count):
            at = net.relu(net.conv(at, width, 3, pad=1, bias=True))
        at = net.max_pool(at, 2, 2)
    return net, net.linear(net.relu(net.linear(net.relu(net.linear(net.flatten(at), 4096)), 4096)), 1000)


def mobilenet_v2():
    net = Net(3, 224, 224)
    six = net.weight(np.float32(0)), net.weight(np.float32(6))
    relu6 = lambda x: net.like("Clip", x, *six)
    at = relu6(net.conv_norm("x", 32, 3, 2, 1))
    for expand, out, count, first_stride in ((1, 16, 1, 1), (6, 24, 2, 2), (6, 32, 3, 2), (6, 64, 4, 2), (6, 96, 3, 1), (6, 160, 3, 2), (6, 320, 1, 1)):
        for b in range(count):
            wide = net.shapes[at][0] * expand
            main = relu6(net.conv_norm(at, wide, 1)) if expand > 1 else at
            main = relu6(net.conv_norm(main, wide, 3, first_stride if b == 0 else 1, 1, wide))
            main = net.conv_norm(main, out, 1)
            at = net.like("Add", main, at) if net.shapes[at] == net.shapes[main] else main
    return net, net.linear(net.global_pool(relu6(net.conv_norm(at, 1280, 1))), 1000)


def inception_v3():
    net = Net(3, 299, 299)

    def conv(x, n, kernel, stride=1, pad=0):
        return net.relu(net.batch_norm(net.conv(x, n, kernel, stride, pad), 1e-3))

    def pooled(x, n):
        return conv(net.pool("AveragePool", x, 3, 1, 1, count_include_pad=1), n, 1)

    def split(x, n):
        return conv(x, n, (1, 3), pad=(0, 1)), conv(x, n, (3, 1), pad=(1, 0))

    def seven(x, sizes, tall):
        for n in sizes:
            x = conv(x, n, (7, 1), pad=(3, 0)) if tall else conv(x, n, (1, 7), pad=(0, 3))
            tall = not tall
        return x

    at = conv(conv(conv("x", 32, 3, 2), 32, 3), 64, 3, pad=1)
    at = net.max_pool(conv(conv(net.max_pool(at, 3, 2), 80, 1), 192, 3), 3, 2)
    for n in (32, 64, 64):
        at = net.concat(conv(at, 64, 1), conv(conv(at, 48, 1), 64, 5, pad=2), conv(conv(conv(at, 64, 1), 96, 3, pad=1), 96, 3, pad=1), pooled(at, n))
    at = net.concat(conv(at, 384, 3, 2), conv(conv(conv(at, 64, 1), 96, 3, pad=1), 96, 3, 2), net.max_pool(at, 3, 2))
    for n in (128, 160, 160, 192):
        at = net.concat(conv(at, 192, 1), seven(conv(at, n, 1), (n, 192), False), seven(conv(at, n, 1), (n, n, n, 192), True), pooled(at, 192))
    at = net.concat(conv(conv(at, 192, 1), 320, 3, 2), conv(seven(conv(at, 192, 1), (192, 192), False), 192, 3, 2), net.max_pool(at, 3, 2))
    for _ in range(2):
        at = net.concat(conv(at, 320, 1), *split(conv(at, 384, 1), 384), *split(conv(conv(at, 448, 1), 384, 3, pad=1), 384), pooled(at, 192))
    return net, net.linear(net.global_pool(at), 1000)


def encoder(layers=6, tokens=128, width=512, heads=8, inner=2048):
    """Layers of PyTorch's TransformerEncoderLayer: norm behind, GELU by erf."""
    net = Net(tokens, width)
    depth = width // heads
    scalar = lambda v: net.weight(np.float32(v))
    ints = lambda *v: net.weight(np.array(v, np.int64))

    def linear(x, n):
        k = net.shapes[x][-1]
        net.flops += 2 * tokens * k * n
        y = net.node("MatMul", [x, net.normal(k, n, scale=1 / math.sqrt(k))], (tokens, n))
        return net.like("Add", y, net.normal(n, scale=0.1))

    def norm(x):
        return net.like("LayerNormalization", x, net.weight(np.ones(width, np.float32)), net.weight(np.zeros(width, np.float32)), axis=-1, epsilon=1e-5)

    def split_heads(x, perm):
        x = net.node("Reshape", [x, ints(0, tokens, heads, depth)], (tokens, heads, depth))
        return net.node("Transpose", [x], tuple(net.shapes[x][p - 1] for p in perm[1:]), perm=perm)

    def attention(x):
        q, k, v = net.node("Split", [linear(x, 3 * width), ints(width, width, width)], (tokens, width), outputs=3, axis=2)
        q, k, v = split_heads(q, (0, 2, 1, 3)), split_heads(k, (0, 2, 3, 1)), split_heads(v, (0, 2, 1, 3))
        net.flops += 4 * tokens * tokens * width
        scores = net.node("MatMul", [net.like("Mul", q, scalar(1 / math.sqrt(depth))), k], (heads, tokens, tokens))
        y = net.node("MatMul", [net.like("Softmax", scores, axis=-1), v], (heads, tokens, depth))
        y = net.node("Transpose", [y], (tokens, heads, depth), perm=(0, 2, 1, 3))
        return linear(net.node("Reshape", [y, ints(0, tokens, width)], (tokens, width)), width)

    def gelu(x):
        y = net.like("Add", net.like("Erf", net.like("Div", x, scalar(math.sqrt(2)))), scalar(1))
        return net.like("Mul", net.like("Mul", x, y), scalar(0.5))

    at = "x"
    for _ in range(layers):
        at = norm(net.like("Add", at, attention(at)))
        at = norm(net.like("Add", at, linear(gelu(linear(at, inner)), width)))
    return net, at
