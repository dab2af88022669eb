"""Writes ../schema.txt, ../operators.txt and the golden files with TensorFlow 2.21 (CPU).

Usage: python3 make.py   (in this folder)
"""
import inspect
import os
import re

os.environ["TF_CPP_MIN_LOG_LEVEL"] = "3"
import flatbuffers
import tensorflow as tf
from tensorflow.lite.python import schema_py_generated as s

WIDTHS = {"Bool": 1, "Int8": 1, "Uint8": 1, "Int16": 2, "Uint16": 2, "Int32": 4, "Uint32": 4, "Float32": 4, "Int64": 8, "Uint64": 8, "Float64": 8}


def enums(cls):
    return {v: k for k, v in vars(cls).items() if isinstance(v, int)}


def write_schema():
    """Writes all tables: the number of each field, what it is, and of what."""
    lines = []
    for name, cls in sorted(vars(s).items()):
        if not inspect.isclass(cls) or not hasattr(cls, "GetRootAs"):
            continue
        fields = {}
        for method, fn in vars(cls).items():
            if method.startswith("GetRootAs") or method == "Init" or method.endswith(("AsNumpy", "IsNone", "BufferHasIdentifier")) or not callable(fn):
                continue
            src = inspect.getsource(fn)
            m = re.search(r"Offset\((\d+)\)", src)
            if not m:
                continue
            n = (int(m[1]) - 4) // 2
            width = re.search(r"number_types\.(\w+)Flags, (?:o \+ self|a \+)", src)
            table = re.search(r"obj = (\w+)\(\)", src)
            if method.endswith("Length"):
                continue
            if "self._tab.Union(" in src:
                fields[n] = f"union {method}"
            elif "self._tab.Vector(o)" in src:
                if table:
                    fields[n] = f"tables {method} {table[1]}"
                elif "self._tab.String(" in src:
                    fields[n] = f"strings {method}"
                else:
                    fields[n] = f"vector {method} {WIDTHS[width[1]]}"
            elif "self._tab.String(" in src:
                fields[n] = f"string {method}"
            elif table:
                fields[n] = f"table {method} {table[1]}"
            else:
                fields[n] = f"scalar {method} {WIDTHS[width[1]]}"
        lines.append(name + ":")
        lines += [f"  {n} {f}" for n, f in sorted(fields.items())]
    for union in ("BuiltinOptions", "BuiltinOptions2", "QuantizationDetails", "SparseIndexVector"):
        lines.append(f"union {union}:")
        lines += [f"  {v} {k}" for v, k in sorted(enums(getattr(s, union)).items()) if v]
    lines.append("list operators:")
    lines += [f"  {v} {k}" for v, k in sorted(enums(s.BuiltinOperator).items())]
    with open("../schema.txt", "w") as f:
        f.write(f"# The tables, unions and operators of TensorFlow Lite {tf.__version__}. Written by testdata/make.py.\n")
        f.write("\n".join(lines) + "\n")


class Net(tf.Module):
    def __init__(self):
        self.k = tf.Variable(tf.ones([2, 2, 1, 3]))

    @tf.function(input_signature=[tf.TensorSpec([1, 4, 4, 1], tf.float32)])
    def __call__(self, x):
        x = tf.nn.conv2d(x, self.k, 1, "SAME")
        x = tf.nn.max_pool2d(tf.nn.relu(x), 2, 2, "VALID")
        return tf.nn.softmax(tf.reshape(x, [1, 12]))


class Flex(tf.Module):
    @tf.function(input_signature=[tf.TensorSpec([], tf.string)])
    def __call__(self, x):
        tf.io.write_file("/tmp/quintain-flex", x)
        return tf.io.read_file("/etc/hostname")


def convert(m, name, **settings):
    c = tf.lite.TFLiteConverter.from_concrete_functions([m.__call__.get_concrete_function()], m)
    for k, v in settings.items():
        setattr(c, k, v)
    data = c.convert()
    open(name + ".tflite", "wb").write(data)
    return data


def change(data, name, edit):
    m = s.ModelT.InitFromPackedBuf(data, 0)
    edit(m)
    b = flatbuffers.Builder(1024)
    b.Finish(m.Pack(b), b"TFL3")
    open(name + ".tflite", "wb").write(bytes(b.Output()))


write_schema()
if __name__ == "__main__":
    net = convert(Net(), "net")
    convert(Net(), "quantized", optimizations=[tf.lite.Optimize.DEFAULT])
    lite, flex = tf.lite.OpsSet.TFLITE_BUILTINS, tf.lite.OpsSet.SELECT_TF_OPS
    target = tf.lite.TargetSpec(supported_ops=[lite, flex])
    flex_model = convert(Flex(), "flex", target_spec=target, allow_custom_ops=True)

    def custom(m):
        m.operatorCodes[0].builtinCode, m.operatorCodes[0].deprecatedBuiltinCode = 32, 32
        m.operatorCodes[0].customCode = b"AcmeRun"

    def index(m):
        m.subgraphs[0].operators[0].opcodeIndex = 99
        m.subgraphs[0].tensors[0].buffer = 7777
        m.subgraphs[0].operators[1].inputs = [1000, -1]
        m.subgraphs[0].outputs = [500]

    def size(m):
        t = next(t for t in m.subgraphs[0].tensors if m.buffers[t.buffer].data is not None)
        t.shape = [1 << 30, 1 << 30, 1 << 30]
        m.subgraphs[0].tensors[-1].shape = [-5]

    def short(m):
        t = next(t for t in m.subgraphs[0].tensors if m.buffers[t.buffer].data is not None)
        t.shape = [1000]

    def newer(m):
        m.operatorCodes[0].builtinCode = 100000
        m.operatorCodes[0].deprecatedBuiltinCode = 127

    for edit in (custom, index, size, short, newer):
        change(net, edit.__name__, edit)

    def disguised(m):
        for c in m.operatorCodes:
            if c.customCode:
                c.customCode = b"FlexIdentity"

    def graph(m):
        op = m.subgraphs[0].operators[0]
        op.builtinOptionsType, op.builtinOptions = s.BuiltinOptions.CallOnceOptions, s.CallOnceOptionsT()
        op.builtinOptions.initSubgraphIndex = 7
        m.signatureDefs = [s.SignatureDefT()]
        m.signatureDefs[0].subgraphIndex = 3
        m.metadata = [s.MetadataT()]
        m.metadata[0].buffer = 500

    change(flex_model, "disguised", disguised)
    change(net, "graph", graph)
    open("tail.tflite", "wb").write(net + b"#!/bin/sh\n")
