"""Makes the files beside it: with the codecs of Python, joblib, lz4 and zstandard,
and the program lz4.

    pip install joblib lz4 zstandard && python make.py
"""
import bz2, gzip, io, lzma, os, pathlib, pickle, subprocess, zlib

import joblib, lz4.frame, zstandard

here = pathlib.Path(__file__).parent


class Payload:
    def __reduce__(self):
        return os.system, ("true",)


def put(name, data):
    (here / name).write_bytes(data)


def gz(data, **kw):
    out = io.BytesIO()
    with gzip.GzipFile(fileobj=out, mode="wb", mtime=0, **kw) as f:
        f.write(data)
    return out.getvalue()


benign = pickle.dumps({"layers": [64, 32], "names": ["a", "b"]}, 4)
evil = pickle.dumps(Payload(), 2)

for codec, ending in (("zlib", "z"), ("gzip", "gz"), ("bz2", "bz2"), ("xz", "xz"), ("lzma", "lzma"), ("lz4", "lz4")):
    joblib.dump({"layers": [64, 32]}, here / f"benign.{ending}", compress=(codec, 3))
    joblib.dump(Payload(), here / f"evil.{ending}", compress=(codec, 3))
put("benign.zst", zstandard.compress(benign))
put("evil.zst", zstandard.compress(evil))


def zfile(data):
    """What joblib wrote before version 0.10."""
    return b"ZF" + hex(len(data)).ljust(len(hex(2**64))).encode() + zlib.compress(data)


put("benign.zf", zfile(benign))
put("evil.zf", zfile(evil))

# Longer than a block of any codec, in two halves that only make sense together.
long = pickle.dumps([i * i % 251 for i in range(200000)], 4)
half = len(long) // 2
a, b = long[:half], long[half:]
put("multi.gz", gz(a) + gz(b))
put("multi.z", zlib.compress(a) + zlib.compress(b, 1))
put("multi.bz2", bz2.compress(a, 1) + bz2.compress(b, 1))
put("multi.xz", lzma.compress(a, check=lzma.CHECK_SHA256) + bytes(8) + lzma.compress(b, check=lzma.CHECK_CRC32))
put("multi.zst", zstandard.compress(a) + zstandard.ZstdCompressor(write_checksum=True, write_content_size=False).compress(b))
put("multi.lz4", lz4.frame.compress(a, store_size=False, content_checksum=True) + lz4.frame.compress(b, block_checksum=True, block_linked=False))

# Frames that decoders skip: what a parallel compressor writes, and a hiding place.
mark = bytes.fromhex("502a4d18 04000000 2a000000")
hidden = bytes.fromhex("5e2a4d18") + len(evil).to_bytes(4, "little") + evil
put("mark.zst", mark + zstandard.compress(benign))
put("hidden.zst", zstandard.compress(benign) + hidden)
put("hidden.lz4", lz4.frame.compress(benign) + hidden)

# Filters of xz that the scanner does not read, and a checksum nobody asked for.
delta = [{"id": lzma.FILTER_DELTA, "dist": 1}, {"id": lzma.FILTER_LZMA2}]
put("delta.xz", lzma.compress(benign, filters=delta))
put("none.xz", lzma.compress(benign, check=lzma.CHECK_NONE))
wide = [{"id": lzma.FILTER_LZMA2, "dict_size": 1 << 30, "mode": lzma.MODE_FAST, "mf": lzma.MF_HC3}]
one = lzma.compress(benign, filters=wide)
put("wide.xz", one)
alone = [{"id": lzma.FILTER_LZMA1, "dict_size": 1 << 30, "mode": lzma.MODE_FAST, "mf": lzma.MF_HC3}]
put("wide.lzma", lzma.compress(benign, format=lzma.FORMAT_ALONE, filters=alone))
put("nested.gz", gz(bz2.compress(lzma.compress(zstandard.compress(evil)))))

# Windows of zlib that are smaller than the usual one.
for bits in (9, 12):
    c = zlib.compressobj(9, zlib.DEFLATED, bits)
    put(f"window{bits}.z", c.compress(evil) + c.flush())

# The first version of lz4 files, which the program lz4 still writes; two in a
# row, and with other things behind.
old = lambda data: subprocess.run(["lz4", "-l", "-c"], input=data, capture_output=True, check=True).stdout
put("old.lz4", old(benign))
put("old_multi.lz4", old(a) + old(b))
put("old_trailing.lz4", old(benign) + evil)
put("old_cut.lz4", old(benign)[:-3])
put("old_short.lz4", old(benign) + old(benign)[4:])
