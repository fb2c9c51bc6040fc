#!/usr/bin/env python3
"""make_pictures.py: makes digits/*.png, 30 of the held-out rows of digits_x.npy as pictures of 32x32.  Needs Pillow, numpy."""
import numpy as np
from PIL import Image

NAMES = "zero one two three four five six seven eight nine".split()
x, y = np.load("digits_x.npy"), np.load("digits_y.npy")
for digit, name in enumerate(NAMES):
    rows = [i for i in np.flatnonzero(y == digit) if i % 3 == 2][:3]
    for i in rows:
        picture = np.kron(x[i, 0] * 15, np.ones((4, 4), np.uint8))  # grey values 0 .. 240
        Image.fromarray(picture.astype(np.uint8)).save(f"digits/{name}_{i:04}.png", optimize=True)
