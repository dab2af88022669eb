#!/usr/bin/env python3
"""Makes the tables in this folder from what Debian packages ship.

    python3 make.py GermanCredit.RData

Digits and breast cancer come from python3-sklearn, and German credit from the
data folder of r-cran-caret. Each table is a gzipped CSV file whose last column
is the label. The bytes depend on nothing else.
"""

import bz2
import gzip
import lzma
import struct
import sys

from sklearn import datasets


def write(name, header, rows):
    text = "\n".join([",".join(header)] + [",".join("%.9g" % v for v in r) for r in rows]) + "\n"
    with open(name, "wb") as f:
        with gzip.GzipFile("", "wb", 9, f, 0) as z:
            z.write(text.encode())


class R:
    """Reads the part of R's serialization (XDR, version 2 or 3) that data
    frames use."""

    def __init__(self, b):
        self.b, self.at, self.refs = b, 0, []

    def int(self):
        self.at += 4
        return struct.unpack(">i", self.b[self.at - 4:self.at])[0]

    def many(self, code, width):
        n = self.int()
        self.at += n * width
        return list(struct.unpack(">%d%s" % (n, code), self.b[self.at - n * width:self.at]))

    def item(self):
        flags = self.int()
        kind, attr, tag = flags & 255, flags & 512, flags & 1024
        if kind == 254:
            return None
        if kind == 255:
            return self.refs[(flags >> 8) - 1]
        if kind == 1:  # symbol
            s = self.item()
            self.refs.append(s)
            return s
        if kind == 2:  # list of pairs
            a = self.item() if attr else None
            t = self.item() if tag else None
            out, v = {}, self.item()
            out[t] = v
            rest = self.item()
            out.update(rest or {})
            return out
        if kind == 9:  # characters
            n = self.int()
            if n < 0:
                return None
            self.at += n
            return self.b[self.at - n:self.at].decode()
        if kind in (10, 13):
            v = self.many("i", 4)
        elif kind == 14:
            v = self.many("d", 8)
        elif kind in (16, 19):
            v = [self.item() for _ in range(self.int())]
        else:
            raise ValueError("R type %d" % kind)
        return (v, self.item()) if attr else (v, {})


def frame(path, name):
    b = open(path, "rb").read()
    for opener in (bz2.decompress, gzip.decompress, lzma.decompress):
        try:
            b = opener(b)
            break
        except Exception:
            pass
    assert b[:7] == b"RDX2\nX\n" or b[:7] == b"RDX3\nX\n"
    r = R(b)
    r.at = 7
    version = r.int()
    r.int(), r.int()
    if version == 3:
        n = r.int()
        r.at += n
    return r.item()[name]


def main():
    d = datasets.load_digits()
    names = ["pixel_%d_%d" % (i // 8, i % 8) for i in range(64)]
    write("digits.csv.gz", names + ["label"], [list(x) + [y] for x, y in zip(d.data, d.target)])

    c = datasets.load_breast_cancer()
    write("cancer.csv.gz", [n.replace(" ", "_") for n in c.feature_names] + ["label"],
          [list(x) + [y] for x, y in zip(c.data, c.target)])

    columns, attr = frame(sys.argv[1], "GermanCredit")
    names = attr["names"][0]
    at = names.index("Class")
    levels = columns[at][1]["levels"][0]
    label = [1 if levels[v - 1] == "Bad" else 0 for v in columns[at][0]]
    keep = [i for i in range(len(names)) if i != at]
    write("german.csv.gz", [names[i] for i in keep] + ["label"],
          list(zip(*([columns[i][0] for i in keep] + [label]))))


if __name__ == "__main__":
    main()
