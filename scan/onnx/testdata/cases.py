"""Writes the hand-made cases of this folder: models of a few dozen bytes.

    python3 scan/onnx/testdata/cases.py && go test ./scan/onnx -update

The second command adds what the scanner says; read it before you commit it.
"""

import os

HERE = os.path.dirname(os.path.abspath(__file__))


def varint(n):
    out = b""
    while n > 127:
        out += bytes([n & 127 | 128])
        n >>= 7
    return out + bytes([n])


class Msg:
    """A message as lines of (depth, bytes, note)."""

    def __init__(self):
        self.lines = []

    def size(self):
        return sum(len(b) for _, b, _ in self.lines)

    def num(self, field, n, note=""):
        self.lines.append((0, varint(field << 3) + varint(n), note))
        return self

    def str(self, field, s, note=""):
        b = s if isinstance(s, bytes) else s.encode()
        self.lines.append((0, varint(field << 3 | 2) + varint(len(b)) + b, note + " " + ascii(s)))
        return self

    def msg(self, field, m, note):
        self.lines.append((0, varint(field << 3 | 2) + varint(m.size()), note))
        self.lines += [(d + 1, b, n) for d, b, n in m.lines]
        return self

    def raw(self, b, note):
        self.lines.append((0, b, note))
        return self


def tensor(name="w", dims=(2,), kind=1, raw=bytes(8)):
    t = Msg()
    for d in dims:
        t.num(1, d, "dims")
    t.num(2, kind, "data_type")
    if raw is not None:
        t.str(9, raw, "raw_data")
    return t.str(8, name, "name")


def outside(**facts):
    t = tensor(raw=None)
    for k, v in facts.items():
        t.msg(13, Msg().str(1, k, "key").str(2, v, "value"), "external_data")
    return t.num(14, 1, "data_location")


def node(op="Relu", domain=""):
    n = Msg().str(1, "x", "input").str(2, "y", "output").str(4, op, "op_type")
    return n.str(7, domain, "domain") if domain else n


def model(*, nodes=(), tensors=(), functions=(), extra=None, version=8):
    g = Msg().str(2, "g", "name")
    for n in nodes:
        g.msg(1, n, "node")
    for t in tensors:
        g.msg(5, t, "initializer")
    m = Msg().num(1, version, "ir_version").msg(7, g, "graph").msg(8, Msg().num(2, 17, "version"), "opset_import")
    for f in functions:
        m.msg(25, f, "function")
    return extra(m) if extra else m


def case(name, why, m, file="model.onnx"):
    rows = []
    for depth, b, note in m.lines:
        for i in range(0, len(b), 16):
            rows.append("%s%-48s # %s" % ("  " * depth, b[i : i + 16].hex(" "), note.strip() if i == 0 else "..."))
    with open(os.path.join(HERE, name + ".txtar"), "w") as f:
        f.write("%s\n\n-- %s.hex --\n%s\n-- want --\n" % (why, file, "\n".join(rows)))


def function(name, domain):
    return Msg().str(1, name, "name").str(10, domain, "domain").msg(7, node(), "node")


def deep(n):
    g = Msg().str(2, "g", "name")
    for _ in range(n):
        a = Msg().str(1, "body", "name").msg(6, g, "g")
        g = Msg().str(2, "g", "name").msg(1, node("Loop").msg(5, a, "attribute"), "node")
    return Msg().num(1, 8, "ir_version").msg(7, g, "graph")


case("ok_small", "One node and one tensor.", model(nodes=[node()], tensors=[tensor()]))
case("ok_function", "A function that the model defines and uses.", model(nodes=[node("Mine", "local")], functions=[function("Mine", "local")]))
case("ok_microsoft", "An operator that ONNX Runtime has.", model(nodes=[node("FusedGemm", "com.microsoft")]))
case("ok_scalar", "A tensor without dimensions has one element.", model(tensors=[tensor(dims=(), raw=bytes(4))]))
case("ok_half_bytes", "Three elements of four bits take two bytes.", model(tensors=[tensor(dims=(3,), kind=22, raw=bytes(2))]))
case("location_parent", "The data are read from outside the folder.", model(tensors=[outside(location="../../../etc/passwd")]))
case("location_absolute", "The data are read from a fixed place.", model(tensors=[outside(location="/etc/passwd")]))
case("location_backslash", "The same, as Windows reads it.", model(tensors=[outside(location="..\\secret")]))
case("location_url", "The data are read from another machine.", model(tensors=[outside(location="http://127.0.0.1/w")]))
case("location_empty", "The data are read from no file.", model(tensors=[outside(offset="0")]))
case("location_twice", "The place is there twice.", model(tensors=[outside(location="w").msg(13, Msg().str(1, "location", "key").str(2, "v", "value"), "external_data")]))
case("offset", "The offset is negative.", model(tensors=[outside(location="w.bin", offset="-1")]))
case("domain", "An operator that only a library of the author's has.", model(nodes=[node("Exec", "com.evil")]))
case("python", "An operator of a runtime that runs Python.", model(nodes=[node("PyOp", "ai.onnx.contrib")]))
case("compiled", "An operator that loads a compiled program.", model(nodes=[node("EPContext", "com.microsoft")]))
case("unknown_operator", "An operator that the standard does not know.", model(nodes=[node("Frobnicate")]))
case("redefined", "A function that has the name of a standard operator.", model(nodes=[node()], functions=[function("Relu", "")]))
case("function_twice", "A function is defined twice.", model(functions=[function("F", "d"), function("F", "d")]))
case("subgraph", "The operator is in a graph inside a node.", model(nodes=[node("If").msg(5, Msg().str(1, "then_branch", "name").msg(6, Msg().msg(1, node("Exec", "com.evil"), "node"), "g"), "attribute")]))
case("short_data", "A tensor has less data than its shape calls for.", model(tensors=[tensor(dims=(1000,))]))
case("overflow", "The product of the dimensions overflows.", model(tensors=[tensor(dims=(1 << 40, 1 << 40))]))
case("no_data", "A tensor has no data.", model(tensors=[tensor(raw=None)]))
case("data_twice", "A tensor has its data in two forms.", model(tensors=[tensor().str(4, bytes(8), "float_data")]))
case("unknown_type", "A tensor of a type that is not known.", model(tensors=[tensor(kind=99)]))
case("unknown_field", "A field that the format does not know hides bytes.", model(extra=lambda m: m.str(99, "hidden", "field 99")))
case("wrong_form", "A field is written in a form that it cannot have.", model(extra=lambda m: m.num(7, 1, "graph")))
case("truncated", "A length reaches behind the end of the file.", Msg().num(1, 8, "ir_version").raw(b"\x3a\x7f\x12\x01g", "graph"))
case("no_graph", "A model without a graph.", Msg().num(1, 8, "ir_version").msg(8, Msg().num(2, 17, "version"), "opset_import"))
case("deep", "Graphs inside each other.", deep(40))
