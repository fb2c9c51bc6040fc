#!/usr/bin/env python3
"""casts.py: makes tests/exec/tensor_cast_pairs.dql and .out with PyTorch: from each element type to each other, FLOAT16 and BFLOAT16
among them.  Needs torch; run in the root of the sources.  Floats become integers half to even, where PyTorch cuts."""
import itertools

import torch

TYPES = {"BOOLEAN": torch.bool, "TINYINT": torch.int8, "SMALLINT": torch.int16, "INTEGER": torch.int32, "BIGINT": torch.int64,
         "UTINYINT": torch.uint8, "FLOAT16": torch.float16, "BFLOAT16": torch.bfloat16, "FLOAT32": torch.float32, "DOUBLE": torch.float64}
X = [0, 1, 2.5, 3.14159, 100.7, 0.1, 17, 5.5]


def cast(x, to):
    whole = not to.is_floating_point and to != torch.bool
    return torch.round(x.double()).to(to) if whole else x != 0 if to == torch.bool else x.to(to)


text = ["-- Every element type to every other, in millionths. Made by tools/casts.py with PyTorch.",
        f"CREATE TABLE t (x TENSOR(DOUBLE, {len(X)}));", f"INSERT INTO t VALUES ({X});"]
out = []
for a, b in itertools.product(TYPES, TYPES):
    text.append(f"SELECT '{a} {b}' AS types, (1e6 * x::TENSOR({a}, {len(X)})::TENSOR({b}, {len(X)})::TENSOR(DOUBLE, {len(X)}))::TENSOR(BIGINT, {len(X)}) AS v FROM t;")
    y = cast(cast(torch.tensor(X, dtype=torch.float64), TYPES[a]), TYPES[b]).double() * 1e6
    assert all(abs(abs(v % 1) - 0.5) > 1e-3 for v in y.tolist()), (a, b)
    out += ["types,v", f'{a} {b},"TENSOR(BIGINT, {len(X)}) [{", ".join(str(round(v)) for v in y.tolist())}]"']
with open("tests/exec/tensor_cast_pairs.dql", "w") as f:
    f.write("\n".join(text) + "\n")
with open("tests/exec/tensor_cast_pairs.out", "w") as f:
    f.write("\n".join(out) + "\n")
