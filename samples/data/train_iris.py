#!/usr/bin/env python3
"""train_iris.py: makes virginica.safetensors from iris.csv.  Needs numpy, safetensors; run in this folder.
Logistic regression (Newton's method, a little weight decay) on the petals of rows with i % 3 <> 2; prints the accuracy on the others."""
import numpy as np
from safetensors.numpy import save_file

data = np.genfromtxt("iris.csv", delimiter=",", skip_header=1)
x, y = np.c_[data[:, 2:4], np.ones(len(data))], (data[:, 4] == 2).astype(np.float64)
held_out = np.arange(len(x)) % 3 == 2
xt, yt, w = x[~held_out], y[~held_out], np.zeros(3)
for _ in range(50):
    p = 1 / (1 + np.exp(-xt @ w))
    gradient = xt.T @ (p - yt) + 0.1 * w
    hessian = (xt * (p * (1 - p))[:, None]).T @ xt + 0.1 * np.eye(3)
    w -= np.linalg.solve(hessian, gradient)
hit = (x @ w > 0) == (y > 0)
print(f"held-out accuracy {hit[held_out].mean():.4f} on {held_out.sum()} flowers, training {hit[~held_out].mean():.4f}")
save_file({"z.weight": w[None, :2].astype(np.float32), "z.bias": w[2:].astype(np.float32)}, "virginica.safetensors")
