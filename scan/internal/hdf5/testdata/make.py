"""Makes the golden files of package hdf5: files that h5py writes in its oldest
and its newest format, and golden.json, which says what h5py reads in them.

Made with h5py 3.16.0 and HDF5 2.0.0: python3 make.py
"""

import json

import h5py
import numpy as np


def text(value):
    """The text of an attribute, or None if it holds none."""
    if isinstance(value, (h5py.Empty, h5py.Reference)):
        return None
    array = np.asarray(value)
    if array.dtype.kind not in "SOU":
        return None
    return [x if isinstance(x, str) else bytes(x).decode() for x in array.reshape(-1).tolist()]


def describe(name):
    """What h5py finds in a file: texts by name, and its datasets."""
    out = {"attributes": {}, "objects": 1, "datasets": 0, "elements": 0}
    with h5py.File(name) as f:

        def visit(obj):
            for key in obj.attrs:
                value = text(obj.attrs[key])
                if value is not None:
                    out["attributes"].setdefault(key, []).extend(value)

        def item(path, obj):
            out["objects"] += 1
            if isinstance(obj, h5py.Dataset):
                out["datasets"] += 1
                out["elements"] += obj.size or 0
            visit(obj)

        visit(f)
        f.visititems(item)
    for value in out["attributes"].values():
        value.sort()
    return out


def texts(f):
    f.attrs["variable"] = "h\u00e9llo"
    f.attrs["fixed"] = np.bytes_("fixed")
    f.attrs["array"] = np.array([b"one", b"three"])
    f.attrs["variables"] = np.array(["a", "", "ccc"], dtype=object)
    f.attrs["long"] = "x" * 5000
    f.attrs["number"] = 7
    f.attrs["empty"] = h5py.Empty("f")
    f.attrs["reference"] = f.ref
    f.attrs["struct"] = np.zeros(2, dtype=[("a", "i4"), ("b", "S5")])
    g = f.create_group("group/inner")
    g.attrs["deep"] = "deep"


def links(f, count):
    same = f.create_group("same")
    for i in range(count):
        name = f"a_link_with_a_name_{i:04}"
        if i % 50:
            f[name] = same
        else:
            f.create_group(name).attrs["number"] = str(i)
    f["soft"] = h5py.SoftLink("/nowhere")
    for i in range(60):
        same.attrs[f"attribute_{i:02}"] = "v" * i


def data(f, latest):
    f.create_dataset("contiguous", data=np.arange(12.0).reshape(3, 4))
    f.create_dataset("scalar", data=np.float32(1))
    f.create_dataset("none", shape=(4,), dtype="f4")
    f.create_dataset("strings", data=np.array(["a", "bb"], dtype=object), dtype=h5py.string_dtype())
    f.create_dataset("one_chunk", data=np.arange(8), chunks=(8,))
    f.create_dataset("packed", data=np.zeros(64), chunks=(64,), compression="gzip", shuffle=True, fletcher32=True)
    if not latest:
        f.create_dataset("chunks", data=np.arange(10000).reshape(100, 100), chunks=(5, 5), dtype="i1", maxshape=(None, 100))
    f["type"] = np.dtype([("a", "i4"), ("b", "S5")])
    f.create_dataset("typed", (3,), dtype=f["type"])
    f.attrs.create("shared", np.zeros(1, dtype=[("a", "i4"), ("b", "S5")]), dtype=f["type"])


def order(f):
    for i in range(20):
        f.create_group(f"group_{i}").attrs["i"] = str(i)
        f.attrs[f"attribute_{i}"] = str(i)


golden = {}
for low in ["earliest", "latest"]:
    for name, fill, more in [
        ("texts", texts, {}),
        ("links", lambda f: links(f, 300 if low == "earliest" else 1200), {}),
        ("data", lambda f: data(f, low == "latest"), {}),
        ("order", order, {"track_order": True}),
        ("block", texts, {"userblock_size": 1024}),
    ]:
        path = f"{name}_{low}.h5"
        with h5py.File(path, "w", libver=low, **more) as f:
            fill(f)
        golden[path] = describe(path)
with open("golden.json", "w") as f:
    json.dump(golden, f, indent=1, sort_keys=True)
    f.write("\n")
