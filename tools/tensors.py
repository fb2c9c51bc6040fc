#!/usr/bin/env python3
"""tensors.py: makes tests/exec/tensor_*.dql and .out with NumPy, which dql's tensor functions must agree with.  Needs numpy;
run in the root of the sources, with the names of the tests to make, or none for all.

Floats are shown in thousandths, rounded.  No number lies near a rounding border: seeds of the data are tried until that holds."""
import math
import re
import sys

import numpy as np

SQL = {"float32": "FLOAT32", "float64": "DOUBLE", "float16": "FLOAT16", "int8": "TINYINT", "int16": "SMALLINT", "int32": "INTEGER",
       "int64": "BIGINT", "uint8": "UTINYINT", "uint16": "USMALLINT", "uint32": "UINTEGER", "uint64": "UBIGINT", "bool": "BOOLEAN"}
ROWS = 3
SHOWN = 8  # as many elements of a tensor are printed


class Border(Exception):
    pass


def data(seed):
    """One row of every column: x, y, p (positive), s (within 1) of FLOAT32, d of DOUBLE, i, j, k, l, q of integers,
    u of UTINYINT, m a mask."""
    r = np.random.default_rng(seed)
    shape = (2, 3)
    i = r.integers(-9, 10, shape).astype(np.int32)
    return {
        "x": (r.normal(size=shape) * 2).astype(np.float32),
        "y": (r.normal(size=(3,)) * 2).astype(np.float32),
        "p": (np.abs(r.normal(size=shape)) * 3 + 1).astype(np.float32),
        "s": r.uniform(-0.99, 0.99, shape).astype(np.float32),
        "d": r.normal(size=shape) * 3,
        "i": i,
        "j": np.where(r.integers(0, 2, (3,)), 1, -1).astype(np.int32) * r.integers(1, 5, (3,)).astype(np.int32),
        "u": r.integers(0, 256, shape).astype(np.uint8),
        "m": r.integers(0, 2, shape).astype(bool),
        "k": r.integers(0, 3, (4,)).astype(np.int64),
        "q": r.integers(0, 3, shape).astype(np.int32),
        "l": (r.integers(-10**12, 10**12, shape)).astype(np.int64),
    }


def literal(a):
    if a.ndim:
        return "[" + ", ".join(literal(v) for v in a) + "]"
    return ("TRUE" if a else "FALSE") if a.dtype == bool else repr(float(a)) if a.dtype.kind == "f" else str(int(a))


def sql_type(a):
    return SQL[str(a.dtype)] + "".join(f", {n}" for n in a.shape)


def shown(sql, value):
    """The text that prints `value`, and what it prints."""
    value = np.asarray(value)
    if value.dtype.kind == "f":
        half = value.dtype == np.float16
        at = (value * np.float16(1000)).astype(np.float64) if half else value.astype(np.float64) * 1000
        if not np.all(np.isfinite(at)):
            raise ValueError(f"{sql}: not finite")
        if not half and np.any(np.abs(at - np.floor(at) - 0.5) < 0.002 + 1e-6 * np.abs(at)):
            raise Border
        value = np.rint(at).astype(np.int64)
        to = f"TENSOR(BIGINT{''.join(f', {n}' for n in value.shape)})" if value.ndim else "BIGINT"
        sql = f"CAST(round(1000 * ({sql})) AS {to})"
    if not value.ndim:
        return sql, (("true" if value else "false") if value.dtype == bool else str(int(value)))
    if value.size > SHOWN:
        parts = [shown(f"reshape({sql}, {value.size})[{k}:{min(k + SHOWN, value.size)}]", value.ravel()[k : k + SHOWN]) for k in range(0, value.size, SHOWN)]
        return ", ".join(p[0] + f" AS v{i}" for i, p in enumerate(parts)), ",".join(p[1] for p in parts)
    flat = [("true" if v else "false") if value.dtype == bool else str(int(v)) for v in value.ravel()]
    return sql, f'"TENSOR({sql_type(value)}) [{", ".join(flat)}]"'


def make(name, cases):
    for seed in range(1, 4000):
        rows = [data(seed * 10 + k) for k in range(ROWS)]
        try:
            out, text = [], []
            for k, (sql, fn) in enumerate(cases):
                done = [shown(sql, fn(**{n: row[n] for n in fn.__code__.co_varnames[: fn.__code__.co_argcount]})) for row in rows]
                text.append(f"SELECT {done[0][0]}{'' if ' AS v0' in done[0][0] else ' AS v'} FROM t ORDER BY id;")
                out += [",".join(re.findall(r" AS (v\d*)", text[-1]))] + [d[1] for d in done]
            break
        except Border:
            continue
    else:
        raise SystemExit(f"{name}: no seed keeps clear of rounding borders")
    columns = ", ".join(f"{n} TENSOR({sql_type(a)})" for n, a in rows[0].items())
    values = ",\n  ".join("(" + ", ".join([str(k)] + [literal(a) for a in row.values()]) + ")" for k, row in enumerate(rows))
    with open(f"tests/exec/tensor_{name}.dql", "w") as f:
        f.write(f"-- made by tools/tensors.py with NumPy {np.__version__}: {name}\n")
        f.write(f"CREATE TABLE t (id INTEGER, {columns});\nINSERT INTO t VALUES\n  {values};\n" + "\n".join(text) + "\n")
    with open(f"tests/exec/tensor_{name}.out", "w") as f:
        f.write("\n".join(out) + "\n")
    print(name, len(cases))


def erf(x):
    return np.vectorize(math.erf)(x.astype(np.float64))


def sigmoid(x):
    return 1 / (1 + np.exp(-x.astype(np.float64)))


def softplus(x):
    return np.log1p(np.exp(x.astype(np.float64)))


def wide(x):
    return x.astype(np.float64)


GROUPS = {
    "compare": [
        ("x > y", lambda x, y: x > y), ("x <= 0.5", lambda x: x <= 0.5), ("i = 3", lambda i: i == 3), ("i <> j", lambda i, j: i != j),
        ("u >= 100", lambda u: u >= 100), ("m = (x > 0)", lambda m, x: m == (x > 0)), ("l < 0", lambda l: l < 0),
        ("x > 0 AND NOT m", lambda x, m: (x > 0) & ~m), ("x > 1 OR i < 0", lambda x, i: (x > 1) | (i < 0)),
        ("bitwise_xor(m, i > 0)", lambda m, i: m ^ (i > 0)), ("where(m, x, y)", lambda m, x, y: np.where(m, x, y)),
        ("where(i > j, i, 0)", lambda i, j: np.where(i > j, i, 0)), ("where(m, 1, -1)", lambda m: np.where(m, 1, -1).astype(np.int32)),
        ("where(x > 0, 1.5, x)", lambda x: np.where(x > 0, np.float32(1.5), x)), ("isnan(x)", lambda x: np.isnan(x)),
        ("isinf(x / CAST(i AS TENSOR(FLOAT32, 2, 3)))", lambda x, i: np.isinf(np.divide(x, i.astype(np.float32), where=i != 0, out=np.full(x.shape, np.inf, np.float32)))),
        ("isfinite(x)", lambda x: np.isfinite(x)),
        ("least(x, y)", lambda x, y: np.minimum(x, y)), ("greatest(i, j, 0)", lambda i, j: np.maximum(np.maximum(i, j), 0)),
        ("clip(x, -1, 1)", lambda x: np.clip(x, -1, 1)), ("clip(u, 10, 200)", lambda u: np.clip(u, 10, 200)),
    ],
    "integers": [
        ("i + j", lambda i, j: i + j), ("i - 7", lambda i: i - 7), ("i * j", lambda i, j: i * j), ("-i", lambda i: -i), ("abs(i)", lambda i: abs(i)),
        ("div(i, j)", lambda i, j: np.trunc(i / j).astype(np.int32)), ("mod(i, j)", lambda i, j: np.fmod(i, j)),
        ("floor_divide(i, j)", lambda i, j: i // j), ("remainder(i, j)", lambda i, j: np.remainder(i, j)), ("i / j", lambda i, j: (i / j).astype(np.float32)),
        ("sign(i)", lambda i: np.sign(i)), ("square(i)", lambda i: i * i), ("relu(i)", lambda i: np.maximum(i, 0)), ("l * 3", lambda l: l * 3), ("l - i", lambda l, i: l - i),
        ("bitwise_and(u, 15)", lambda u: u & 15), ("bitwise_or(u, 128)", lambda u: u | 128), ("bitwise_xor(i, j)", lambda i, j: i ^ j),
        ("bitwise_not(u)", lambda u: ~u), ("bitwise_not(i)", lambda i: ~i), ("shift_left(u, 3)", lambda u: u << np.uint8(3)),
        ("shift_right(u, 2)", lambda u: u >> np.uint8(2)), ("shift_right(i, 1)", lambda i: i >> 1), ("shift_left(i, 28)", lambda i: i << 28),
    ],
    "floats": [
        ("mod(x, y)", lambda x, y: np.fmod(x, y)), ("remainder(x, y)", lambda x, y: np.remainder(wide(x), wide(y))), ("floor(x)", lambda x: np.floor(x)), ("ceil(x)", lambda x: np.ceil(x)),
        ("round(x)", lambda x: np.rint(x)), ("trunc(x)", lambda x: np.trunc(x)), ("sign(x)", lambda x: np.sign(x)),
        ("reciprocal(p)", lambda p: 1 / wide(p)), ("rsqrt(p)", lambda p: 1 / np.sqrt(wide(p))), ("tan(x)", lambda x: np.tan(wide(x))), ("asin(s)", lambda s: np.arcsin(wide(s))),
        ("acos(s)", lambda s: np.arccos(wide(s))), ("atan(x)", lambda x: np.arctan(wide(x))), ("atan2(x, y)", lambda x, y: np.arctan2(wide(x), wide(y))),
        ("sinh(x)", lambda x: np.sinh(wide(x))), ("cosh(x)", lambda x: np.cosh(wide(x))), ("asinh(x)", lambda x: np.arcsinh(wide(x))),
        ("acosh(p)", lambda p: np.arccosh(wide(p))), ("atanh(s)", lambda s: np.arctanh(wide(s))), ("log1p(p)", lambda p: np.log1p(wide(p))),
        ("expm1(s)", lambda s: np.expm1(wide(s))), ("log2(p)", lambda p: np.log2(wide(p))), ("log10(p)", lambda p: np.log10(wide(p))), ("exp2(x)", lambda x: np.exp2(wide(x))),
        ("degrees(s)", lambda s: np.degrees(wide(s))), ("radians(x)", lambda x: np.radians(wide(x))), ("pow(p, y)", lambda p, y: wide(p) ** wide(y)), ("pow(x, 2)", lambda x: wide(x) ** 2),
        ("sinh(d)", lambda d: np.sinh(d)), ("atan2(d, x)", lambda d, x: np.arctan2(d, x)), ("mod(d, 0.7)", lambda d: np.fmod(d, 0.7)),
    ],
    "activations": [
        ("elu(x)", lambda x: np.where(x > 0, wide(x), np.expm1(wide(x)))), ("elu(x, alpha => 0.5)", lambda x: np.where(x > 0, wide(x), 0.5 * np.expm1(wide(x)))),
        ("celu(x, alpha => 2)", lambda x: np.where(x > 0, wide(x), 2 * np.expm1(wide(x) / 2))),
        ("selu(x)", lambda x: 1.0507009873554804934193349852946 * np.where(x > 0, wide(x), 1.6732632423543772848170429916717 * np.expm1(wide(x)))),
        ("gelu(x)", lambda x: wide(x) * 0.5 * (1 + erf(x / np.sqrt(2.0)))),
        ("gelu_tanh(x)", lambda x: 0.5 * wide(x) * (1 + np.tanh(np.sqrt(2 / np.pi) * (wide(x) + 0.044715 * wide(x) ** 3)))),
        ("silu(x)", lambda x: x * sigmoid(x)), ("softplus(x)", lambda x: softplus(x)), ("softplus(x, beta => 2)", lambda x: softplus(2 * x) / 2),
        ("softsign(x)", lambda x: wide(x) / (1 + abs(wide(x)))), ("mish(x)", lambda x: x * np.tanh(softplus(x))), ("log_sigmoid(x)", lambda x: -softplus(-x)),
        ("hardsigmoid(x)", lambda x: np.clip(wide(x) / 6 + 0.5, 0, 1)), ("hardsigmoid(x, alpha => 0.2, beta => 0.4)", lambda x: np.clip(wide(x) * 0.2 + 0.4, 0, 1)),
        ("hardswish(x)", lambda x: x * np.clip(wide(x) / 6 + 0.5, 0, 1)), ("hardtanh(x)", lambda x: np.clip(x, -1, 1)), ("relu6(3 * x)", lambda x: np.clip(3 * x, 0, 6)),
        ("threshold(x, threshold => 0.5, value => 9)", lambda x: np.where(x > 0.5, x, np.float32(9))), ("hardshrink(x)", lambda x: np.where(abs(x) > 0.5, x, 0)),
        ("softshrink(x)", lambda x: np.sign(x) * np.maximum(abs(x) - 0.5, 0)), ("tanhshrink(x)", lambda x: wide(x) - np.tanh(wide(x))),
    ],
    "casts": [
        ("CAST(x AS TENSOR(INTEGER, 2, 3))", lambda x: np.rint(x).astype(np.int32)), ("CAST(x AS TENSOR(TINYINT, 2, 3))", lambda x: np.rint(x).astype(np.int8)),
        ("CAST(p AS TENSOR(UBIGINT, 2, 3))", lambda p: np.rint(p).astype(np.uint64)), ("CAST(u AS TENSOR(BIGINT, 2, 3))", lambda u: u.astype(np.int64)),
        ("CAST(i AS TENSOR(TINYINT, 2, 3))", lambda i: i.astype(np.int8)), ("CAST(i AS TENSOR(BOOLEAN, 2, 3))", lambda i: i.astype(bool)),
        ("CAST(x AS TENSOR(BOOLEAN, 2, 3))", lambda x: x.astype(bool)), ("CAST(m AS TENSOR(INTEGER, 2, 3))", lambda m: m.astype(np.int32)),
        ("CAST(m AS TENSOR(FLOAT32, 2, 3))", lambda m: m.astype(np.float32)), ("CAST(x AS TENSOR(DOUBLE, 2, 3))", lambda x: x.astype(np.float64)),
        ("CAST(d AS TENSOR(FLOAT32, 2, 3))", lambda d: d.astype(np.float32)), ("CAST(CAST(x AS TENSOR(FLOAT16, 2, 3)) AS TENSOR(FLOAT32, 2, 3))", lambda x: x.astype(np.float16).astype(np.float32)),
        ("CAST(CAST(l AS TENSOR(FLOAT32, 2, 3)) AS TENSOR(BIGINT, 2, 3))", lambda l: l.astype(np.float32).astype(np.int64)),
        ("CAST(CAST(u AS TENSOR(FLOAT16, 2, 3)) + 1 AS TENSOR(INTEGER, 2, 3))", lambda u: np.rint(u.astype(np.float16) + np.float16(1)).astype(np.int32)),
        ("CAST(x AS TENSOR(FLOAT16, 2, 3)) * CAST(y AS TENSOR(FLOAT16, 3)) + 1", lambda x, y: x.astype(np.float16) * y.astype(np.float16) + np.float16(1)),
        ("CAST(abs(l) AS TENSOR(UBIGINT, 2, 3))", lambda l: abs(l).astype(np.uint64)), ("CAST(u AS TENSOR(USMALLINT, 2, 3)) * 200", lambda u: u.astype(np.uint16) * 200),
    ],
}

GROUPS["moves"] = [
    ("gather(x, [2, 0, 0, -1], dim => 1)", lambda x: np.take(x, [2, 0, 0, -1], axis=1)), ("gather(x, [1, 0])", lambda x: x[[1, 0]]),
    ("gather(x, 1)", lambda x: x[1]), ("gather(x, -1, dim => 1)", lambda x: x[:, -1]), ("gather(y, [[0, 1], [2, -3]])", lambda y: y[[[0, 1], [2, -3]]]),
    ("gather(x, k, dim => 1)", lambda x, k: np.take(x, k, axis=1)), ("gather(y, k)", lambda y, k: y[k]), ("gather(u, k - 3, dim => 1)", lambda u, k: np.take(u, k - 3, axis=1)),
    ("gather(y, k[0])", lambda y, k: y[k[0]]), ("gather(m, gather(k, [0, 1]), dim => 1)", lambda m, k: np.take(m, k[:2], axis=1)),
    ("gather_elements(x, q, dim => 1)", lambda x, q: np.take_along_axis(x, q, axis=1)), ("gather_elements(x, [[1, 0, 1]])", lambda x: np.take_along_axis(x, np.array([[1, 0, 1]]), axis=0)),
    ("gather_nd(x, [[0, 1], [1, -1]])", lambda x: x[[0, 1], [1, -1]]), ("gather_nd(x, unsqueeze(q[:, 0], 1), batch_dims => 1)", lambda x, q: x[[0, 1], q[:, 0]]),
    ("gather_nd(x, reshape(k % 2, 4, 1))", lambda x, k: x[k % 2]),
    ("flip(x)", lambda x: np.flip(x)), ("flip(x, dims => 1)", lambda x: np.flip(x, 1)), ("roll(y, 1)", lambda y: np.roll(y, 1)), ("roll(x, -1, dim => 1)", lambda x: np.roll(x, -1, 1)),
    ("x[::-1]", lambda x: x[::-1]), ("x[0, ::-2]", lambda x: x[0, ::-2]), ("x[:, -1]", lambda x: x[:, -1]), ("x[-1, :2]", lambda x: x[-1, :2]), ("x[1, 2:0:-1]", lambda x: x[1, 2:0:-1]), ("x[:, -2:]", lambda x: x[:, -2:]),
    ("tile(y, 2)", lambda y: np.tile(y, 2)), ("tile(x, 2, 1)", lambda x: np.tile(x, (2, 1))), ("expand(y, 2, 3)", lambda y: np.broadcast_to(y, (2, 3))), ("x + expand(unsqueeze(x[:, 0], 1), -1, 3)", lambda x: x + x[:, :1]),
    ("squeeze(unsqueeze(y, 0))", lambda y: y), ("unsqueeze(y, -1)", lambda y: y[:, None]), ("stack(y, x[0], dim => 1)", lambda y, x: np.stack([y, x[0]], 1)),
    ("pad(y, [1, 2])", lambda y: np.pad(y, (1, 2))), ("pad(y, [1, -1], value => 7)", lambda y: np.pad(y, (1, 0), constant_values=7)[:-1]), ("pad(x, [1, 0, 0, 1])", lambda x: np.pad(x, ((0, 1), (1, 0)))),
    ("pad(y, [2, 1], mode => 'reflect')", lambda y: np.pad(y, (2, 1), mode="reflect")), ("pad(y, [2, 4], mode => 'replicate')", lambda y: np.pad(y, (2, 4), mode="edge")),
    ("pad(y, [2, 4], mode => 'circular')", lambda y: np.pad(y, (2, 4), mode="wrap")), ("pad(i, [1, 0])", lambda i: np.pad(i, ((0, 0), (1, 0)))),
    ("triu(x)", lambda x: np.triu(x)), ("tril(i, diagonal => -1)", lambda i: np.tril(i, -1)), ("x[:, :2] * eye(2)", lambda x: x[:, :2] * np.eye(2)), ("y + arange(3)", lambda y: y + np.arange(3)),
    ("arange(1, 2, 0.25) * y[0]", lambda y: np.arange(1, 2, 0.25) * wide(y[0])), ("onehot(k, 3)", lambda k: np.eye(3, dtype=np.float32)[k]), ("onehot(k, 4, dim => 0)", lambda k: np.eye(4, dtype=np.float32)[k].T),
    ("pixel_shuffle(reshape(concat(x, x), 4, 3, 1), 2)", lambda x: np.concatenate([x, x]).reshape(1, 2, 2, 3, 1).transpose(0, 3, 1, 4, 2).reshape(1, 6, 2)),
    ("pixel_unshuffle(reshape(concat(x, x), 1, 6, 2), 2)", lambda x: np.concatenate([x, x]).reshape(1, 3, 2, 1, 2).transpose(0, 2, 4, 1, 3).reshape(4, 3, 1)),
    ("transpose(x) - flip(transpose(x))", lambda x: x.T - np.flip(x.T)),
]


def scattered(x, index, updates, ufunc=None):
    out = x.copy()
    if ufunc:
        ufunc.at(out, index, updates)
    else:
        out[index] = updates
    return out


rows2 = np.arange(2)[:, None]
GROUPS["scatters"] = [
    ("scatter(y, [2, 0], x[0, :2])", lambda y, x: scattered(y, [2, 0], x[0, :2])), ("scatter(y, k, concat(y, y[:1]), reduce => 'add')", lambda y, k: scattered(y, k, np.concatenate([y, y[:1]]), np.add)),
    ("scatter(y, k, concat(y, y[:1]), reduce => 'mul')", lambda y, k: scattered(y, k, np.concatenate([y, y[:1]]), np.multiply)),
    ("scatter(y, k, concat(x[0], y[:1]), reduce => 'min')", lambda y, k, x: scattered(y, k, np.concatenate([x[0], y[:1]]), np.minimum)),
    ("scatter(y, k, concat(x[0], y[:1]), reduce => 'max')", lambda y, k, x: scattered(y, k, np.concatenate([x[0], y[:1]]), np.maximum)),
    ("scatter(i, k, tile(unsqueeze(j, 1), 1, 4)[:2], dim => 1, reduce => 'add')", lambda i, k, j: scattered(i, (rows2, k[None, :]), np.tile(j[:, None], (1, 4))[:2], np.add)),
    ("scatter(m, [1], m[:1])", lambda m: scattered(m, [1], m[:1])), ("scatter(l, [0, 0], l, reduce => 'add')", lambda l: scattered(l, [0, 0], l, np.add)),
    ("scatter_elements(x, q, x, dim => 1, reduce => 'add')", lambda x, q: scattered(x, (rows2, q), x, np.add)),
    ("scatter_elements(i, q, i, dim => 1, reduce => 'max')", lambda i, q: scattered(i, (rows2, q), i, np.maximum)),
    ("scatter_nd(x, [[0, 1], [1, -1]], y[:2])", lambda x, y: scattered(x, ([0, 1], [1, -1]), y[:2])), ("scatter_nd(x, reshape(k % 2, 4, 1), tile(y, 4, 1), reduce => 'add')", lambda x, k, y: scattered(x, k % 2, np.tile(y, (4, 1)), np.add)),
]

def cumulated(ufunc, x, axis, exclusive=False, reverse=False):
    x = np.flip(x, axis) if reverse else x
    y = ufunc.accumulate(x.astype(np.int64) if x.dtype.kind in "iu" else wide(x), axis)
    if exclusive:
        one = np.zeros_like(y[:, :1]) + (ufunc is np.multiply)
        y = np.concatenate([one, y[:, :-1]], 1)
    return np.flip(y, axis) if reverse else y


def order(x, descending=False, axis=-1):
    return np.argsort(-x.astype(np.float64) if descending else x, axis, kind="stable")


GROUPS["reductions"] = [
    ("sum(i)", lambda i: i.sum(dtype=np.int64)), ("sum(l)", lambda l: l.sum()), ("sum(l, dims => 0)", lambda l: l.sum(0)), ("sum(u, dims => 1, keep => TRUE)", lambda u: u.sum(1, dtype=np.int64, keepdims=True)),
    ("sum(m)", lambda m: m.sum(dtype=np.int64)), ("mean(u)", lambda u: u.mean()), ("mean(x, dims => [0, 1])", lambda x: wide(x).mean()), ("prod(x)", lambda x: wide(x).prod()), ("prod(i, dims => 1)", lambda i: i.prod(1, dtype=np.int64)), ("prod(d, dims => 0)", lambda d: d.prod(0)),
    ("max(u)", lambda u: u.max()), ("min(u)", lambda u: u.min()), ("max(i, dims => 0)", lambda i: i.max(0)), ("min(x, dims => 1)", lambda x: x.min(1)), ("min(l)", lambda l: l.min()), ("max(CAST(abs(l) AS TENSOR(UBIGINT, 2, 3)))", lambda l: abs(l).max().astype(np.uint64)),
    ("argmax(x)", lambda x: x.argmax()), ("argmin(x)", lambda x: x.argmin()), ("argmax(i, dims => 1)", lambda i: i.argmax(1)), ("argmin(u, dims => 0, keep => TRUE)", lambda u: u.argmin(0)[None, :]),
    ("argmax(q, dims => 1, last => TRUE)", lambda q: 2 - q[:, ::-1].argmax(1)), ("argmin(q, last => TRUE)", lambda q: 5 - q.ravel()[::-1].argmin()),
    ("any_of(m)", lambda m: m.any()), ("all_of(m, dims => 1)", lambda m: m.all(1)), ("any_of(x > 1, dims => 0)", lambda x: (x > 1).any(0)), ("all_of(i)", lambda i: i.astype(bool).all()), ("max(m, dims => 0)", lambda m: m.max(0)),
    ("sum_square(x, dims => 1)", lambda x: (wide(x) ** 2).sum(1)), ("sum_square(i)", lambda i: (i.astype(np.int64) ** 2).sum()), ("log_sum(p, dims => 0)", lambda p: np.log(wide(p).sum(0))),
    ("logsumexp(x)", lambda x: np.log(np.exp(wide(x)).sum())), ("logsumexp(x, dims => 1, keep => TRUE)", lambda x: np.log(np.exp(wide(x)).sum(1, keepdims=True))), ("logsumexp(40 * x, dims => 0)", lambda x: np.log(np.exp(40 * wide(x)).sum(0))),
    ("var(x)", lambda x: wide(x).var(ddof=1)), ("var(x, dims => 1, correction => 0)", lambda x: wide(x).var(1)), ("std(x, dims => 0)", lambda x: wide(x).std(0, ddof=1)), ("std(d)", lambda d: d.std(ddof=1)), ("var(i)", lambda i: i.var(ddof=1)),
    ("norm(x)", lambda x: np.sqrt((wide(x) ** 2).sum())), ("norm(x, dims => 1)", lambda x: np.sqrt((wide(x) ** 2).sum(1))), ("norm(x, p => 1, dims => 0)", lambda x: abs(wide(x)).sum(0)), ("norm(x, p => 3)", lambda x: (abs(wide(x)) ** 3).sum() ** (1 / 3)),
    ("x / norm(x, dims => 1, keep => TRUE)", lambda x: wide(x) / np.sqrt((wide(x) ** 2).sum(1, keepdims=True))),
]

GROUPS["lines"] = [
    ("cumsum(x, dim => 1)", lambda x: cumulated(np.add, x, 1)), ("cumsum(x, dim => 0)", lambda x: cumulated(np.add, x, 0)), ("cumsum(i)", lambda i: cumulated(np.add, i, 1)), ("cumsum(u, exclusive => TRUE)", lambda u: cumulated(np.add, u, 1, True)),
    ("cumsum(x, reverse => TRUE)", lambda x: cumulated(np.add, x, 1, False, True)), ("cumsum(x, exclusive => TRUE, reverse => TRUE)", lambda x: cumulated(np.add, x, 1, True, True)), ("cumsum(d)", lambda d: cumulated(np.add, d, 1)), ("cumsum(l)", lambda l: cumulated(np.add, l, 1)),
    ("cumprod(x)", lambda x: cumulated(np.multiply, x, 1)), ("cumprod(i, exclusive => TRUE)", lambda i: cumulated(np.multiply, i, 1, True)), ("cumprod(i, reverse => TRUE)", lambda i: cumulated(np.multiply, i, 1, False, True)),
    ("argsort(x)", lambda x: order(x)), ("argsort(i, descending => TRUE)", lambda i: order(i, True)), ("argsort(q, dim => 0)", lambda q: order(q, axis=0)), ("argsort(u)", lambda u: order(u)), ("argsort(m)", lambda m: order(m)), ("argsort(l)", lambda l: order(l)), ("argsort(d, descending => TRUE, dim => 0)", lambda d: order(d, True, 0)),
    ("sort(x)", lambda x: np.sort(x)), ("sort(x, dim => 0, descending => TRUE)", lambda x: -np.sort(-x, 0)), ("sort(u, descending => TRUE)", lambda u: np.sort(u)[:, ::-1]), ("topk(x, 2)", lambda x: -np.sort(-x)[:, :2]), ("topk_indices(x, 2)", lambda x: order(x, True)[:, :2]),
    ("topk(x, 1, dim => 0, largest => FALSE)", lambda x: np.sort(x, 0)[:1]), ("topk(CAST(x AS TENSOR(FLOAT16, 2, 3)), 2)", lambda x: -np.sort(-x.astype(np.float16))[:, :2]),
]

GROUPS["contractions"] = [
    ("matmul(x, transpose(x))", lambda x: wide(x) @ wide(x.T)), ("matmul(x, y)", lambda x, y: wide(x) @ wide(y)), ("matmul(y, transpose(x))", lambda x, y: wide(y) @ wide(x.T)), ("dot(y, x[0])", lambda x, y: wide(y) @ wide(x[0])), ("matmul(y, y)", lambda y: wide(y) @ wide(y)),
    ("matmul(i, transpose(q))", lambda i, q: i.astype(np.int64) @ q.T.astype(np.int64)), ("matmul(u, transpose(u))", lambda u: u.astype(np.int64) @ u.T.astype(np.int64)), ("matmul(l, j)", lambda l, j: l @ j), ("dot(j, i[0])", lambda i, j: i[0] @ j), ("matmul(d, transpose(x))", lambda d, x: d @ x.T), ("matmul(m, transpose(i))", lambda m, i: m.astype(np.int64) @ i.T),
    ("matmul(reshape(x, 2, 1, 3), reshape(d, 2, 3, 1))", lambda x, d: x.reshape(2, 1, 3) @ d.reshape(2, 3, 1)), ("matmul(reshape(x, 2, 1, 3), transpose(x))", lambda x: wide(x).reshape(2, 1, 3) @ wide(x.T)),
    ("matmul(reshape(x, 2, 1, 1, 3), reshape(d, 1, 2, 3, 1))", lambda x, d: x.reshape(2, 1, 1, 3) @ d.reshape(1, 2, 3, 1)), ("matmul(x, reshape(stack(x, x), 2, 3, 2))", lambda x: wide(x) @ np.stack([wide(x), wide(x)]).reshape(2, 3, 2)), ("matmul(reshape(stack(x, x), 2, 2, 3), y)", lambda x, y: np.stack([wide(x), wide(x)]) @ wide(y)),
    ("einsum('ij,kj->ik', x, d)", lambda x, d: np.einsum("ij,kj->ik", x, d)), ("einsum('ij,j', x, y)", lambda x, y: np.einsum("ij,j", wide(x), wide(y))), ("einsum('ij->ji', x)", lambda x: x.T), ("einsum('ij->i', x)", lambda x: wide(x).sum(1)), ("einsum('ij->', i)", lambda i: i.sum(dtype=np.int64)), ("einsum('ji', x)", lambda x: x.T),
    ("einsum('ii->i', matmul(x, transpose(d)))", lambda x, d: np.einsum("ii->i", x @ d.T)), ("einsum('ii', matmul(x, transpose(d)))", lambda x, d: np.trace(x @ d.T)), ("einsum('i,j->ij', y, x[0])", lambda x, y: np.outer(wide(y), wide(x[0]))[:, :]), ("einsum('ij,ij->', x, d)", lambda x, d: (x * d).sum()),
    ("einsum('ij,kj,k->ik', x, d, x[:, 0])", lambda x, d: np.einsum("ij,kj,k->ik", x, d, x[:, 0])), ("einsum('ij,jk,kl->il', x, transpose(d), x)", lambda x, d: np.einsum("ij,jk,kl->il", x, d.T, wide(x))), ("einsum('i,i,i->', y, y, x[1])", lambda x, y: (wide(y) * y * x[1]).sum()),
    ("einsum('...j,j->...', x, y)", lambda x, y: wide(x) @ wide(y)), ("einsum('... i, ... j -> ... ij', x, d)[:, :, 0]", lambda x, d: np.einsum("...i,...j->...ij", x, d)[:, :, 0]), ("einsum('b...,b->...', x, x[:, 1])", lambda x: np.einsum("b...,b->...", wide(x), wide(x[:, 1]))), ("einsum('Ab,Cb->AC', i, q)", lambda i, q: i.astype(np.int64) @ q.T),
    ("einsum('ij,ij->ij', x, x[:1])", lambda x: wide(x) * wide(x[:1])),
]


# products on contraction tiles: columns in whole vectors, operands where they lie
GROUPS["products"] = [
    ("matmul(x, reshape(tile(s, 8, 1), 3, 16))", lambda x, s: wide(x) @ np.tile(s, (8, 1)).reshape(3, 16)), ("matmul(x, transpose(tile(s, 8, 1)))", lambda x, s: wide(x) @ np.tile(s, (8, 1)).T),
    ("2 * matmul(x, transpose(tile(s, 8, 1))) + tile(x, 1, 6)[:, 1:17]", lambda x, s: 2 * (wide(x) @ np.tile(s, (8, 1)).T) + np.tile(x, (1, 6))[:, 1:17]),
    ("matmul(x, reshape(tile(s, 40, 1), 3, 80))", lambda x, s: wide(x) @ np.tile(s, (40, 1)).reshape(3, 80)),
    ("einsum('gik,gkj->gij', reshape(tile(x, 2, 1), 2, 2, 3), reshape(tile(s, 16, 1), 2, 3, 16))", lambda x, s: np.tile(wide(x), (2, 1)).reshape(2, 2, 3) @ np.tile(s, (16, 1)).reshape(2, 3, 16)),
    ("einsum('gik,gjk->igj', reshape(stack(x, s), 2, 2, 3), tile(stack(s, x), 1, 8, 1))", lambda x, s: np.einsum("gik,gjk->igj", np.stack([wide(x), s]), np.tile(np.stack([s, x]), (1, 8, 1)))),
    ("einsum('kj,ki->ij', reshape(tile(s, 16, 1), 2, 48), x)", lambda x, s: wide(x).T @ np.tile(s, (16, 1)).reshape(2, 48)),
    ("einsum('gab,abj->gj', reshape(stack(x, s), 2, 2, 3), reshape(tile(p, 16, 1), 2, 3, 16))", lambda x, s, p: np.einsum("gab,abj->gj", np.stack([wide(x), s]), np.tile(p, (16, 1)).reshape(2, 3, 16))),
    ("matmul(transpose(x), reshape(transpose(tile(s, 16, 1)), 2, 48))", lambda x, s: wide(x).T @ np.tile(s, (16, 1)).T.reshape(2, 48)),
    ("einsum('i,j->ij', y, tile(x[0], 16))", lambda x, y: np.outer(wide(y), np.tile(x[0], 16))),
]


def main():
    for name in sys.argv[1:] or GROUPS:
        make(name, GROUPS[name])


main()
