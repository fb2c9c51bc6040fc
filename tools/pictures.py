#!/usr/bin/env python3
"""pictures.py: makes tests/data/pictures, tests/exec/pictures.dql and .out with Pillow, which dql's pictures must agree with, byte for
byte: conversion to grey, RGB and RGBA, and bilinear resizing; tests/exec/picture_functions.dql and .out with PyTorch, in hundredths.
Needs Pillow, numpy and torch; run in the root of the sources."""
import os
import struct
import zlib

import numpy as np
import torch
import torch.nn.functional as F
from PIL import Image

DIR = "tests/data/pictures"
HEIGHT, WIDTH = 14, 11


def colours():
    y, x = np.mgrid[0:HEIGHT, 0:WIDTH]
    waves = [np.sin(x * 0.9 + y * 0.2), np.cos(y * 0.7 - x * 0.3), np.sin(x * y * 0.1)]
    return np.stack([np.rint(127.5 + 127.4 * w) for w in waves], -1).astype(np.uint8)


def chunk(kind, data):
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))


def png(header, rows, *more):
    """A PNG of these bytes: what Pillow does not write."""
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + b"".join(more) + chunk(b"IDAT", zlib.compress(rows)) + chunk(b"IEND", b"")


def interlaced(x):
    """Adam7: seven passes of every so many pixels."""
    passes = [(0, 0, 8, 8), (0, 4, 8, 8), (4, 0, 8, 4), (0, 2, 4, 4), (2, 0, 4, 2), (0, 1, 2, 2), (1, 0, 2, 1)]
    rows = b"".join(b"\0" + row.tobytes() for a, b, dy, dx in passes for row in x[a::dy, b::dx] if row.size)
    return png(struct.pack(">IIBBBBB", x.shape[1], x.shape[0], 8, 2, 0, 0, 1), rows)


def write(name, data):
    with open(f"{DIR}/{name}", "wb") as f:
        f.write(data)


def good():
    rgb = colours()
    im = Image.fromarray(rgb)
    grey = Image.fromarray(rgb[:, :, 0])
    alpha = Image.fromarray(rgb[:, :, 2])
    im.save(f"{DIR}/rgb.png")
    grey.save(f"{DIR}/grey.png")
    grey.convert("1").save(f"{DIR}/one_bit.png")
    Image.merge("LA", (grey, alpha)).save(f"{DIR}/grey_alpha.png")
    Image.merge("RGBA", (*im.split(), alpha)).save(f"{DIR}/rgba.png")
    im.convert("P", palette=Image.Palette.ADAPTIVE, colors=7).save(f"{DIR}/palette.png")
    Image.fromarray(rgb[:, :, 0].astype(np.uint16) * 256 + rgb[:, :, 1]).save(f"{DIR}/deep.png")
    write("interlaced.png", interlaced(rgb))
    im.save(f"{DIR}/rgb.jpg", quality=90)
    im.save(f"{DIR}/progressive.jpg", progressive=True, subsampling=0)
    grey.save(f"{DIR}/grey.jpg")
    im.convert("CMYK").save(f"{DIR}/cmyk.jpg")


def bad():
    rgb = colours()
    with open(f"{DIR}/rgb.png", "rb") as f:
        data = f.read()
    with open(f"{DIR}/rgb.jpg", "rb") as f:
        jpeg = f.read()
    write("bad_short.png", data[: len(data) * 2 // 3])
    write("bad_short.jpg", jpeg[: len(jpeg) * 2 // 3])
    write("bad_header.png", data[:20])
    write("bad_sum.png", data[:60] + bytes([data[60] ^ 1]) + data[61:])
    write("bad_size.png", png(struct.pack(">IIBBBBB", 100000, 100000, 8, 2, 0, 0, 0), b"\0" + rgb[0].tobytes()))
    write("bad_rows.png", png(struct.pack(">IIBBBBB", WIDTH, HEIGHT + 5, 8, 2, 0, 0, 0), b"".join(b"\0" + r.tobytes() for r in rgb)))
    at = jpeg.index(b"\xff\xc0")
    write("bad_size.jpg", jpeg[: at + 5] + struct.pack(">HH", 65000, 65000) + jpeg[at + 9 :])
    write("bad_text.png", b"not a picture\n")
    write("bad_empty.jpg", b"")


def pixels(name, mode, size):
    im = Image.open(f"{DIR}/{name}")
    if im.mode.startswith("I"):  # 16 bits: Pillow cuts them off, we round
        im = Image.fromarray(np.rint(np.asarray(im).astype(float) / 257).astype(np.uint8))
    im = im.convert(mode)
    if size:  # columns first, then rows: newer versions of Pillow choose the order by the sizes
        im = im.resize((size[1], im.height), Image.Resampling.BILINEAR).resize((size[1], size[0]), Image.Resampling.BILINEAR)
    x = np.asarray(im)
    return x[None] if x.ndim == 2 else x.transpose(2, 0, 1)


def functions():
    """Each as mean of the elements, and of the elements times their places, in hundredths."""
    x = torch.from_numpy(pixels("rgb.png", "RGB", None).astype(np.float32))
    u = torch.from_numpy(pixels("rgb.png", "RGB", None))
    mean, std = torch.tensor([0.5, 0.4, 0.3]).view(3, 1, 1), torch.tensor([0.2, 0.3, 0.4]).view(3, 1, 1)
    grey = 0.2989 * x[0] + 0.587 * x[1] + 0.114 * x[2]
    cases = []
    for h, w in ((5, 7), (14, 4), (20, 11), (31, 23), (1, 1), (9, 30), (14, 11)):
        for antialias in (True, False):
            y = F.interpolate(x[None], (h, w), mode="bilinear", antialias=antialias)[0]
            cases.append((f"resize(image, {h}, {w}" + ("" if antialias else ", antialias => FALSE") + ")", y))
    cases += [("crop(image, 1, 2, 3, 4)", x[:, 1:4, 2:6]), ("center_crop(image, 5, 4)", x[:, 4:9, 4:8]), ("center_crop(image, 7, 11)", x[:, 4:11, :]),
              ("flip(image, dims => 2)", x.flip(2)), ("flip(image, dims => 1)", x.flip(1)),
              ("normalize(image / 255.0, [0.5, 0.4, 0.3], [0.2, 0.3, 0.4])", (x / 255 - mean) / std),
              ("normalize(image, 127.5, 64)", (x - 127.5) / 64),
              ("grayscale(image)", grey.to(u.dtype)[None]), ("grayscale(image / 255.0)", grey[None] / 255),
              ("normalize(center_crop(resize(image, 12, 10), 8, 8) / 255.0, 0.5, 0.25)",
               (F.interpolate(x[None], (12, 10), mode="bilinear", antialias=True)[0][:, 2:10, 1:9] / 255 - 0.5) / 0.25)]
    text, out = ["-- Functions of pictures: means, and means weighted by place, in hundredths. Made by tools/pictures.py with PyTorch."], []
    for call, y in cases:
        y = y.double().flatten()
        n = y.numel()
        values = [100 * y.mean().item(), 100 * (y * torch.arange(n) / n).mean().item()]
        assert all(abs(v % 1 - 0.5) > 2e-3 for v in values), call
        text.append(f"FROM '{DIR}/rgb.png' |> SELECT reshape({call}, {n})::TENSOR(DOUBLE, {n}) AS y"
                    f" |> SELECT round(100 * MEAN(y)) AS m, round(100 * MEAN(y * arange({n}) / {n})) AS placed;")
        out += ["m,placed", ",".join(str(round(v)) for v in values)]
    with open("tests/exec/picture_functions.dql", "w") as f:
        f.write("\n".join(text) + "\n")
    with open("tests/exec/picture_functions.out", "w") as f:
        f.write("\n".join(out) + "\n")


def main():
    os.makedirs(DIR, exist_ok=True)
    good()
    bad()
    names = sorted(n for n in os.listdir(DIR) if not n.startswith("bad"))
    text, out = ["-- Pictures as relations. Made by tools/pictures.py with Pillow. The second number depends on every byte and its place."], []
    for mode, pillow in (("rgb", "RGB"), ("gray", "L"), ("rgba", "RGBA")):
        for size in (None, (5, 7), (20, 13)):
            if size and mode == "rgba":
                continue  # Pillow weighs colours by their alpha, we do not
            options = f"mode => '{mode}'" + (f", size => [{size[0]}, {size[1]}]" if size else "")
            n = len(Image.open(f"{DIR}/rgb.png").convert(pillow).getbands()) * (size[0] * size[1] if size else HEIGHT * WIDTH)
            text.append(f"FROM read_image('{DIR}/[!b]*', {options}) |> SELECT file, SUM(image) AS total,"
                        f" SUM(reshape(image, {n}) * arange({n})) AS placed |> ORDER BY file;")
            out.append("file,total,placed")
            for name in names:
                x = pixels(name, pillow, size).astype(np.int64).ravel()
                out.append(f"{DIR}/{name},{x.sum()},{(x * np.arange(n)).sum()}")
    text.append(f"FROM read_image('{DIR}/rgb.png') |> SELECT image[:, 2, 3] AS pixel, image[0, 0, :3] AS top;")
    rgb = pixels("rgb.png", "RGB", None)
    shown = [", ".join(map(str, v)) for v in (rgb[:, 2, 3], rgb[0, 0, :3])]
    out += ["pixel,top", ",".join(f'"TENSOR(UTINYINT, 3) [{v}]"' for v in shown)]
    with open("tests/exec/pictures.dql", "w") as f:
        f.write("\n".join(text) + "\n")
    with open("tests/exec/pictures.out", "w") as f:
        f.write("\n".join(out) + "\n")
    functions()


main()
