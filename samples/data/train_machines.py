#!/usr/bin/env python3
"""train_machines.py: makes machines_x.npy, machines.csv and machines_cnn.safetensors: made-up windows of 64 samples of two sensors
(vibration, current) of machines that run well, are unbalanced, have a worn bearing or a slipping belt.  Needs numpy, torch,
safetensors.  Rows with i % 3 == 2 are held out; prints the accuracy on them.  The network is the one of samples/machines.dql."""
from collections import OrderedDict

import numpy as np
import torch
import torch.nn as nn
from safetensors.torch import save_file

STATES = ["well", "unbalanced", "bearing", "belt"]
r = np.random.default_rng(3)
torch.manual_seed(3)
torch.set_num_threads(1)


def window(state):
    t = np.arange(64)
    speed, phase = r.uniform(0.25, 0.4), r.uniform(0, 6.3)
    vibration = 300 * np.sin(speed * t + phase) + r.normal(0, 150, 64)
    current = 2000 + 100 * np.sin(speed * t / 2 + phase) + r.normal(0, 60, 64)
    if state == 1:
        vibration += r.uniform(250, 600) * np.sin(speed * t + phase)
    elif state == 2:
        for at in range(r.integers(0, 9), 64, r.integers(9, 13)):
            vibration[at:at + 4] += r.uniform(350, 800) * np.array([1, -0.8, 0.5, -0.3])[:64 - at]
    elif state == 3:
        at = r.integers(8, 48)
        current[at:at + 12] -= r.uniform(150, 500)
    return np.stack([vibration, current])


n = 300
y = r.integers(0, 4, n)
x = np.clip(np.rint(np.stack([window(s) for s in y])), -32768, 32767).astype(np.int16)
np.save("machines_x.npy", x)
with open("machines.csv", "w") as f:
    f.write("i,machine,state\n" + "".join(f"{i},press {i % 12 + 1},{STATES[s]}\n" for i, s in enumerate(y)))
net = nn.Sequential(OrderedDict([
    ("b0", nn.BatchNorm1d(2)), ("c1", nn.Conv1d(2, 16, 5, padding=2)), ("r1", nn.ReLU()), ("p1", nn.MaxPool1d(4)),
    ("c2", nn.Conv1d(16, 32, 5, padding=2)), ("r2", nn.ReLU()), ("p2", nn.AdaptiveAvgPool1d(1)), ("flat", nn.Flatten()), ("f1", nn.Linear(32, 4))]))
xt, yt = torch.from_numpy(x.astype(np.float32)), torch.from_numpy(y)
test = np.arange(n) % 3 == 2
train = torch.from_numpy(np.flatnonzero(~test))
opt = torch.optim.Adam(net.parameters(), lr=3e-3, weight_decay=1e-3)
for epoch in range(60):
    net.train()
    for b in train[torch.randperm(len(train))].split(25):
        opt.zero_grad()
        nn.functional.cross_entropy(net(xt[b]), yt[b]).backward()
        opt.step()
net.eval()
with torch.no_grad():
    hit = (net(xt).argmax(1) == yt).numpy()
print(f"held-out accuracy {hit[test].mean():.3f} on {test.sum()} windows, training {hit[~test].mean():.3f}")
save_file({k: v.contiguous() for k, v in net.state_dict().items() if "num_batches" not in k}, "machines_cnn.safetensors")
