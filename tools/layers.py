#!/usr/bin/env python3
"""layers.py: makes tests/exec/layer_*.dql and .out, tests/data/layer_*.safetensors and layer_{images,rows,series,volumes}.npy with PyTorch,
which dql's layers must agree with.  Needs torch, numpy, safetensors; run in the root of the sources, with
the names of the tests to make, or none for all.

Each test prints, for each row, the mean of the output and of its squares, its maximum and some elements, rounded to 4 digits.
No number lies near a rounding border: seeds of weights are tried until that holds; where none helps, only rows where it holds stay."""
import decimal
import sys
from collections import OrderedDict

import numpy as np
import torch
import torch.nn as nn
from safetensors.torch import save_file

IMAGE, ROW = (4, 7, 6), (5,)  # channels, height, width; features
SERIES, VOLUME = (4, 9), (2, 5, 4, 6)  # channels, length; channels, depth, height, width
TOKENS = (6, 8)  # length, size
ROWS = 5

torch.set_num_threads(1)
torch.manual_seed(1)
images = torch.randn(ROWS, *IMAGE)
rows = torch.randn(ROWS, *ROW) * 2
series = torch.randn(ROWS, *SERIES)
volumes = torch.randn(ROWS, *VOLUME)
tokens = torch.randn(ROWS, *TOKENS)
ids = torch.randint(0, 10, (ROWS, 6))
INPUTS = {"images": images, "rows": rows, "series": series, "volumes": volumes, "tokens": tokens, "ids": ids}


class Split(nn.Module):
    """[ a, b ] join"""

    def __init__(self, a, b, join):
        super().__init__()
        self.a, self.b, self.join = a, b, join

    def forward(self, x):
        a, b = self.a(x), self.b(x)
        return a + b if self.join == "add" else torch.cat([a, b], 1)


class First(nn.Module):
    """of several results, the first; a sequence is in the first place, or in all three"""

    def __init__(self, layer, times=1, **options):
        super().__init__()
        self.layer, self.times, self.options = layer, times, options

    def forward(self, x):
        y = self.layer(*[x] * self.times, **self.options)
        return y[0] if isinstance(y, tuple) else y


class Last(nn.Module):
    """the last of a sequence"""

    def forward(self, x):
        return x[:, -1]


class Resize(nn.Module):
    """interpolate"""

    def __init__(self, **options):
        super().__init__()
        self.options = options

    def forward(self, x):
        return nn.functional.interpolate(x, **self.options)


class Cross(nn.Module):
    """attention of x to what another layer makes of it"""

    def __init__(self, other, layer, times=2, **options):
        super().__init__()
        self.k, self.l, self.times, self.options = other, layer, times, options

    def forward(self, x):
        y = self.l(x, *[self.k(x)] * self.times, **self.options)
        return y[0] if isinstance(y, tuple) else y


class Dot(nn.Module):
    """scaled_dot_product_attention of three projections, by heads"""

    def __init__(self, **options):
        super().__init__()
        self.q, self.k, self.v, self.options = nn.Linear(8, 8), nn.Linear(8, 8), nn.Linear(8, 12), options

    def forward(self, x):
        q, k, v = (p(x).unflatten(2, (4, -1)) for p in (self.q, self.k, self.v))
        return nn.functional.scaled_dot_product_attention(q, k, v, **self.options)


def first(layer, times=1, **options):
    return chain(l=First(layer, times, **options))


CAUSAL = torch.triu(torch.full((6, 6), float("-inf")), 1)


def one(layer):
    return chain(l=layer)


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
    "conv2d_winograd": (images, "conv2d(32, 3, padding => 9) AS a |> relu |> conv2d(80, 3, padding => 1) AS b |> relu",
                        lambda: chain(a=nn.Conv2d(4, 32, 3, padding=9), r=nn.ReLU(), b=nn.Conv2d(32, 80, 3, padding=1), q=nn.ReLU())),
    "conv2d_depthwise_wide": (images, "conv2d(32, 1) AS a |> conv2d(32, 3, groups => 32, padding => 1, stride => 2) AS b |> relu"
                              " |> conv2d(32, (2, 3), groups => 32, padding => 2, dilation => 2) AS c",
                              lambda: chain(a=nn.Conv2d(4, 32, 1), b=nn.Conv2d(32, 32, 3, groups=32, padding=1, stride=2), r=nn.ReLU(),
                                            c=nn.Conv2d(32, 32, (2, 3), groups=32, padding=2, dilation=2))),
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
    # convolutions of one and three dimensions
    "conv1d": (series, "conv1d(5, 3, stride => 2, padding => 1) AS l", lambda: one(nn.Conv1d(4, 5, 3, stride=2, padding=1))),
    "conv1d_groups": (series, "conv1d(6, 3, groups => 2, dilation => 2, padding => 'same') AS l", lambda: one(nn.Conv1d(4, 6, 3, groups=2, dilation=2, padding="same"))),
    "conv1d_even": (series, "conv1d(2, 4, padding => 'same', bias => FALSE) AS l", lambda: one(nn.Conv1d(4, 2, 4, padding="same", bias=False))),
    "conv3d": (volumes, "conv3d(3, (3, 2, 3), stride => (1, 2, 1), padding => (1, 0, 1)) AS l", lambda: one(nn.Conv3d(2, 3, (3, 2, 3), stride=(1, 2, 1), padding=(1, 0, 1)))),
    "conv3d_groups": (volumes, "conv3d(4, 2, groups => 2, dilation => (2, 1, 2), padding => 1) AS l", lambda: one(nn.Conv3d(2, 4, 2, groups=2, dilation=(2, 1, 2), padding=1))),
    "conv3d_same": (volumes, "conv3d(2, 2, padding => 'same') AS l", lambda: one(nn.Conv3d(2, 2, 2, padding="same"))),
    "conv2d_reflect": (images, "conv2d(3, 3, padding => (2, 1), padding_mode => 'reflect') AS l", lambda: one(nn.Conv2d(4, 3, 3, padding=(2, 1), padding_mode="reflect"))),
    "conv2d_circular": (images, "conv2d(3, 3, padding => 1, padding_mode => 'circular') AS l", lambda: one(nn.Conv2d(4, 3, 3, padding=1, padding_mode="circular"))),
    # transposed ones
    "conv_transpose1d": (series, "conv_transpose1d(3, 4, stride => 2, padding => 1) AS l", lambda: one(nn.ConvTranspose1d(4, 3, 4, stride=2, padding=1))),
    "conv_transpose2d": (images, "conv_transpose2d(3, 3) AS l", lambda: one(nn.ConvTranspose2d(4, 3, 3))),
    "conv_transpose2d_stride": (images, "conv_transpose2d(6, (3, 2), stride => (2, 3), padding => (1, 0), output_padding => (1, 2), groups => 2, bias => FALSE) AS l",
                                lambda: one(nn.ConvTranspose2d(4, 6, (3, 2), stride=(2, 3), padding=(1, 0), output_padding=(1, 2), groups=2, bias=False))),
    "conv_transpose2d_dilation": (images, "conv_transpose2d(2, 3, padding => 3, dilation => (1, 2), output_padding => (0, 1)) AS l",
                                  lambda: one(nn.ConvTranspose2d(4, 2, 3, padding=3, dilation=(1, 2), output_padding=(0, 1)))),
    "conv_transpose3d": (volumes, "conv_transpose3d(2, 2, stride => (2, 1, 2), groups => 2) AS l", lambda: one(nn.ConvTranspose3d(2, 2, 2, stride=(2, 1, 2), groups=2))),
    # pools
    "max_pool1d": (series, "max_pool1d(3, stride => 2, padding => 1, dilation => 2)", lambda: one(nn.MaxPool1d(3, 2, 1, 2))),
    "max_pool3d": (volumes, "max_pool3d((2, 2, 3), stride => 1, padding => (1, 0, 1), dilation => (2, 1, 1), ceil_mode => TRUE)", lambda: one(nn.MaxPool3d((2, 2, 3), 1, (1, 0, 1), (2, 1, 1), ceil_mode=True))),
    "max_pool2d_both": (images, "max_pool2d(3, stride => 2, padding => 1, dilation => 2, ceil_mode => TRUE)", lambda: one(nn.MaxPool2d(3, 2, 1, 2, ceil_mode=True))),
    "avg_pool1d": (series, "avg_pool1d(4, stride => 2, padding => 1, ceil_mode => TRUE)", lambda: one(nn.AvgPool1d(4, 2, 1, ceil_mode=True))),
    "avg_pool2d_ceil": (images, "avg_pool2d(3, stride => 2, padding => 1, ceil_mode => TRUE)", lambda: one(nn.AvgPool2d(3, 2, 1, ceil_mode=True))),
    "avg_pool2d_ceil_inside": (images, "avg_pool2d((3, 4), stride => 2, padding => 1, ceil_mode => TRUE, count_include_pad => FALSE)", lambda: one(nn.AvgPool2d((3, 4), 2, 1, ceil_mode=True, count_include_pad=False))),
    "avg_pool2d_divisor": (images, "avg_pool2d(3, stride => 2, padding => 1, ceil_mode => TRUE, divisor_override => 5)", lambda: one(nn.AvgPool2d(3, 2, 1, ceil_mode=True, divisor_override=5))),
    "avg_pool3d": (volumes, "avg_pool3d(3, stride => (2, 1, 2), padding => 1)", lambda: one(nn.AvgPool3d(3, (2, 1, 2), 1))),
    "avg_pool3d_ceil": (volumes, "avg_pool3d((2, 3, 2), padding => (1, 0, 1), ceil_mode => TRUE, count_include_pad => FALSE)", lambda: one(nn.AvgPool3d((2, 3, 2), None, (1, 0, 1), ceil_mode=True, count_include_pad=False))),
    "lp_pool1d": (series, "lp_pool1d(2, 3, stride => 2)", lambda: one(nn.LPPool1d(2, 3, 2))),
    "lp_pool2d": (images, "lp_pool2d(4, (2, 3), ceil_mode => TRUE)", lambda: one(nn.LPPool2d(4, (2, 3), ceil_mode=True))),
    "lp_pool3d": (volumes, "lp_pool3d(2, 2)", lambda: one(nn.LPPool3d(2, 2))),
    "adaptive_avg_pool1d": (series, "adaptive_avg_pool1d(4)", lambda: one(nn.AdaptiveAvgPool1d(4))),
    "adaptive_avg_pool2d": (images, "adaptive_avg_pool2d(1)", lambda: one(nn.AdaptiveAvgPool2d(1))),
    "adaptive_avg_pool2d_uneven": (images, "adaptive_avg_pool2d((3, 4))", lambda: one(nn.AdaptiveAvgPool2d((3, 4)))),
    "adaptive_avg_pool2d_up": (images, "adaptive_avg_pool2d((9, 6))", lambda: one(nn.AdaptiveAvgPool2d((9, 6)))),
    "adaptive_avg_pool3d": (volumes, "adaptive_avg_pool3d((2, 2, 3))", lambda: one(nn.AdaptiveAvgPool3d((2, 2, 3)))),
    "adaptive_max_pool1d": (series, "adaptive_max_pool1d(3)", lambda: one(nn.AdaptiveMaxPool1d(3))),
    "adaptive_max_pool2d": (images, "adaptive_max_pool2d((2, 5))", lambda: one(nn.AdaptiveMaxPool2d((2, 5)))),
    "adaptive_max_pool3d": (volumes, "adaptive_max_pool3d(2)", lambda: one(nn.AdaptiveMaxPool3d(2))),
    # normalisation
    "batch_norm3d": (volumes, "batch_norm3d(affine => FALSE) AS l |> conv3d(2, 1) AS c", lambda: chain(l=nn.BatchNorm3d(2, affine=False), c=nn.Conv3d(2, 2, 1))),
    "instance_norm1d": (series, "instance_norm1d(affine => TRUE) AS l", lambda: one(nn.InstanceNorm1d(4, affine=True))),
    "instance_norm2d": (images, "conv2d(3, 2) AS c |> instance_norm2d(eps => 0.01)", lambda: chain(c=nn.Conv2d(4, 3, 2), l=nn.InstanceNorm2d(3, eps=0.01))),
    "instance_norm2d_tracked": (images, "instance_norm2d(affine => TRUE, track_running_stats => TRUE) AS l", lambda: one(nn.InstanceNorm2d(4, affine=True, track_running_stats=True))),
    "instance_norm3d": (volumes, "instance_norm3d |> conv3d(2, 2) AS c", lambda: chain(l=nn.InstanceNorm3d(2), c=nn.Conv3d(2, 2, 2))),
    "group_norm": (images, "group_norm(2) AS l", lambda: one(nn.GroupNorm(2, 4))),
    "group_norm_conv": (images, "conv2d(6, 3) AS c |> group_norm(3, 6, eps => 0.001, affine => FALSE) |> relu", lambda: chain(c=nn.Conv2d(4, 6, 3), l=nn.GroupNorm(3, 6, eps=1e-3, affine=False), r=nn.ReLU())),
    "layer_norm": (rows, "linear(20) AS f |> layer_norm(20) AS l", lambda: chain(f=nn.Linear(5, 20), l=nn.LayerNorm(20))),
    "layer_norm_image": (images, "layer_norm((7, 6), bias => FALSE) AS l", lambda: one(nn.LayerNorm((7, 6), bias=False))),
    "rms_norm": (series, "rms_norm(9) AS l", lambda: one(nn.RMSNorm(9))),
    "rms_norm_eps": (images, "rms_norm((7, 6), eps => 0.1, elementwise_affine => FALSE)", lambda: one(nn.RMSNorm((7, 6), eps=0.1, elementwise_affine=False))),
    "local_response_norm": (images, "local_response_norm(3, alpha => 0.5, beta => 0.6, k => 2)", lambda: one(nn.LocalResponseNorm(3, alpha=0.5, beta=0.6, k=2.0))),
    "local_response_norm_even": (series, "local_response_norm(2, alpha => 0.9)", lambda: one(nn.LocalResponseNorm(2, alpha=0.9))),
    # elementwise
    "relu6": (images, "linear(6) AS f |> relu6", lambda: chain(f=nn.Linear(6, 6), l=nn.ReLU6())),
    "prelu": (images, "prelu(4) AS l", lambda: one(nn.PReLU(4))),
    "prelu_one": (rows, "prelu AS l", lambda: one(nn.PReLU())),
    "rrelu": (rows, "rrelu(0.2, upper => 0.4)", lambda: one(nn.RReLU(0.2, 0.4))),
    "elu": (rows, "elu(0.7)", lambda: one(nn.ELU(0.7))),
    "celu": (rows, "celu(alpha => 1.5)", lambda: one(nn.CELU(1.5))),
    "selu": (rows, "selu", lambda: one(nn.SELU())),
    "gelu": (images, "gelu", lambda: one(nn.GELU())),
    "gelu_tanh": (images, "gelu(approximate => 'tanh')", lambda: one(nn.GELU("tanh"))),
    "silu": (images, "conv2d(5, 1) AS l |> silu", lambda: chain(l=nn.Conv2d(4, 5, 1), s=nn.SiLU())),
    "mish": (rows, "mish", lambda: one(nn.Mish())),
    "logsigmoid": (rows, "logsigmoid", lambda: one(nn.LogSigmoid())),
    "softplus": (rows, "softplus", lambda: one(nn.Softplus())),
    "softplus_beta": (rows, "softplus(2, threshold => 1)", lambda: one(nn.Softplus(2, 1))),
    "softsign": (rows, "softsign", lambda: one(nn.Softsign())),
    "hardtanh": (rows, "hardtanh(-0.5, max_val => 2)", lambda: one(nn.Hardtanh(-0.5, 2))),
    "hardsigmoid": (rows, "hardsigmoid", lambda: one(nn.Hardsigmoid())),
    "hardswish": (images, "hardswish", lambda: one(nn.Hardswish())),
    "hardshrink": (rows, "hardshrink(0.9)", lambda: one(nn.Hardshrink(0.9))),
    "softshrink": (rows, "softshrink", lambda: one(nn.Softshrink())),
    "tanhshrink": (rows, "tanhshrink", lambda: one(nn.Tanhshrink())),
    "threshold": (rows, "linear(4) AS f |> threshold(0.1, 2)", lambda: chain(f=nn.Linear(5, 4), l=nn.Threshold(0.1, 2))),
    "glu": (images, "glu(1)", lambda: one(nn.GLU(1))),
    "softmin": (rows, "softmin", lambda: one(nn.Softmin(-1))),
    "softmax2d": (images, "softmax2d", lambda: one(nn.Softmax2d())),
    "softmax_middle": (images, "softmax(dim => 2)", lambda: one(nn.Softmax(2))),
    "log_softmax_first": (images, "log_softmax(dim => 1)", lambda: one(nn.LogSoftmax(1))),
    # shapes and borders
    "unflatten": (images, "flatten(start_dim => 2, end_dim => 3) |> unflatten(1, (2, 2)) |> linear(3) AS l", lambda: chain(f=nn.Flatten(2, 3), u=nn.Unflatten(1, (2, 2)), l=nn.Linear(42, 3))),
    "pixel_shuffle": (images, "pixel_shuffle(2)", lambda: one(nn.PixelShuffle(2))),
    "pixel_unshuffle": (images, "max_pool2d(2, stride => 1, padding => (1, 0)) |> conv2d(2, (1, 2)) AS l |> pixel_unshuffle(2)",
                        lambda: chain(p=nn.MaxPool2d(2, 1, (1, 0)), l=nn.Conv2d(4, 2, (1, 2)), u=nn.PixelUnshuffle(2))),
    "channel_shuffle": (images, "channel_shuffle(2)", lambda: one(nn.ChannelShuffle(2))),
    "zero_pad2d": (images, "zero_pad2d((1, 2, 0, -3))", lambda: one(nn.ZeroPad2d((1, 2, 0, -3)))),
    "zero_pad1d": (series, "zero_pad1d(2)", lambda: one(nn.ZeroPad1d(2))),
    "constant_pad3d": (volumes, "constant_pad3d((1, 0, 2, -1, 0, 1), 0.5)", lambda: one(nn.ConstantPad3d((1, 0, 2, -1, 0, 1), 0.5))),
    "reflection_pad2d": (images, "reflection_pad2d((2, 1, 3, 0))", lambda: one(nn.ReflectionPad2d((2, 1, 3, 0)))),
    "replication_pad3d": (volumes, "replication_pad3d((2, 1, 0, 3, 1, 1))", lambda: one(nn.ReplicationPad3d((2, 1, 0, 3, 1, 1)))),
    "circular_pad1d": (series, "circular_pad1d((4, 2))", lambda: one(nn.CircularPad1d((4, 2)))),
    # sizes
    "upsample": (images, "upsample(scale_factor => 2)", lambda: one(nn.Upsample(scale_factor=2))),
    "upsample_bilinear": (images, "upsample((9, 13), mode => 'bilinear')", lambda: one(nn.Upsample((9, 13), mode="bilinear"))),
    "interpolate_nearest": (images, "interpolate((5, 8))", lambda: one(Resize(size=(5, 8)))),
    "interpolate_exact": (images, "interpolate(scale_factor => (1.7, 0.6), mode => 'nearest-exact')", lambda: one(Resize(scale_factor=(1.7, 0.6), mode="nearest-exact"))),
    "interpolate_linear": (series, "interpolate(scale_factor => 1.5, mode => 'linear')", lambda: one(Resize(scale_factor=1.5, mode="linear"))),
    "interpolate_corners": (images, "interpolate((4, 11), mode => 'bilinear', align_corners => TRUE)", lambda: one(Resize(size=(4, 11), mode="bilinear", align_corners=True))),
    "interpolate_trilinear": (volumes, "interpolate(scale_factor => 2.5, mode => 'trilinear', recompute_scale_factor => TRUE)", lambda: one(Resize(scale_factor=2.5, mode="trilinear", recompute_scale_factor=True))),
    "interpolate_bicubic": (images, "interpolate((10, 4), mode => 'bicubic')", lambda: one(Resize(size=(10, 4), mode="bicubic"))),
    "interpolate_bicubic_corners": (images, "interpolate((5, 9), mode => 'bicubic', align_corners => TRUE)", lambda: one(Resize(size=(5, 9), mode="bicubic", align_corners=True))),
    "interpolate_antialias": (images, "interpolate((3, 4), mode => 'bilinear', antialias => TRUE)", lambda: one(Resize(size=(3, 4), mode="bilinear", antialias=True))),
    "interpolate_antialias_bicubic": (images, "interpolate((3, 9), mode => 'bicubic', antialias => TRUE)", lambda: one(Resize(size=(3, 9), mode="bicubic", antialias=True))),
    "interpolate_area": (images, "interpolate((3, 4), mode => 'area')", lambda: one(Resize(size=(3, 4), mode="area"))),
    # sequences
    "embedding": (ids, "embedding(10, 7) AS l", lambda: one(nn.Embedding(10, 7))),
    "embedding_lstm": (ids, "embedding(10, 4, padding_idx => 0) AS e |> lstm(3) AS l", lambda: chain(e=nn.Embedding(10, 4, padding_idx=0), l=First(nn.LSTM(4, 3, batch_first=True)))),
    "rnn": (tokens, "rnn(5) AS l", lambda: first(nn.RNN(8, 5, batch_first=True))),
    "rnn_relu": (tokens, "rnn(5, 2, nonlinearity => 'relu', bias => FALSE, bidirectional => TRUE) AS l", lambda: first(nn.RNN(8, 5, 2, nonlinearity="relu", bias=False, bidirectional=True, batch_first=True))),
    "lstm": (tokens, "lstm(5) AS l", lambda: first(nn.LSTM(8, 5, batch_first=True))),
    "lstm_deep": (tokens, "lstm(17, num_layers => 2, bidirectional => TRUE, batch_first => TRUE) AS l |> take(1, -1) |> linear(3) AS f",
                  lambda: chain(l=First(nn.LSTM(8, 17, 2, bidirectional=True, batch_first=True)), s=Last(), f=nn.Linear(34, 3))),
    "lstm_proj": (tokens, "lstm(6, bias => FALSE, proj_size => 3) AS l", lambda: first(nn.LSTM(8, 6, bias=False, proj_size=3, batch_first=True))),
    "gru": (tokens, "gru(5) AS l", lambda: first(nn.GRU(8, 5, batch_first=True))),
    "gru_deep": (tokens, "gru(4, 2, bias => FALSE, bidirectional => TRUE) AS l", lambda: first(nn.GRU(8, 4, 2, bias=False, bidirectional=True, batch_first=True))),
    "attention": (tokens, "multihead_attention(8, 2) AS l", lambda: first(nn.MultiheadAttention(8, 2, batch_first=True), 3)),
    "attention_causal": (tokens, "multihead_attention(8, 4, bias => FALSE, is_causal => TRUE) AS l", lambda: first(nn.MultiheadAttention(8, 4, bias=False, batch_first=True), 3, attn_mask=CAUSAL)),
    "attention_cross": (tokens, "LET k = linear(6) AS k IN multihead_attention(x, k, 8, 2, kdim => 6, vdim => 6) AS l",
                        lambda: Cross(nn.Linear(8, 6), nn.MultiheadAttention(8, 2, kdim=6, vdim=6, batch_first=True))),
    "attention_memory": (tokens, "LET k = linear(8) AS k |> max_pool1d(1) IN multihead_attention(x, k, 8, 2) AS l",
                         lambda: Cross(nn.Linear(8, 8), nn.MultiheadAttention(8, 2, batch_first=True))),
    "dot_product_attention": (tokens, "LET q = linear(8) AS q |> unflatten(2, (4, 2)), k = linear(8) AS k |> unflatten(2, (4, 2)), v = linear(12) AS v |> unflatten(2, (4, 3)) IN scaled_dot_product_attention(q, k, v)",
                              lambda: Dot()),
    "encoder_layer": (tokens, "transformer_encoder_layer(8, 2, dim_feedforward => 20) AS l", lambda: one(nn.TransformerEncoderLayer(8, 2, 20, batch_first=True))),
    "encoder_layer_first": (tokens, "transformer_encoder_layer(8, 4, 12, activation => 'gelu', norm_first => TRUE, bias => FALSE, is_causal => TRUE) AS l",
                            lambda: first(nn.TransformerEncoderLayer(8, 4, 12, activation="gelu", norm_first=True, bias=False, batch_first=True), src_mask=CAUSAL)),
    "encoder_layers": (tokens, "transformer_encoder_layer(8, 2, 16, norm_first => TRUE) AS a |> transformer_encoder_layer(8, 2, 16, norm_first => TRUE) AS b |> layer_norm(8) AS c",
                       lambda: chain(a=nn.TransformerEncoderLayer(8, 2, 16, norm_first=True, batch_first=True), b=nn.TransformerEncoderLayer(8, 2, 16, norm_first=True, batch_first=True), c=nn.LayerNorm(8))),
    "decoder_layer": (tokens, "LET k = linear(8) AS k IN transformer_decoder_layer(x, k, 8, 2, 16, is_causal => TRUE) AS l",
                      lambda: Cross(nn.Linear(8, 8), nn.TransformerDecoderLayer(8, 2, 16, batch_first=True), 1, tgt_mask=CAUSAL)),
}


SCALED = (nn.LayerNorm, nn.RMSNorm, nn.GroupNorm, nn.InstanceNorm1d, nn.InstanceNorm2d, nn.InstanceNorm3d, nn.PReLU)


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
        for layer in net.modules():
            if isinstance(layer, SCALED) and layer.weight is not None:
                layer.weight.uniform_(0.5, 1.5)
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
    return decimal.Decimal(float(v)).quantize(decimal.Decimal("0.0001"), rounding=decimal.ROUND_HALF_UP) + 0


def far_from_borders(v):
    scaled = abs(float(v)) * 1e4
    return abs(scaled - np.floor(scaled) - 0.5) > 0.01 + 1e-6 * scaled and abs(float(v)) < 9999


def state(net):
    """by the layers' names: those inside a branch lose the names of what is around"""
    out = {}
    split = any(isinstance(m, Split) for m in net.modules())
    for name, p in net.state_dict().items():
        if "num_batches" not in name:
            out[".".join(name.split(".")[-2:]) if split else name.replace(".layer.", ".")] = p.contiguous()
    return out


def write(name, x, layers, build):
    far = lambda y: [i for i, row in enumerate(y) if all(far_from_borders(v) for v in numbers(row))]
    seeds = range(1, 200) if state(build()) else [1]
    tries = (make(build, x, seed) for seed in seeds)
    net, y = next(((n, y) for n, y in tries if len(far(y)) == ROWS), make(build, x, 1))
    kept = far(y)
    assert kept, name
    shape = lambda t: ", ".join(str(d) for d in t.shape[1:])
    subscript = lambda k: ", ".join(str(d) for d in np.unravel_index(k, y.shape[1:]))
    picks = positions(y[0])
    items = ["mean(q.y)", "mean(q.y * q.y)", "max(q.y)"] + [f"q.y[{subscript(k)}]" for k in picks]
    names = ["mean", "squares", "largest"] + [f"e{k}" for k in picks]
    source = "tests/data/layer_%s.npy" % next(n for n, t in INPUTS.items() if t is x)
    text = f"-- made by tools/layers.py with PyTorch {torch.__version__.split('+')[0]}: {layers}\n"
    text += f"CREATE MODEL m INPUT (x TENSOR({'BIGINT' if x is ids else 'FLOAT32'}, {shape(x)})) OUTPUT (y TENSOR(FLOAT32, {shape(y)})) LAYERS ({layers});\n"
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


for name, x in INPUTS.items():
    np.save(f"tests/data/layer_{name}.npy", x.numpy())
for name in sys.argv[1:] or CASES:
    write(name, *CASES[name])
