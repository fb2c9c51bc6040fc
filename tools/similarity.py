#!/usr/bin/env python3
"""similarity.py: makes tests/data/similarity.csv, tests/exec/similarity.dql and .out with rapidfuzz and Python's sets, which dql's text
similarities must agree with.  Needs rapidfuzz; run in the root of the sources.  With a number: that many pairs, made in that file's
place under the folder given second (to compare more than is committed)."""
import csv
import random
import sys

from rapidfuzz.distance import JaroWinkler, Levenshtein

FIXED = [("kitten", "sitting"), ("MARTHA", "MARHTA"), ("DIXON", "DICKSONX"), ("JELLYFISH", "SMELLYFISH"), ("", "abc"), ("", ""), ("abc", ""),
         ("a", "a"), ("a", "b"), ("naïve café", "naive cafe"), ("東京都", "京都府"), ("😀😃", "😃😀"), ("straße", "strasse"), ("ab", "abc"),
         ("dwayne", "duane"), ("same text", "same text"), ("x" * 64, "x" * 63 + "y"), ("x" * 65, "y" * 65), ("ab" * 40, "ba" * 40), (None, "a"), ("a", None)]


def pairs(n):
    r = random.Random(7)
    out = list(FIXED)
    while len(out) < n:
        letters = r.choice(["ab", "abcdefgh ", "abcdefghijklmnopqrstuvwxyz", "aäöüß ", "漢字かな交じり文"])
        a = [r.choice(letters) for _ in range(int(r.expovariate(1 / 30)))]
        b = list(a)
        for _ in range(r.randrange(0, 12)):
            at = r.randrange(0, len(b) + 1)
            b[at:at + r.randrange(0, 2)] = [r.choice(letters) for _ in range(r.randrange(0, 3))]
        if r.random() < 0.2:
            b = [r.choice(letters) for _ in range(int(r.expovariate(1 / 30)))]
        out.append(("".join(a).strip(), "".join(b).strip()))
    return out


def grams(t, q):
    return {t[i:i + q] for i in range(max(len(t) - q, 0) + 1)} if t else set()


def jaccard(a, b, q):
    x, y = grams(a, q), grams(b, q)
    return len(x & y) / len(x | y) if x | y else 1.0


def shown(v):
    """In millionths."""
    return str(round(v * 1e6))


def row(i, a, b):
    if a is None or b is None:
        return f"{i},,,,"
    return ",".join([str(i), str(Levenshtein.distance(a, b)), shown(JaroWinkler.similarity(a, b)), shown(jaccard(a, b, 3)), shown(jaccard(a, b, 2))])


def main():
    n, top = (int(sys.argv[1]), sys.argv[2]) if len(sys.argv) > 2 else (150, ".")
    all_pairs = pairs(n)
    data = f"{top}/tests/data/similarity.csv"
    with open(data, "w", newline="") as f:
        f.write("i,a,b\n")
        for i, (a, b) in enumerate(all_pairs):
            cells = ["" if t is None else '"' + t.replace('"', '""') + '"' for t in (a, b)]
            f.write(f"{i},{cells[0]},{cells[1]}\n")
    with open(f"{top}/tests/exec/similarity.dql", "w") as f:
        f.write("-- Similarities of texts, Unicode and long ones among them. Made by tools/similarity.py with rapidfuzz.\n"
                f"FROM '{data if top != '.' else data[2:]}' |> SELECT i, levenshtein(a, b) AS l, round(1e6 * jaro_winkler(a, b)) AS w,"
                " round(1e6 * qgram_jaccard(a, b)) AS three, round(1e6 * qgram_jaccard(b, a, q => 2)) AS two |> ORDER BY i;\n"
                "SELECT levenshtein('kitten', 'sitting') AS l, round(1e6 * jaro_winkler('MARTHA', 'MARHTA')) AS w, levenshtein(NULL, 'a') AS n;\n"
                f"FROM '{data if top != '.' else data[2:]}' |> WHERE levenshtein('abcdefgh', b) < 8 |> AGGREGATE COUNT(*) AS n;\n")
    near = sum(b is not None and Levenshtein.distance("abcdefgh", b) < 8 for _, b in all_pairs)
    with open(f"{top}/tests/exec/similarity.out", "w") as f:
        f.write("i,l,w,three,two\n" + "".join(row(i, a, b) + "\n" for i, (a, b) in enumerate(all_pairs)))
        f.write(f"l,w,n\n3,961111,\nn\n{near}\n")


main()
