"""Makes the real files that the formats are tested with, by the real programs.

    /usr/bin/python3 scan/testdata/make.py frameworks   # torch 1.13, numpy 1.24, onnx 1.12
    python2.7        scan/testdata/make.py pickles      # 2.7 and 3.11, 3.13

Run from the root of the module. The files go to the testdata/real of each
format. Everything is seeded, so the same programs make the same files.
"""
from __future__ import print_function

import collections
import datetime
import decimal
import os
import pickle
import struct
import sys


def put(fmt, name, data):
    folder = os.path.join("scan", fmt, "testdata", "real")
    if not os.path.isdir(folder):
        os.makedirs(folder)
    assert len(data) < 20000, (name, len(data))
    with open(os.path.join(folder, name), "wb") as f:
        f.write(data)


def objects():
    shared = ["shared", 1, 2.5]
    loop = [shared, shared]
    loop.append(loop)
    d = collections.OrderedDict([("a", 1), ("b", None), ("c", (True, False))])
    big = [2 ** 40, -(2 ** 70), 2 ** 2100, 1e308, float("inf"), complex(1, -2)]
    text = [u"plain", u"umlaut \xe4\xf6", u"snow \u2603 line\nbreak", u"'quotes\" \\ back", u"x" * 300]
    more = {
        "set": set([1, 2]), "frozen": frozenset(["a"]), "bytes": b"\x00\xff" * 200, "bytearray": bytearray(b"abc"),
        "date": datetime.datetime(2026, 11, 24, 1, 2, 3), "delta": datetime.timedelta(3), "decimal": decimal.Decimal("1.10"),
        "deque": collections.deque([1, 2, 3]), "default": collections.defaultdict(list, {"k": [1]}), "range": range(3),
        "empty": [(), [], {}, "", b""], "long": list(range(1200)), "wide": tuple(range(5)), "exc": ValueError("x"), "object": object(),
    }
    return {"loop": loop, "ordered": d, "numbers": big, "text": text, "more": more}


def pickles():
    tag = "py%d%d" % sys.version_info[:2]
    for proto in range(pickle.HIGHEST_PROTOCOL + 1):
        data = pickle.dumps(objects(), proto)
        put("pickle", "%s-proto%d.pkl" % (tag, proto), data)


def frameworks():
    import io

    import numpy as np
    import onnx
    import torch
    from onnx import TensorProto, helper, numpy_helper

    rng = np.random.default_rng(7)
    arrays = {
        "f4": rng.standard_normal((3, 4)).astype("f4"), "i8": np.arange(5), "b": np.array([True, False]),
        "s": np.array(["a", "bc"]), "o": np.array([1, "x", None], dtype=object), "scalar": np.float64(2.5),
        "dtype": np.dtype([("x", "f8"), ("y", "i4")]), "masked": np.ma.array([1, 2], mask=[0, 1]),
        "order": np.asfortranarray(np.ones((2, 2))),
    }
    for proto in (0, 2, 4, 5):
        put("pickle", "numpy-proto%d.pkl" % proto, pickle.dumps(arrays, proto))
    put("pickle", "numpy-random.pkl", pickle.dumps([np.random.RandomState(3), np.random.default_rng(3)], 4))
    put("pickle", "tensor-plain.pkl", pickle.dumps(torch.arange(6.0).reshape(2, 3), 4))

    torch.manual_seed(7)
    net = torch.nn.Sequential(torch.nn.Linear(4, 8), torch.nn.ReLU(), torch.nn.BatchNorm1d(8), torch.nn.Linear(8, 2))
    opt = torch.optim.Adam(net.parameters())
    net(torch.randn(3, 4)).sum().backward()
    opt.step()

    def saved(obj, **kw):
        buf = io.BytesIO()
        torch.save(obj, buf, **kw)
        return buf.getvalue()

    put("torch", "state.pt", saved(net.state_dict()))
    put("torch", "training.pt", saved({"model": net.state_dict(), "optimizer": opt.state_dict(), "epoch": 3}))
    put("torch", "module.pt", saved(net))
    dtypes = [torch.float16, torch.bfloat16, torch.float64, torch.int8, torch.uint8, torch.int32, torch.int64, torch.bool, torch.complex64]
    put("torch", "dtypes.pt", saved([torch.ones(3).to(d) for d in dtypes] + [torch.zeros(0), torch.ones(2, 2).t()[0]]))
    put("pickle", "torch-legacy.pt", saved(net.state_dict(), _use_new_zipfile_serialization=False))

    class Payload:
        def __reduce__(self):
            return os.system, ("true # quintain canary",)

    put("torch", "canary.pt", saved({"weights": net.state_dict(), "extra": Payload()}))
    put("pickle", "canary-legacy.pt", saved({"w": torch.ones(2), "x": Payload()}, _use_new_zipfile_serialization=False))
    scripted = io.BytesIO()
    torch.jit.save(torch.jit.script(torch.nn.Linear(2, 2)), scripted)
    put("torch", "script.pt", scripted.getvalue())

    buf = io.BytesIO()
    np.savez_compressed(buf, a=np.arange(4))
    put("torch", "arrays.npz", buf.getvalue())

    w = numpy_helper.from_array(rng.standard_normal((4, 2)).astype("f4"), "w")
    typed = helper.make_tensor("typed", TensorProto.FLOAT, [2], [1.0, 2.0])
    ints = helper.make_tensor("ints", TensorProto.INT64, [2], [1, -2])
    sub = helper.make_graph([helper.make_node("Identity", ["y"], ["z"])], "then", [], [helper.make_tensor_value_info("z", TensorProto.FLOAT, None)])
    nodes = [
        helper.make_node("MatMul", ["x", "w"], ["m"]), helper.make_node("Add", ["m", "typed"], ["y"]),
        helper.make_node("If", ["c"], ["z"], then_branch=sub, else_branch=sub),
    ]
    graph = helper.make_graph(
        nodes, "g", [helper.make_tensor_value_info("x", TensorProto.FLOAT, ["n", 4]), helper.make_tensor_value_info("c", TensorProto.BOOL, [])],
        [helper.make_tensor_value_info("z", TensorProto.FLOAT, None)], [w, typed, ints])
    model = helper.make_model(graph, producer_name="quintain", opset_imports=[helper.make_opsetid("", 16)])
    put("onnx", "model.onnx", model.SerializeToString())
    exported = io.BytesIO()
    torch.onnx.export(net.eval(), torch.randn(1, 4), exported)
    put("onnx", "exported.onnx", exported.getvalue())

    onnx.external_data_helper.convert_model_to_external_data(model, location="weights.bin", size_threshold=0)
    for t in model.graph.initializer:
        if t.HasField("raw_data"):
            t.ClearField("raw_data")
    put("onnx", "external.onnx", model.SerializeToString())

    header = b'{"__metadata__":{"format":"pt"},"a":{"dtype":"F32","shape":[2,2],"data_offsets":[0,16]},"b":{"dtype":"I64","shape":[],"data_offsets":[16,24]}}'
    header += b" " * (-len(header) % 8)
    put("safetensors", "model.safetensors", struct.pack("<Q", len(header)) + header + np.arange(4, dtype="f4").tobytes() + struct.pack("<q", 7))


if __name__ == "__main__":
    {"pickles": pickles, "frameworks": frameworks}[sys.argv[1]]()
