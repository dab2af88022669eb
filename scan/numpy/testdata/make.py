"""Makes the files beside it with NumPy.

    pip install numpy && python make.py
"""
import io, os, pathlib

import numpy as np
from numpy.lib import format

here = pathlib.Path(__file__).parent


class Payload:
    def __reduce__(self):
        return os.system, ("true",)


def put(name, array, version=None):
    with open(here / name, "wb") as f:
        format.write_array(f, array, version=version)


put("float32.npy", np.arange(6, dtype="<f4").reshape(2, 3))
put("scalar.npy", np.array(7, dtype=">i8"))
put("empty.npy", np.zeros((3, 0), dtype="f8"))
put("fortran.npy", np.asfortranarray(np.eye(3, dtype="c16")))
put("text.npy", np.array(["a", "bcd"]))
put("times.npy", np.array(["2026-01-01", "2026-01-02"], dtype="M8[ns]"))
put("half.npy", np.ones(3, dtype="f2"))
put("bool.npy", np.array([True, False]))
put("v2.npy", np.ones(3), (2, 0))
put("v3.npy", np.zeros(2, dtype=[("größe", "<i4"), ("x'y", "u1", (2, 3))]))
put("struct.npy", np.zeros(2, dtype=np.dtype([("a", "u1"), ("b", "<f8"), ("c", [("d", "S3"), ("e", "i2", 4)])], align=True)))
put("titles.npy", np.zeros(2, dtype=[(("title", "name"), "<f4")]))
put("many.npy", np.zeros(1, dtype=[(f"field{i:05}", "<f4") for i in range(3000)]))
put("objects.npy", np.array([1, "a", None], dtype=object))
put("evil.npy", np.array([Payload()], dtype=object))
put("evil_field.npy", np.array([(1, Payload())], dtype=[("n", "<i4"), ("o", "O")]))
out = io.BytesIO()
for a in (np.ones(2), np.zeros(3)):
    np.save(out, a)
(here / "two.npy").write_bytes(out.getvalue())
np.savez(here / "evil.npz", weights=np.ones(2), labels=np.array([Payload()], dtype=object))
