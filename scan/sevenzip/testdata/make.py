#!/usr/bin/env python3
"""Makes the archives in this folder with 7-Zip, and changes some of them.

Needs 7z (package p7zip-full). What is packed does nothing but print, and is
never loaded.
"""

import os
import pathlib
import struct
import subprocess
import tempfile
import zlib

HERE = pathlib.Path(__file__).resolve().parent
BENIGN = b"\x80\x04}\x94\x8c\x06weight\x94]\x94(K\x01K\x02K\x03es."
EVIL = b"cos\nsystem\n(S'true'\ntR."
TIME = 1_700_000_000


def pack(name, files, *options):
    """Packs files, in order, and returns the archive."""
    with tempfile.TemporaryDirectory() as d:
        for path, data in files.items():
            p = pathlib.Path(d, path)
            p.parent.mkdir(parents=True, exist_ok=True)
            if isinstance(data, str):
                p.symlink_to(data)
                continue
            if data is None:
                p.mkdir(exist_ok=True)
            else:
                p.write_bytes(data)
            os.utime(p, (TIME, TIME))
        out = pathlib.Path(d, "out.7z")
        subprocess.run(["7z", "a", "-bd", "-mtc=off", "-mta=off", "-mtm=off", *options, out, *files],
                       cwd=d, check=True, stdout=subprocess.DEVNULL)
        data = out.read_bytes()
    return save(name, data)


def save(name, data):
    (HERE / name).write_bytes(data)
    return data


def header(data):
    """Returns where the header is."""
    at, n = struct.unpack_from("<QQ", data, 12)
    return 32 + at, n


def reseal(data, new, tail=b""):
    """Puts another header in the place of the last one."""
    at, _ = header(data)
    start = struct.pack("<QQL", at - 32, len(new), zlib.crc32(new))
    return data[:8] + struct.pack("<L", zlib.crc32(start)) + start + data[32:at] + new + tail


def change(data, old, new):
    """Changes bytes of a header that is not packed."""
    at, n = header(data)
    h = data[at:at + n]
    assert h.count(old) == 1, (h, old)
    return reseal(data, h.replace(old, new))


def wide(s):
    return s.encode("utf-16-le")


PLAIN = ["-mhc=off"]
text = b"".join(b"line %d of a table\n" % (i * i) for i in range(40))
code = b"".join(b"\xe8" + struct.pack("<i", 100 - 5 * i) for i in range(60))
for method in ["LZMA", "LZMA2", "PPMd", "BZip2", "Deflate", "Copy"]:
    pack(f"benign_{method.lower()}.7z", {"a/model.pkl": BENIGN, "a/table.pkl": BENIGN + b""}, f"-m0={method}")
for filter_ in ["BCJ", "Delta", "ARM64"]:
    pack(f"benign_{filter_.lower()}.7z", {"model.pkl": BENIGN}, f"-m0={filter_}", "-m1=LZMA")
pack("solid.7z", {f"m{i}.pkl": BENIGN + b"" for i in range(5)} | {"evil.pkl": EVIL, "zero": b"", "folder": None})
pack("loose.7z", {"a.pkl": BENIGN, "evil.pkl": EVIL}, "-ms=off", *PLAIN)
pack("benign_loose.7z", {"a.pkl": BENIGN, "b.pkl": BENIGN[:-1] + b"0K\x01."}, "-ms=off", *PLAIN)
inner = pack("inner.7z", {"evil.pkl": EVIL})
pack("nested.7z", {"inner.7z": inner})
(HERE / "inner.7z").unlink()
pack("encrypted.7z", {"a.pkl": BENIGN}, "-pword")
pack("encrypted_header.7z", {"a.pkl": BENIGN}, "-pword", "-mhe=on")
pack("bcj2.7z", {"a.pkl": BENIGN + code}, "-m0=BCJ2", "-m1=LZMA", "-m2=LZMA", "-m3=LZMA", "-mb0:1", "-mb0s1:2", "-mb0s2:3")
pack("symlink.7z", {"a.pkl": BENIGN, "in": "a.pkl", "out": "../../etc/passwd"}, "-snl")
pack("bomb.7z", {"zeros.bin": bytes(48 << 20)})

one = pack("plain.7z", {"aa/b.pkl": BENIGN}, "-m0=Copy", *PLAIN)
(HERE / "plain.7z").unlink()
save("slip.7z", change(one, wide("aa/b"), wide("../b")))
attrs = one.index(b"\x15\x06\x01\x00", header(one)[0]) + 4
for name, value in [("reparse", 0x420), ("device", 0x8020 | 0o020644 << 16), ("pipe", 0x8020 | 0o010644 << 16)]:
    save(name + ".7z", reseal(one, one[header(one)[0]:attrs] + struct.pack("<L", value) + one[attrs + 4:]))
two = pack("two.7z", {"aa.pkl": BENIGN, "ab.pkl": EVIL}, "-m0=Copy", *PLAIN)
(HERE / "two.7z").unlink()
save("case.7z", change(two, wide("ab.pkl"), wide("AA.pkl")))
save("twice.7z", change(two, wide("ab.pkl"), wide("aa.pkl")))
save("checksum.7z", two[:40] + bytes([two[40] ^ 1]) + two[41:])
save("trailing.7z", one + EVIL)
at, n = header(one)
save("gap.7z", reseal(one[:12] + struct.pack("<Q", at - 32 + len(EVIL)) + one[20:at] + EVIL + one[at:], one[at:at + n]))
save("cut.7z", one[:-5])
save("header_checksum.7z", one[:-1] + bytes([one[-1] ^ 1]))
lz = pack("lz.7z", {"a.pkl": BENIGN}, "-m0=LZMA", *PLAIN)
(HERE / "lz.7z").unlink()
at, n = header(lz)
i = lz.index(b"\x03\x01\x01\x05\x5d", at) + 5
save("dictionary.7z", reseal(lz, lz[at:i] + struct.pack("<L", 1 << 31) + lz[i + 4:]))
save("method.7z", change(lz, b"\x23\x03\x01\x01\x05", b"\x23\x04\xf7\x11\x05"))
save("members.7z", reseal(lz, b"\x01\x05\xf0\xff\xff\xff\x0f" + lz[-20:]))
assert lz[at:at + 6] == b"\x01\x04\x06\x00\x01\x09"
new = lz[at:at + 6] + bytes([lz[at + 6] + len(EVIL)]) + lz[at + 7:]
save("behind.7z", reseal(lz[:12] + struct.pack("<Q", at - 32 + len(EVIL)) + lz[20:at] + EVIL + lz[at:], new))
h = one[header(one)[0]:]
k = h.index(b"\x0a\x01")
save("no_checksum.7z", reseal(one, h[:k] + h[k + 6:]))
k = h.index(b"\x0c" + bytes([len(BENIGN)])) + 1
save("stored_size.7z", reseal(one, h[:k] + bytes([len(BENIGN) - 1]) + h[k + 1:]))
with tempfile.TemporaryDirectory() as d:
    for name in ("keep.pkl", "gone.pkl"):
        pathlib.Path(d, name).write_bytes(BENIGN)
        os.utime(pathlib.Path(d, name), (TIME, TIME))
    subprocess.run(["7z", "a", "-bd", "old.7z", "keep.pkl", "gone.pkl"], cwd=d, check=True, stdout=subprocess.DEVNULL)
    os.unlink(pathlib.Path(d, "gone.pkl"))
    subprocess.run(["7z", "u", "-bd", "-mtm=off", "old.7z", "-u-", "-up0q3!new.7z", "keep.pkl", "gone.pkl"], cwd=d, stdout=subprocess.DEVNULL)
    if pathlib.Path(d, "new.7z").exists():
        save("anti.7z", pathlib.Path(d, "new.7z").read_bytes())
