"""Writes the members of a checkpoint of PyTorch before 0.1.10, which was a tar
archive, and proves with torch that it is one.

    python3 scan/pickle/testdata/tarera.py    # torch 1.13, which still reads them

Run it from the root of the module.
"""

import collections
import io
import pickle
import struct
import sys
import tarfile
import tempfile

import torch

REAL = "scan/pickle/testdata/real/"


def members():
    values = [1.0, 2.0, 3.0, 4.0, 5.0, 6.0]
    storages = pickle.dumps(1, 2) + pickle.dumps((7, "cpu", torch.FloatStorage), 2) + struct.pack("<q6f", 6, *values) + pickle.dumps([], 2)
    tensors = pickle.dumps(1, 2) + pickle.dumps((9, 7, torch.FloatTensor), 2)
    tensors += struct.pack("<ixxxx", 2) + struct.pack("<2q2qq", 2, 3, 3, 1, 0)
    out = io.BytesIO()

    class Pickler(pickle.Pickler):
        def persistent_id(self, obj):
            return 9 if isinstance(obj, torch.Tensor) else None

    Pickler(out, 2).dump(collections.OrderedDict(w=torch.ones(1), epoch=3))
    info = pickle.dumps({"protocol_version": 1000, "little_endian": True, "type_sizes": {"short": 2, "int": 4, "long": 4}}, 2)
    return {"sys_info": info, "pickle": out.getvalue(), "storages": storages, "tensors": tensors}


def archive(parts):
    buf = io.BytesIO()
    with tarfile.open(fileobj=buf, mode="w:", format=tarfile.PAX_FORMAT) as t:
        for name, data in parts.items():
            info = tarfile.TarInfo(name)
            info.size = len(data)
            t.addfile(info, io.BytesIO(data))
    buf.seek(0)
    return buf


parts = members()
with tempfile.NamedTemporaryFile() as f:  # torch reads such an archive from disk only
    f.write(archive(parts).getvalue())
    f.flush()
    loaded = torch.load(f.name)
assert loaded["w"].tolist() == [[1, 2, 3], [4, 5, 6]] and loaded["epoch"] == 3, loaded
for name in ("storages", "tensors", "pickle"):
    with open(REAL + "tar-" + name, "wb") as f:
        f.write(parts[name])
if len(sys.argv) > 1:
    open(sys.argv[1], "wb").write(archive(parts).getvalue())
