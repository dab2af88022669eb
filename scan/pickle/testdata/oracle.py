"""Asks CPython what random pickles import, for the scanner to be compared with.

    python3 scan/pickle/testdata/oracle.py [number of programs] [seed] [file]

Writes oracle.jsonl.gz beside itself, or the file: one program a line, in base64, and every
(module, name) that its unpickler in C or its unpickler in Python asked for.
Nothing is imported or called for real: find_class notes the name and returns a
class that does nothing, whatever is done to it.
"""

import base64
import gzip
import io
import json
import os
import pickle
import random
import resource
import struct
import sys

HERE = os.path.dirname(os.path.abspath(__file__))


class Inert:
    """Can be called, made, changed and asked for anything, and does nothing."""

    def __new__(cls, *args, **kwargs):
        return object.__new__(cls)

    def __init__(self, *args, **kwargs):
        pass

    def __call__(self, *args, **kwargs):
        return self

    def __setstate__(self, state):
        pass

    def __setitem__(self, key, value):
        pass

    def append(self, value):
        pass

    def extend(self, values):
        pass

    def add(self, value):
        pass


def watched(base):
    class Unpickler(base):
        def __init__(self, data):
            super().__init__(io.BytesIO(data), buffers=iter([b"x"] * 3))
            self.seen = set()

        def find_class(self, module, name):
            self.seen.add((module, name))
            return Inert

        def persistent_load(self, pid):
            return Inert()

    return Unpickler


UNPICKLERS = [watched(pickle.Unpickler), watched(pickle._Unpickler)]


def imports(data):
    seen = set()
    for cls in UNPICKLERS:
        u = cls(data)
        try:
            u.load()
        except (Exception, RecursionError):
            pass  # what was asked for before still counts
        seen |= u.seen
    return sorted(seen)


WORDS = ["os", "system", "builtins", "eval", "collections", "OrderedDict", "a.b", "x", "", "_codecs", "encode", "torch._utils", "\xe4", "n\u2603"]


class Maker:
    """Makes programs that are well formed as far as the stack is concerned."""

    def __init__(self, rng):
        self.r = rng

    def text(self, s):
        b = s.encode()
        k = self.r.randrange(6)
        if k == 0:
            return b"X" + struct.pack("<I", len(b)) + b
        if k == 1:
            return b"\x8d" + struct.pack("<Q", len(b)) + b
        if k == 2 and s.isascii():
            quote = self.r.choice(["'", '"'])
            return b"S" + (quote + "".join("\\x%02x" % ord(c) if self.r.random() < 0.3 else c for c in s) + quote).encode() + b"\n"
        if k == 3:
            return b"V" + "".join("\\u%04x" % ord(c) if self.r.random() < 0.3 or ord(c) > 126 else c for c in s).encode() + b"\n"
        if k == 4 and s.isascii():
            return (b"U" + bytes([len(b)]) + b) if self.r.random() < 0.5 else b"T" + struct.pack("<i", len(b)) + b
        return b"\x8c" + bytes([len(b)]) + b

    def word(self):
        return self.r.choice(WORDS)

    def atom(self):
        r = self.r
        n = r.randrange(-300, 70000)
        return r.choice([
            b"N", b"\x88", b"\x89", b"I%d\n" % n, b"I01\n", b"I0x1f\n", b"L%dL\n" % n, b"J" + struct.pack("<i", n), b"K" + bytes([n & 255]),
            b"M" + struct.pack("<H", n & 65535), b"\x8a\x02\xff\x7f", b"\x8a\x00", b"\x8b\x01\x00\x00\x00\x05", b"F1.5\n", b"Fnan\n", b"G" + bytes(8),
            b"C\x02ab", b"B\x01\x00\x00\x00c", b"\x8e" + struct.pack("<Q", 1) + b"c", b"\x96" + struct.pack("<Q", 2) + b"cc", b"\x97", b"]", b"}", b")", b"\x8f",
        ])

    def put(self):
        r = self.r
        n = r.choice([0, 1, 2, 3, 5, 40, 200])
        return r.choice([b"\x94", b"\x94", b"q" + bytes([n]), b"r" + struct.pack("<I", n), b"p%d\n" % n])

    def get(self):
        n = self.r.choice([0, 1, 2, 3, 5, 40])
        return self.r.choice([b"h" + bytes([n]), b"j" + struct.pack("<I", n), b"g%d\n" % n])

    def program(self):
        r = self.r
        out = b"\x80" + bytes([r.randrange(6)]) if r.random() < 0.8 else b""
        depth, marks = 0, []  # depth counts above the last mark
        for _ in range(r.randrange(1, 30)):
            k = r.randrange(24)
            if k < 4:
                out += self.atom()
                depth += 1
            elif k < 7:
                out += self.text(self.word())
                depth += 1
            elif k == 7:
                out += self.put()
            elif k == 8:
                out += self.get()
                depth += 1
            elif k == 9:
                out += b"c" + self.word().encode() + b"\n" + self.word().encode() + b"\n"
                depth += 1
            elif k == 10:
                out += self.text(self.word()) + (self.put() if r.random() < 0.3 else b"") + self.text(self.word()) + b"\x93"
                depth += 1
            elif k == 11 and depth >= 2:
                out += b"\x93"
                depth -= 1
            elif k == 12:
                out += b"("
                marks.append(depth)
                depth = 0
            elif k == 13 and marks:
                op = r.choice([b"t", b"l", b"d", b"\x91", b"1", b"e", b"u", b"\x90", b"o", b"i"])
                out += op + (self.word().encode() + b"\n" + self.word().encode() + b"\n" if op == b"i" else b"")
                depth = marks.pop() + (op in b"tld\x91oi")
            elif k == 14 and depth >= 2:
                out += r.choice([b"R", b"b", b"\x81", b"a"])
                depth -= 1
            elif k == 15 and depth >= 1:
                out += r.choice([b"0", b"2", b"\x85", b"Q", b"\x98"])
            elif k == 16 and depth >= 2:
                out += b"\x86"
                depth -= 1
            elif k == 17 and depth >= 3:
                out += r.choice([b"\x87", b"s", b"\x92"])
                depth -= 2
            elif k == 18:
                out += b"P" + self.word().encode() + b"\n"
                depth += 1
            elif k == 19:
                out += b"(" + self.text(self.word()) + b"i" + self.word().encode() + b"\n" + self.word().encode() + b"\n"
                depth += 1
            elif k == 20 and r.random() < 0.3:
                out += b"\x95" + struct.pack("<Q", r.choice([0, 1, 2, 5, 20, 1000]))
            elif k == 21 and r.random() < 0.2:
                out += r.choice([b"\x82\x01", b"\x83\x01\x00", b"\x84\x01\x00\x00\x00", b"\x80\x04", b"."])
            elif k == 22:
                out += b"c" + self.word().encode() + b"\n" + self.word().encode() + b"\n)" + r.choice([b"R", b"\x81", b"R0N"])
                depth += 1
        return out + b"."

    def mutated(self):
        b = bytearray(self.program())
        for _ in range(self.r.randrange(1, 4)):
            i = self.r.randrange(len(b))
            k = self.r.randrange(4)
            if k == 0:
                b[i] = self.r.randrange(256)
            elif k == 1:
                del b[i : i + self.r.randrange(1, 4)]
            elif k == 2:
                b[i:i] = bytes([self.r.choice(b"(.02NRbc\x93\x94h\x85to1]}\n")])
            else:
                b = b[: i + 1]
            if not b:
                b = bytearray(b".")
        return bytes(b)


def main(count, seed, file):
    resource.setrlimit(resource.RLIMIT_AS, (1 << 30, 1 << 30))  # a memo entry of a large number asks for much memory
    maker = Maker(random.Random(seed))
    lines, done, named = [], set(), 0
    while len(lines) < count:
        data = maker.program() if len(lines) % 2 else maker.mutated()
        if data in done:
            continue
        done.add(data)
        found = imports(data)
        if any(0xD800 <= ord(c) < 0xE000 for pair in found for s in pair for c in s):
            continue
        named += bool(found)
        lines.append(json.dumps({"p": base64.b64encode(data).decode(), "i": found}, separators=(",", ":")))
    with open(file, "wb") as f:
        with gzip.GzipFile(fileobj=f, mode="wb", mtime=0, filename="", compresslevel=9) as z:
            z.write(("\n".join(lines) + "\n").encode())
    print("%d programs, %d of them import something, Python %s" % (len(lines), named, sys.version.split()[0]))


if __name__ == "__main__":
    given = sys.argv[1:]
    standing = ["5000", "20261124", os.path.join(HERE, "oracle.jsonl.gz")]
    count, seed, file = given + standing[len(given):]
    main(int(count), int(seed), file)
