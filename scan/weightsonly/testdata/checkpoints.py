"""Writes checkpoints.json: what torch.save makes of objects, which globals they
name according to pickletools, and whether torch loads them with weights_only.

    python3 checkpoints.py

It was run with torch 1.13.
"""

import base64
import collections
import io
import json
import os
import pickletools
import zipfile

import numpy
import torch


class Net(torch.nn.Module):
    def __init__(self):
        super().__init__()
        self.linear = torch.nn.Linear(2, 3)


def adam():
    net = Net()
    optimizer = torch.optim.Adam(net.parameters())
    net.linear(torch.ones(1, 2)).sum().backward()
    optimizer.step()
    return {"model": net.state_dict(), "optimizer": optimizer.state_dict()}


torch.manual_seed(1)
OBJECTS = {
    "state": Net().state_dict(),
    "module": Net(),
    "numpy": {"a": numpy.arange(3)},
    "scalar": {"lr": numpy.float32(1)},
    "adam": adam(),
    "set": {"a": {1}},
    "ordered": collections.OrderedDict(a=1),
    "counter": collections.Counter("aab"),
    "bytes": {"b": b"abc"},
    "device": torch.device("cpu"),
    "dtype": torch.float16,
    "size": torch.Size([1]),
    "sparse": torch.eye(3).to_sparse(),
    "csr": torch.eye(3).to_sparse_csr(),
    "bfloat16": torch.ones(2, dtype=torch.bfloat16),
    "parameter": torch.nn.Parameter(torch.ones(2)),
    "complex": 1j,
    "float": 1.5,
    "quantized": torch.quantize_per_tensor(torch.ones(2), 0.1, 0, torch.qint8),
}


def names(stream, count):
    found, floats = set(), False
    for _ in range(count):
        for op, arg, _ in pickletools.genops(stream):
            floats = floats or op.name == "BINFLOAT"
            if op.name == "GLOBAL":
                found.add(arg.replace(" ", "."))
    return sorted(found), floats


def main():
    out = []
    for name, obj in OBJECTS.items():
        for zipped in (True, False):
            f = io.BytesIO()
            torch.save(obj, f, _use_new_zipfile_serialization=zipped)
            data = f.getvalue()
            try:
                torch.load(io.BytesIO(data), weights_only=True)
                loads = True
            except Exception:
                loads = False
            if zipped:
                z = zipfile.ZipFile(io.BytesIO(data))
                data = z.read(next(n for n in z.namelist() if n.endswith("/data.pkl")))
            found, floats = names(io.BytesIO(data), 1 if zipped else 5)
            out.append({"name": name + (".pkl" if zipped else ".pt"), "data": base64.b64encode(data).decode(),
                        "globals": found, "floats": floats, "loads": loads})
    with open(os.path.join(os.path.dirname(os.path.abspath(__file__)), "checkpoints.json"), "w") as f:
        f.write("[\n" + ",\n".join(json.dumps(c) for c in out) + "\n]\n")


main()
