#!/usr/bin/env python3
"""train_products.py: makes shop_a.csv, shop_b.csv, product_pairs.csv and products.safetensors: made-up catalogues of two shops that
write the same products differently.  Needs torch, safetensors, rapidfuzz.  Pairs with i % 3 == 2 are held out; prints how well
the network does on them.  The features and the network are those of samples/products.dql."""
import csv
import random

import torch
import torch.nn as nn
from rapidfuzz.distance import JaroWinkler, Levenshtein
from safetensors.torch import save_file

r = random.Random(11)
torch.manual_seed(5)
torch.set_num_threads(1)
BRANDS = "Nordwind Kaltwasser Bergmann Luxora Pinetti Halden Oakridge Tamura".split()
THINGS = {"kettle": (20, 60), "drill": (40, 180), "lamp": (10, 90), "headphones": (25, 250), "backpack": (30, 120), "keyboard": (20, 150)}
WORDS = {"kettle": ["steel", "glass", "1.7 l", "1.0 l", "cordless"], "drill": ["18 V", "12 V", "hammer", "compact", "two batteries"],
         "lamp": ["desk", "floor", "LED", "dimmable", "brass"], "headphones": ["wireless", "over-ear", "in-ear", "noise cancelling", "sport"],
         "backpack": ["25 l", "40 l", "waterproof", "laptop", "travel"], "keyboard": ["mechanical", "wireless", "compact", "backlit", "quiet"]}
COLOURS = ["black", "white", "red", "blue", "green"]
CATEGORIES = list(THINGS)


def product(i):
    kind = r.choice(CATEGORIES)
    words = r.sample(WORDS[kind], 2)
    return {"brand": r.choice(BRANDS), "kind": kind, "words": words, "colour": r.choice(COLOURS), "model": f"{r.choice('ABKXZ')}{r.choice('RST')}-{r.randrange(100, 999)}",
            "price": r.uniform(*THINGS[kind])}


def typo(t):
    at = r.randrange(1, len(t) - 1)
    return r.choice([t[:at] + t[at + 1:], t[:at] + t[at + 1] + t[at] + t[at + 2:], t[:at] + r.choice("aeiou") + t[at:]])


def title_a(p):
    return f"{p['brand']} {p['model']} {p['words'][0]} {p['kind']}, {p['words'][1]}, {p['colour']}"


def title_b(p):
    model = p["model"] if r.random() < 0.7 else p["model"].replace("-", " " if r.random() < 0.5 else "")
    parts = [p["brand"] if r.random() < 0.8 else p["brand"].upper(), *r.sample(p["words"], r.choice([1, 2])), p["kind"], model]
    if r.random() < 0.5:
        parts.append(f"({p['colour']})")
    t = " ".join(parts)
    return typo(t) if r.random() < 0.4 else t


def variant(p):  # another product that is almost the same
    q = dict(p, model=p["model"][:-2] + f"{r.randrange(10, 99)}", colour=r.choice(COLOURS), price=p["price"] * r.uniform(0.8, 1.25))
    return q if q["model"] != p["model"] else variant(p)


left = [product(i) for i in range(240)]
a = [(i, title_a(p), p["kind"], round(p["price"], 2)) for i, p in enumerate(left)]
b, pairs = [], []
for i, p in enumerate(left):
    same = r.random() < 0.5
    q = p if same else r.choice([variant(p), product(i) | {"kind": p["kind"], "brand": p["brand"]}])
    b.append((i, title_b(q), q["kind"], round(q["price"] * r.uniform(0.93, 1.07), 2)))
    pairs.append((i, i, i, int(same)))
order = list(range(len(b)))
r.shuffle(order)
b = [(order[i], *rest) for i, *rest in b]
pairs = [(i, x, order[y], s) for i, x, y, s in pairs]


def write(name, header, rows):
    with open(name, "w", newline="") as f:
        w = csv.writer(f, lineterminator="\n")
        w.writerow(header)
        w.writerows(rows)


write("shop_a.csv", ["id", "title", "category", "price"], a)
write("shop_b.csv", ["id", "title", "category", "price"], sorted(b))
write("product_pairs.csv", ["i", "a", "b", "same"], pairs)
write("product_categories.csv", ["category", "number"], [(c, i) for i, c in enumerate(CATEGORIES)])


def grams(t):
    return {t[i:i + 3] for i in range(max(len(t) - 3, 0) + 1)}


def features(x, y):
    s, t = x[1].lower(), y[1].lower()
    g, h = grams(s), grams(t)
    return [Levenshtein.distance(s, t) / max(len(s), len(t)), JaroWinkler.similarity(s, t), len(g & h) / len(g | h),
            abs(x[3] - y[3]) / max(x[3], y[3])]


by_id = {row[0]: row for row in b}
x = torch.tensor([features(a[i], by_id[j]) for _, i, j, _ in pairs])
kind = torch.tensor([[CATEGORIES.index(a[i][2])] for _, i, _, _ in pairs])
y = torch.tensor([[float(s)] for *_, s in pairs])
test = torch.arange(len(pairs)) % 3 == 2


class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.e, self.f1, self.f2 = nn.Embedding(len(CATEGORIES), 3), nn.Linear(4 + 3, 16), nn.Linear(16, 1)

    def forward(self, x, kind):
        return self.f2(torch.relu(self.f1(torch.cat([x, self.e(kind).flatten(1)], 1))))


net = Net()
opt = torch.optim.Adam(net.parameters(), lr=1e-2, weight_decay=1e-4)
for epoch in range(400):
    opt.zero_grad()
    nn.functional.binary_cross_entropy_with_logits(net(x[~test], kind[~test]), y[~test]).backward()
    opt.step()
with torch.no_grad():
    hit = ((net(x, kind) > 0) == (y > 0.5)).float()
print(f"right on held-out pairs {hit[test].mean():.3f} of {int(test.sum())}, training {hit[~test].mean():.3f}")
save_file({k: v.contiguous() for k, v in net.state_dict().items()}, "products.safetensors")
