#!/usr/bin/env python3
"""Coefficients of the polynomials in ir/numeric_f32.h and ir/numeric_f64.h.

Each polynomial is the weighted minimax fit (Remez exchange) on its interval, then rounded to the format it is used in,
coefficient by coefficient from the lowest power; the higher ones are fitted again after each rounding, so that they
absorb its error.  Needs mpmath.   minimax.py [NAME..]
"""
import struct
import sys

import mpmath as mp

mp.mp.prec = 240
ln2 = mp.log(2)


def f32(x):
    return mp.mpf(struct.unpack("f", struct.pack("f", float(x)))[0])


def f64(x):
    return mp.mpf(float(x))


def grid(lo, hi, n):
    """Chebyshev points, dense near the ends where the error turns."""
    return [(lo + hi) / 2 - (hi - lo) / 2 * mp.cos(mp.pi * i / n) for i in range(n + 1)]


def remez(f, weight, powers, lo, hi, points=600):
    """min over c of max |weight(x) (sum c_i x^powers_i - f(x))|; returns c and the error."""
    xs = grid(lo, hi, points)
    ws, fs = [weight(x) for x in xs], [f(x) for x in xs]
    basis = [[x**p for p in powers] for x in xs]
    top = max(ws)
    live = [i for i in range(points + 1) if ws[i] > top * mp.mpf("1e-9")]
    n = len(powers)
    at = [live[round(k * (len(live) - 1) / n)] for k in range(n + 1)]
    for _ in range(60):
        a, b = mp.matrix(n + 1, n + 1), mp.matrix(n + 1, 1)
        for r, i in enumerate(at):
            for c in range(n):
                a[r, c] = basis[i][c]
            a[r, n] = (-1) ** r / ws[i]
            b[r] = fs[i]
        s = mp.lu_solve(a, b)
        err = [ws[i] * (mp.fdot(basis[i], s[:n]) - fs[i]) for i in range(points + 1)]
        runs = []  # the largest error of each run of one sign
        for i in live:
            if runs and (err[runs[-1]] > 0) == (err[i] > 0):
                if abs(err[i]) > abs(err[runs[-1]]):
                    runs[-1] = i
            else:
                runs.append(i)
        while len(runs) > n + 1:
            runs.pop(0 if abs(err[runs[0]]) < abs(err[runs[-1]]) else -1)
        worst = max(abs(e) for e in err)
        if len(runs) < n + 1 or runs == at or worst - abs(s[n]) < worst * mp.mpf("1e-4"):
            return list(s[:n]), worst
        at = runs
    return list(s[:n]), worst


def rounded(f, weight, powers, lo, hi, rounding):
    """Minimax with every coefficient a number of the format: the best of refitting after 0, 1, 2, .. roundings."""
    xs = grid(lo, hi, 1000)
    ws, fs = [weight(x) for x in xs], [f(x) for x in xs]
    best, done = None, []
    for k in range(min(len(powers), 4)):
        rest = lambda x, d=tuple(done): f(x) - sum(c * x**p for c, p in zip(d, powers))
        c, _ = remez(rest, weight, powers[k:], lo, hi)
        whole = done + [rounding(v) for v in c]
        err = max(abs(w * (sum(c * x**p for c, p in zip(whole, powers)) - v)) for x, w, v in zip(xs, ws, fs))
        if best is None or err < best[1]:
            best = whole, err
        done = done + [rounding(c[0])]
    return best


def exp_q(r):
    return (mp.expm1(r) - r) / r**2 if abs(r) > mp.mpf("1e-25") else mp.mpf(1) / 2 + r / 6


def log_q(f):
    return (mp.log1p(f) - f) / f**2 if abs(f) > mp.mpf("1e-25") else -mp.mpf(1) / 2 + f / 3


def taylor(x_of_z, series, exact):
    """A function of z that takes its series near 0, where the closed form cancels."""
    return lambda z: exact(x_of_z(z)) if z > mp.mpf("1e-12") else sum(c * z**i for i, c in enumerate(series))


half_ln2 = ln2 / 2 * mp.mpf("1.0001")
rt = mp.sqrt(2)
quarter = mp.pi / 4 * mp.mpf("1.0001")
s_max = (rt - 1) / (rt + 1) * mp.mpf("1.0001")

tanh_p = taylor(mp.sqrt, [mp.mpf(-1) / 3, mp.mpf(2) / 15, mp.mpf(-17) / 315], lambda x: (mp.tanh(x) / x - 1) / x**2)
c_erf = 2 / mp.sqrt(mp.pi)
erf_p = taylor(mp.sqrt, [c_erf - 1, -c_erf / 3, c_erf / 10, -c_erf / 42], lambda x: mp.erf(x) / x - 1)
sin_p = taylor(mp.sqrt, [mp.mpf(-1) / 6, mp.mpf(1) / 120, mp.mpf(-1) / 5040], lambda x: (mp.sin(x) / x - 1) / x**2)
cos_p = taylor(mp.sqrt, [mp.mpf(1) / 24, mp.mpf(-1) / 720, mp.mpf(1) / 40320], lambda x: (mp.cos(x) - 1 + x**2 / 2) / x**4)
atan_p = taylor(mp.sqrt, [mp.mpf(-1) / 3, mp.mpf(1) / 5, mp.mpf(-1) / 7, mp.mpf(1) / 9],
                lambda x: (mp.atan(x) / x - 1) / x**2)
atanh_p = taylor(mp.sqrt, [mp.mpf(2) / 3, mp.mpf(2) / 5, mp.mpf(2) / 7, mp.mpf(2) / 9],
                 lambda s: (2 * mp.atanh(s) / s - 2) / s**2)
atanh_p2 = taylor(mp.sqrt, [mp.mpf(2) / 5, mp.mpf(2) / 7, mp.mpf(2) / 9, mp.mpf(2) / 11],
                  lambda s: ((2 * mp.atanh(s) / s - 2) / s**2 - mp.mpf(2) / 3) / s**2)
ERFCX_K = 3


def erfcx_of_t(t):
    a = ERFCX_K * (1 + t) / (1 - t)
    return mp.exp(a * a) * mp.erfc(a)


def t_of(a):
    return (mp.mpf(a) - ERFCX_K) / (mp.mpf(a) + ERFCX_K)


# name: (function, weight, powers, lo, hi, rounding); the error printed is relative to the function computed
fits = {
    "exp32": (exp_q, lambda r: r**2 / mp.exp(r), range(5), -half_ln2, half_ln2, f32),
    "log32": (log_q, lambda f: f**2 / abs(mp.log1p(f)) if f else mp.mpf(0), range(9), rt / 2 - 1, rt - 1, f32),
    "tanh32": (tanh_p, lambda z: z, range(6), mp.mpf(0), mp.mpf("0.65") ** 2, f32),
    "erf32": (erf_p, lambda z: mp.mpf(1), range(7), mp.mpf(0), mp.mpf("0.9") ** 2, f32),
    # ln erfc(a) = -a (c + P(a)): weight is the error's effect on erf's last place
    "erfc32": (lambda a: -mp.log(mp.erfc(a)) / a, lambda a: a * mp.erfc(a) / mp.erf(a), range(9), mp.mpf("0.85"), mp.mpf(4), f32),
    "exp64": (exp_q, lambda r: r**2 / mp.exp(r), range(10), -half_ln2, half_ln2, f64),
    "log64": (atanh_p, lambda z: z / 2, range(7), mp.mpf(0), s_max**2, f64),
    "pow64": (atanh_p2, lambda z: z * z / 2, range(8), mp.mpf(0), s_max**2, f64),
    "sin64": (sin_p, lambda z: z, range(7), mp.mpf(0), quarter**2, f64),
    "cos64": (cos_p, lambda z: z * z, range(7), mp.mpf(0), quarter**2, f64),
    "atan64": (atan_p, lambda z: z, range(11), mp.mpf(0), (rt - 1) ** 2 * mp.mpf("1.0001"), f64),
    "tanh64": (tanh_p, lambda z: z, range(13), mp.mpf(0), mp.mpf("0.65") ** 2, f64),
    "erf64": (erf_p, lambda z: mp.mpf(1), range(14), mp.mpf(0), mp.mpf(1), f64),
    "erfcx64": (erfcx_of_t, lambda t: 1 / erfcx_of_t(t), range(20), t_of(1), t_of(6), f64),
}


def main():
    for name in sys.argv[1:] or fits:
        f, w, powers, lo, hi, rounding = fits[name]
        c, err = rounded(f, w, list(powers), lo, hi, rounding)
        print(f"{name}: error 2^{float(mp.log(err, 2)):.2f}")
        for p, v in zip(powers, c):
            print(f"  c{p} {float(v).hex()}")


main()
