#!/usr/bin/env python3
"""Makes the archives in this folder, header by header.

There is no free program that writes rar archives, so this one does, after
RarLab's description of version 5 and the public readers of version 4. With
--check, 7-Zip and bsdtar, which share no code with it, unpack the sound ones
(packages p7zip-full, which cannot unpack what is packed, and libarchive-tools). What is packed does nothing, and is
never loaded.
"""

import pathlib
import struct
import subprocess
import sys
import tempfile
import zlib

HERE = pathlib.Path(__file__).resolve().parent
BENIGN = b"\x80\x04}\x94\x8c\x06weight\x94]\x94(K\x01K\x02K\x03es."
EVIL = b"cos\nsystem\n(S'true'\ntR."
ZEROS = b"\x80\x02B" + struct.pack("<L", 600) + bytes(600) + b"."


def save(name, data):
    (HERE / name).write_bytes(data)
    return data


def vint(n):
    out = bytearray()
    while n > 127:
        out.append(n & 127 | 128)
        n >>= 7
    return bytes(out) + bytes([n])


# Version 5.

SIGN5 = b"Rar!\x1a\x07\x01\x00"


def block5(kind, body=b"", data=None, extra=b"", flags=0):
    flags |= (1 if extra else 0) | (2 if data is not None else 0)
    h = vint(kind) + vint(flags)
    if extra:
        h += vint(len(extra))
    if data is not None:
        h += vint(len(data))
    h += body + extra
    h = vint(len(h)) + h
    return struct.pack("<L", zlib.crc32(h)) + h + (data or b"")


def record(kind, body):
    body = vint(kind) + body
    return vint(len(body)) + body


def main5(flags=0):
    return block5(1, vint(flags))


def end5(flags=0):
    return block5(5, vint(flags))


def file5(name, data, packed=None, method=0, dict_=0, kind=2, flags=4, attrs=0o100644, host=1, extra=b"", crc=None, size=None, block=0):
    body = vint(flags) + vint(len(data) if size is None else size) + vint(attrs)
    if flags & 4:
        body += struct.pack("<L", zlib.crc32(data) if crc is None else crc)
    name = name.encode() if isinstance(name, str) else name
    body += vint(method << 7 | dict_ << 10) + vint(host) + vint(len(name)) + name
    return block5(kind, body, data if packed is None else packed, extra, block)


def folder5(name):
    return block5(2, vint(1) + vint(0) + vint(0o040755) + vint(0) + vint(1) + vint(len(name)) + name.encode(), b"")


def link5(name, target, kind=1):
    t = target.encode()
    body = vint(0) + vint(0) + vint(0o120777 if kind == 1 else 0o100644) + vint(0) + vint(1) + vint(len(name)) + name.encode()
    return block5(2, body, b"", record(5, vint(kind) + vint(0) + vint(len(t)) + t))


def canonical(lengths):
    """Returns the code and its length for every symbol."""
    out, code = {}, 0
    for n in range(1, 16):
        for s, have in enumerate(lengths):
            if have == n:
                out[s] = (code, n)
                code += 1
        code <<= 1
    return out


def pack5(data):
    """Packs data with one table of codes: literals, and runs of one byte."""
    bits = ""
    put = lambda code: format(code[0], f"0{code[1]}b")
    lengths = [4] * 12 + [5] * 8
    bits += "".join(format(n, "04b") for n in lengths)
    cl = canonical(lengths)
    tables = [[8] * 206 + [9] * 100, [6] * 64, [4] * 16, [5] * 20 + [6] * 24]
    for t in tables:
        bits += "".join(put(cl[n]) for n in t)
    codes, offsets = canonical(tables[0]), canonical(tables[1])
    i = 0
    while i < len(data):
        run = 0
        while i > 0 and run < 9 and i + run < len(data) and data[i + run] == data[i - 1]:
            run += 1
        if run >= 3:
            bits += put(codes[262 + run - 2]) + put(offsets[0])
            i += run
            continue
        bits += put(codes[data[i]])
        i += 1
    last = (len(bits) - 1) % 8
    raw = int(bits.ljust((len(bits) + 7) // 8 * 8, "0"), 2).to_bytes((len(bits) + 7) // 8, "big")
    size = struct.pack("<L", len(raw))[:3]
    flags = 0xC0 | 2 << 3 | last
    return bytes([flags, 0x5A ^ flags ^ size[0] ^ size[1] ^ size[2]]) + size + raw


def packed5(name, data, **more):
    return file5(name, data, packed=pack5(data), method=3, **more)


def rar5(*blocks, main=None, tail=None):
    return SIGN5 + (main or main5()) + b"".join(blocks) + (end5() if tail is None else tail)


# Version 4.

SIGN4 = b"Rar!\x1a\x07\x00"


def block4(kind, flags, body):
    h = struct.pack("<BHH", kind, flags, 7 + len(body)) + body
    return struct.pack("<H", zlib.crc32(h) & 0xFFFF) + h


def main4(flags=0):
    return block4(0x73, flags, bytes(6))


def end4(flags=0x4000):
    return block4(0x7B, flags, b"")


def file4(name, data, kind=0x74, flags=0x8000, host=3, method=0x30, attrs=0o100644, crc=None, size=None, high=b""):
    name = name.encode() if isinstance(name, str) else name
    size = len(data) if size is None else size
    body = struct.pack("<LLBLLBBHL", len(data), size, host, zlib.crc32(data) if crc is None else crc, 0x5A000000, 20, method, len(name), attrs)
    return block4(kind, flags, body + high + name) + data


def rar4(*blocks, main=None, tail=None):
    return SIGN4 + (main or main4()) + b"".join(blocks) + (end4() if tail is None else tail)


SOUND = {}


def sound(name, data, files):
    SOUND[name] = files
    return save(name, data)


sound("benign5.rar", rar5(folder5("a"), file5("a/stored.pkl", BENIGN), packed5("a/packed.pkl", BENIGN), packed5("zeros.pkl", ZEROS), link5("in", "a/stored.pkl"),
                          file5("größe.pkl", BENIGN)),
      {"a/stored.pkl": BENIGN, "a/packed.pkl": BENIGN, "zeros.pkl": ZEROS, "größe.pkl": BENIGN})
sound("benign4.rar", rar4(file4("a", b"", flags=0x80E0, attrs=0o040755), file4("a/stored.pkl", BENIGN), file4("b.pkl", BENIGN, flags=0x8100, high=bytes(8)),
                          file4("c\\d.pkl", BENIGN, host=2, attrs=0x20)),
      {"a/stored.pkl": BENIGN, "b.pkl": BENIGN, "c/d.pkl": BENIGN})
sound("unicode4.rar", rar4(file4(b"gr__e.pkl\x00\x00\x00gr\xf6\xdf\x00e.pk\x00l", BENIGN, flags=0x8200),
                           file4(b"__.pkl\x00\x04\x5c\x38\x30\x02", BENIGN, flags=0x8200)), {"größe.pkl": BENIGN, "иа.pkl": BENIGN})
sound("stored5.rar", rar5(folder5("a"), file5("a/b.pkl", BENIGN), file5("c.pkl", ZEROS)), {"a/b.pkl": BENIGN, "c.pkl": ZEROS})
sound("evil5.rar", rar5(file5("a.pkl", BENIGN), packed5("evil.pkl", EVIL)), {"a.pkl": BENIGN, "evil.pkl": EVIL})
sound("evil4.rar", rar4(file4("a.pkl", BENIGN), file4("evil.pkl", EVIL)), {"a.pkl": BENIGN, "evil.pkl": EVIL})
save("nested.rar", rar5(packed5("inner.rar", rar4(file4("evil.pkl", EVIL)))))
save("packed4.rar", rar4(file4("a.pkl", BENIGN, method=0x33), file4("b.pkl", EVIL)))

# Names and links.
save("slip5.rar", rar5(file5("../a.pkl", BENIGN)))
save("slip4.rar", rar4(file4("..\\a.pkl", BENIGN, host=2)))
save("links5.rar", rar5(link5("out", "../../etc/passwd"), link5("windows", "C:\\x", 3), link5("hard", "absent", 4)))
save("links4.rar", rar4(file4("out", b"/etc/passwd", attrs=0o120777)))
save("device.rar", rar5(file5("null", b"", attrs=0o020644)))
save("twice.rar", rar5(file5("a.pkl", BENIGN), file5("a.pkl", EVIL), file5("A.pkl", BENIGN)))
save("two_names.rar", rar4(file4(b"good.pkl\x00\x00\x00evil\x00.pkl", BENIGN, flags=0x8200)))
save("stream.rar", rar5(file5("a.pkl", BENIGN), file5("STM", EVIL, kind=3, host=0, extra=record(7, b":..\\..\\run.bat"), flags=0)))
save("stream_inside.rar", rar5(file5("a.pkl", BENIGN), file5("STM", b"[ZoneTransfer]", kind=3, host=0, extra=record(7, b":Zone.Identifier"), flags=0)))

# Records beside the files.
save("comment.rar", rar5(file5("CMT", b"made by nobody\x00", kind=3), file5("a.pkl", BENIGN)))
save("record.rar", rar5(file5("XYZ", b"what is this", kind=3), file5("a.pkl", BENIGN)))


def quick(change):
    first = main5()
    f = file5("a.pkl", BENIGN)
    header = f[:-len(BENIGN)]
    back = len(f)
    body = vint(0) + vint(back) + vint(len(header)) + change(header)
    body = vint(len(body)) + body
    data = struct.pack("<L", zlib.crc32(body)) + body
    return SIGN5 + first + f + file5("QO", data, kind=3) + end5()


save("quick.rar", quick(lambda h: h))
save("quick_differs.rar", quick(lambda h: h.replace(b"a.pkl", b"b.pkl")))
save("quick_broken.rar", rar5(file5("a.pkl", BENIGN), file5("QO", b"\x00\x00\x00\x00\x7f\x00", kind=3)))

# Sizes, sums and memory.
save("checksum.rar", rar5(file5("a.pkl", BENIGN, crc=1), packed5("b.pkl", EVIL, crc=1), file5("c.pkl", BENIGN, flags=0)))
save("size.rar", rar5(file5("a.pkl", BENIGN, size=5), packed5("b.pkl", BENIGN, size=90), file5("c.pkl", BENIGN, flags=12)))
save("dictionary.rar", rar5(packed5("a.pkl", BENIGN, dict_=13)))
save("bomb.rar", rar5(packed5("zeros.bin", b"\0" * 64, size=1 << 30)))
save("encrypted.rar", rar5(file5("a.pkl", BENIGN, extra=record(1, bytes(36)))))
save("encrypted_header.rar", SIGN5 + block5(4, bytes(19)) + bytes(64))
save("encrypted4.rar", rar4(file4("a.pkl", BENIGN, flags=0x8004)))
save("encrypted_header4.rar", SIGN4 + main4(0x80) + bytes(64))
save("volume.rar", rar5(file5("a.pkl", BENIGN, block=0x10), main=main5(1), tail=end5(1)))
save("volume4.rar", rar4(file4("a.pkl", BENIGN, flags=0x8002), main=main4(1), tail=end4(0x4001)))

# Structure.
save("trailing.rar", rar5(file5("a.pkl", BENIGN)) + EVIL)
save("cut.rar", rar5(file5("a.pkl", EVIL), tail=b""))
save("cut_data.rar", rar5(file5("a.pkl", BENIGN))[:-20])
save("cut4.rar", rar4(file4("a.pkl", EVIL), tail=b""))
save("header_sum.rar", rar5(file5("a.pkl", EVIL), file5("b.pkl", BENIGN)).replace(b"b.pkl", b"c.pkl"))
save("header_sum4.rar", rar4(file4("a.pkl", EVIL), file4("b.pkl", BENIGN)).replace(b"b.pkl", b"c.pkl"))
save("unknown.rar", rar5(block5(9, b"", b"data"), file5("a.pkl", BENIGN)))
save("unknown4.rar", rar4(block4(0x79, 0x8000, struct.pack("<L", 4)) + b"data", file4("a.pkl", BENIGN)))
save("order.rar", SIGN5 + file5("a.pkl", BENIGN) + end5())
save("packed_broken.rar", rar5(file5("a.pkl", BENIGN, packed=b"\xff" * 30, method=3), file5("b.pkl", EVIL)))

if "--check" in sys.argv:
    for name, files in SOUND.items():
        for tool in (["7z", "x", "-bd", "-y"], ["bsdtar", "-xf"]):
            with tempfile.TemporaryDirectory() as d:
                r = subprocess.run([*tool, HERE / name], cwd=d, capture_output=True, env={"LC_ALL": "C.UTF-8", "PATH": "/usr/bin:/bin"})
                got = {str(p.relative_to(d)): p.read_bytes() for p in pathlib.Path(d).rglob("*") if p.is_file() and not p.is_symlink()}
                print(tool[0], name, "same" if got == files else f"differs: {sorted(got)}")
