#!/usr/bin/env python3
"""train_digits.py: makes digits_x.npy, digits_y.npy and digits_cnn.safetensors.  Needs scikit-learn, torch, safetensors.
Rows with i % 3 == 2 are held out; prints the accuracy on them.  The network is the CREATE MODEL of samples/digits.dql."""
import numpy as np, torch, torch.nn as nn
from collections import OrderedDict
from safetensors.torch import save_file
from sklearn.datasets import load_digits

torch.manual_seed(7)
torch.set_num_threads(1)
d = load_digits()
x = d.images.astype(np.uint8).reshape(-1, 1, 8, 8)  # 1,797 images, grey values 0..16
y = d.target.astype(np.uint8)
np.save("digits_x.npy", x)
np.save("digits_y.npy", y)
test = np.arange(len(x)) % 3 == 2
net = nn.Sequential(OrderedDict([
    ("c1", nn.Conv2d(1, 16, 3, padding=1)), ("b1", nn.BatchNorm2d(16)), ("r1", nn.ReLU()), ("p1", nn.MaxPool2d(2)),
    ("c2", nn.Conv2d(16, 32, 3, padding=1)), ("b2", nn.BatchNorm2d(32)), ("r2", nn.ReLU()), ("p2", nn.MaxPool2d(2)),
    ("flat", nn.Flatten()), ("f1", nn.Linear(128, 64)), ("r3", nn.ReLU()), ("f2", nn.Linear(64, 10))]))
xt, yt = torch.from_numpy(x).float(), torch.from_numpy(y).long()
train = torch.from_numpy(np.flatnonzero(~test))
opt = torch.optim.Adam(net.parameters(), lr=2e-3, weight_decay=1e-4)
for epoch in range(25):
    net.train()
    for b in train[torch.randperm(len(train))].split(64):
        opt.zero_grad()
        nn.functional.cross_entropy(net(xt[b]), yt[b]).backward()
        opt.step()
net.eval()
with torch.no_grad():
    hit = (net(xt).argmax(1) == yt).numpy()
print(f"held-out accuracy {hit[test].mean():.4f} on {test.sum()} images, training {hit[~test].mean():.4f}")
save_file({k: v.contiguous() for k, v in net.state_dict().items() if "num_batches" not in k}, "digits_cnn.safetensors")
