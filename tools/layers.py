#!/usr/bin/env python3
"""layers.py: makes tests/exec/layer_*.dql and .out, tests/data/layer_*.safetensors and layer_{images,rows}.npy with PyTorch,
which dql's layers must agree with.  Needs torch, numpy, safetensors; run in the root of the sources, with
the names of the tests to make, or none for all.

Each test prints, for each row, the mean of the output and of its squares, its maximum and some elements, rounded to 4 digits.
No number lies near a rounding border: seeds of weights are tried until that holds; without weights, only rows where it holds stay."""
import decimal
import itertools
import sys
from collections import OrderedDict

import numpy as np
import torch
import torch.nn as nn
from safetensors.torch import save_file

IMAGE, ROW = (4, 7, 6), (5,)  # channels, height, width; features
ROWS = 5

torch.set_num_threads(1)
torch.manual_seed(1)
images = torch.randn(ROWS, *IMAGE)
rows = torch.randn(ROWS, *ROW) * 2


class Split(nn.Module):
    """[ a, b ] join"""

    def __init__(self, a, b, join):
        super().__init__()
        self.a, self.b, self.join = a, b, join

    def forward(self, x):
        a, b = self.a(x), self.b(x)
        return a + b if self.join == "add" else torch.cat([a, b], 1)


def chain(**layers):
    return nn.Sequential(OrderedDict(layers))


# name: (input, layers in dql, the same in PyTorch)
CASES = {
    "linear": (rows, "linear(3) AS f", lambda: chain(f=nn.Linear(5, 3))),
    "linear_no_bias": (rows, "linear(17, bias => FALSE) AS f", lambda: chain(f=nn.Linear(5, 17, bias=False))),
    "linear_deep": (rows, "linear(33) AS a |> relu |> linear(16) AS b |> tanh |> linear(2) AS c",
                    lambda: chain(a=nn.Linear(5, 33), r=nn.ReLU(), b=nn.Linear(33, 16), t=nn.Tanh(), c=nn.Linear(16, 2))),
    "conv2d": (images, "conv2d(3, 3) AS c", lambda: chain(c=nn.Conv2d(4, 3, 3))),
    "conv2d_stride": (images, "conv2d(5, (3, 2), stride => (2, 1)) AS c", lambda: chain(c=nn.Conv2d(4, 5, (3, 2), stride=(2, 1)))),
    "conv2d_padding": (images, "conv2d(18, 3, padding => 1, bias => FALSE) AS c", lambda: chain(c=nn.Conv2d(4, 18, 3, padding=1, bias=False))),
    "conv2d_padding_tuple": (images, "conv2d(3, (5, 3), padding => (2, 0)) AS c", lambda: chain(c=nn.Conv2d(4, 3, (5, 3), padding=(2, 0)))),
    "conv2d_same": (images, "conv2d(2, (4, 3), padding => 'same') AS c", lambda: chain(c=nn.Conv2d(4, 2, (4, 3), padding="same"))),
    "conv2d_dilation": (images, "conv2d(3, 3, dilation => 2, padding => 1) AS c", lambda: chain(c=nn.Conv2d(4, 3, 3, dilation=2, padding=1))),
    "conv2d_dilation_tuple": (images, "conv2d(3, 2, dilation => (1, 3), stride => 2) AS c", lambda: chain(c=nn.Conv2d(4, 3, 2, dilation=(1, 3), stride=2))),
    "conv2d_groups": (images, "conv2d(6, 3, groups => 2) AS c", lambda: chain(c=nn.Conv2d(4, 6, 3, groups=2))),
    "conv2d_depthwise": (images, "conv2d(8, 3, groups => 4, padding => 1, stride => 2) AS c", lambda: chain(c=nn.Conv2d(4, 8, 3, groups=4, padding=1, stride=2))),
    "conv2d_one": (images, "conv2d(7, 1) AS c", lambda: chain(c=nn.Conv2d(4, 7, 1))),
    "batch_norm2d": (images, "batch_norm2d AS b", lambda: chain(b=nn.BatchNorm2d(4))),
    "batch_norm2d_conv": (images, "conv2d(6, 3) AS c |> batch_norm2d(eps => 0.001) AS b |> relu", lambda: chain(c=nn.Conv2d(4, 6, 3), b=nn.BatchNorm2d(6, eps=1e-3), r=nn.ReLU())),
    "batch_norm1d": (rows, "linear(6) AS f |> batch_norm1d AS b", lambda: chain(f=nn.Linear(5, 6), b=nn.BatchNorm1d(6))),
    "max_pool2d": (images, "max_pool2d(2)", lambda: chain(p=nn.MaxPool2d(2))),
    "max_pool2d_stride": (images, "max_pool2d((3, 2), stride => (1, 2), padding => 1)", lambda: chain(p=nn.MaxPool2d((3, 2), stride=(1, 2), padding=1))),
    "max_pool2d_dilation": (images, "max_pool2d(2, stride => 1, dilation => 2)", lambda: chain(p=nn.MaxPool2d(2, stride=1, dilation=2))),
    "max_pool2d_ceil": (images, "max_pool2d(2, ceil_mode => TRUE)", lambda: chain(p=nn.MaxPool2d(2, ceil_mode=True))),
    "avg_pool2d": (images, "avg_pool2d(3, stride => 2, padding => 1)", lambda: chain(p=nn.AvgPool2d(3, stride=2, padding=1))),
    "avg_pool2d_inside": (images, "avg_pool2d(3, stride => 2, padding => 1, count_include_pad => FALSE)", lambda: chain(p=nn.AvgPool2d(3, stride=2, padding=1, count_include_pad=False))),
    "flatten": (images, "flatten |> linear(4) AS f", lambda: chain(l=nn.Flatten(), f=nn.Linear(4 * 7 * 6, 4))),
    "relu": (images, "relu", lambda: chain(r=nn.ReLU())),
    "leaky_relu": (images, "leaky_relu(0.2)", lambda: chain(r=nn.LeakyReLU(0.2))),
    "sigmoid": (images, "sigmoid", lambda: chain(r=nn.Sigmoid())),
    "tanh": (images, "tanh", lambda: chain(r=nn.Tanh())),
    "softmax": (rows, "softmax", lambda: chain(s=nn.Softmax(-1))),
    "log_softmax": (rows, "log_softmax", lambda: chain(s=nn.LogSoftmax(-1))),
    "softmax_wide": (rows, "linear(40) AS f |> softmax", lambda: chain(f=nn.Linear(5, 40), s=nn.Softmax(-1))),
    "dropout": (rows, "dropout(p => 0.3) |> linear(2) AS f |> identity", lambda: chain(d=nn.Dropout(0.3), f=nn.Linear(5, 2))),
    "add": (images, "[ conv2d(4, 3, padding => 1) AS a |> relu, identity ] add |> relu",
            lambda: nn.Sequential(Split(chain(a=nn.Conv2d(4, 4, 3, padding=1), r=nn.ReLU()), nn.Identity(), "add"), nn.ReLU())),
    "concat": (images, "[ conv2d(2, 1) AS a, max_pool2d(3, stride => 1, padding => 1) ] concat |> conv2d(3, 2) AS b",
               lambda: chain(s=Split(chain(a=nn.Conv2d(4, 2, 1)), nn.MaxPool2d(3, 1, 1), "concat"), b=nn.Conv2d(6, 3, 2))),
    "network": (images, "conv2d(8, 3, padding => 1) AS c1 |> batch_norm2d AS b1 |> relu |> max_pool2d(2) |> conv2d(20, 2) AS c2 |> leaky_relu |> flatten |> linear(10) AS f |> softmax",
                lambda: chain(c1=nn.Conv2d(4, 8, 3, padding=1), b1=nn.BatchNorm2d(8), r=nn.ReLU(), p=nn.MaxPool2d(2), c2=nn.Conv2d(8, 20, 2), r2=nn.LeakyReLU(),
                              l=nn.Flatten(), f=nn.Linear(80, 10), s=nn.Softmax(-1))),
}


def make(build, x, seed):
    """the network with weights that a trained one might have, and its outputs"""
    torch.manual_seed(seed)
    net = build().eval()
    with torch.no_grad():
        for name, p in net.state_dict().items():
            if name.endswith("running_mean") or name.endswith("bias"):
                p.normal_(0, 0.3)
            elif name.endswith("running_var"):
                p.uniform_(0.5, 2)
        return net, net(x)


def numbers(y):
    """a row of the expected output: what the query prints of one output tensor"""
    y = y.double()
    flat = y.flatten()
    picks = [flat[k] for k in positions(y)]
    return [y.mean(), (y * y).mean(), y.max()] + picks


def positions(y):
    return sorted({0, 1 % y.numel(), y.numel() // 3, y.numel() // 2, y.numel() - 1})


def rounded(v):
    return decimal.Decimal(float(v)).quantize(decimal.Decimal("0.0001"), rounding=decimal.ROUND_HALF_UP)


def far_from_borders(v):
    scaled = abs(float(v)) * 1e4
    return abs(scaled - np.floor(scaled) - 0.5) > 0.01 + 1e-6 * scaled and abs(float(v)) < 9999


def state(net):
    """by the layers' names: those inside a branch lose the names of what is around"""
    out = {}
    for name, p in net.state_dict().items():
        if "num_batches" not in name:
            out[".".join(name.split(".")[-2:])] = p.contiguous()
    return out


def write(name, x, layers, build):
    far = lambda y: [i for i, row in enumerate(y) if all(far_from_borders(v) for v in numbers(row))]
    seeds = itertools.count(1) if state(build()) else [1]
    net, y = next((n, y) for n, y in (make(build, x, seed) for seed in seeds) if len(far(y)) == ROWS or not state(n))
    kept = far(y)
    assert kept
    shape = lambda t: ", ".join(str(d) for d in t.shape[1:])
    subscript = lambda k: ", ".join(str(d) for d in np.unravel_index(k, y.shape[1:]))
    picks = positions(y[0])
    items = ["mean(q.y)", "mean(q.y * q.y)", "max(q.y)"] + [f"q.y[{subscript(k)}]" for k in picks]
    names = ["mean", "squares", "largest"] + [f"e{k}" for k in picks]
    source = "tests/data/layer_images.npy" if x is images else "tests/data/layer_rows.npy"
    text = f"-- made by tools/layers.py with PyTorch {torch.__version__.split('+')[0]}: {layers}\n"
    text += f"CREATE MODEL m INPUT (x TENSOR(FLOAT32, {shape(x)})) OUTPUT (y TENSOR(FLOAT32, {shape(y)})) LAYERS ({layers});\n"
    if state(net):
        weights = f"tests/data/layer_{name}.safetensors"
        save_file(state(net), weights)
        text += f"LOAD MODEL m FROM '{weights}';\n"
    where = "" if len(kept) == ROWS else f"\n  |> WHERE i IN ({', '.join(map(str, kept))})"
    text += f"FROM '{source}' |> SELECT i, value AS x |> PREDICT USING m AS q\n  |> SELECT i, "
    text += ",\n    ".join(f"CAST({item} AS DECIMAL(8, 4)) AS {as_}" for item, as_ in zip(items, names)) + where + "\n  |> ORDER BY i;\n"
    with open(f"tests/exec/layer_{name}.dql", "w") as f:
        f.write(text)
    with open(f"tests/exec/layer_{name}.out", "w") as f:
        f.write(",".join(["i"] + names) + "\n")
        for i in kept:
            f.write(",".join([str(i)] + [str(rounded(v)) for v in numbers(y[i])]) + "\n")


np.save("tests/data/layer_images.npy", images.numpy())
np.save("tests/data/layer_rows.npy", rows.numpy())
for name in sys.argv[1:] or CASES:
    write(name, *CASES[name])
