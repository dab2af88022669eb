"""Writes the hand-made cases of this folder.

    python3 scan/safetensors/testdata/cases.py && go test ./scan/safetensors -update

The second command adds what the scanner says; read it before you commit it.
"""

import os
import struct

HERE = os.path.dirname(os.path.abspath(__file__))


def quote(s):
    return '"' + s.replace("\\", "\\\\").replace('"', '\\"').replace("\x01", "\\x01") + '"'


def case(name, why, header, data=8, length=None, file="model.safetensors"):
    n = len(header.encode()) if length is None else length
    rows = ["%-48s # length" % struct.pack("<Q", n).hex(" ")]
    rows += [quote(header[i : i + 80]) for i in range(0, len(header), 80)]
    if data:
        rows.append("%-48s # data" % ("00*%d" % data))
    with open(os.path.join(HERE, name + ".txtar"), "w") as f:
        f.write("%s\n\n-- %s.hex --\n%s\n-- want --\n" % (why, file, "\n".join(rows)))


def t(name="a", kind="F32", shape="[2]", place="[0,8]"):
    return '"%s":{"dtype":"%s","shape":%s,"data_offsets":%s}' % (name, kind, shape, place)


def h(*members):
    return "{" + ",".join(members) + "}"


case("ok_one", "One tensor of two floats.", h(t()))
case("ok_empty", "No tensor at all.", h(), 0)
case("ok_order", "The tensors need not be in the order of their places.", h(t("b", place="[8,16]"), t()), 16)
case("ok_scalar", "A scalar, and a tensor of no elements.", h(t(shape="[]", place="[0,4]"), t("b", shape="[0,7]", place="[4,4]")), 4)
case("ok_padding", "Spaces align the data.", h(t()) + "      ")
case("ok_metadata", "Metadata are strings under names.", h('"__metadata__":{"format":"pt","license":"mit"}', t()))
case("ok_subbyte", "Elements of four bits.", h(t(kind="F4", shape="[16]")))
case("ok_escape", "Names may be written with escapes.", h(t("\\u0061\\n\\ud83d\\ude00")))
case("overlap", "Two tensors share bytes.", h(t(), t("b", place="[4,12]")), 12)
case("hole", "Four bytes belong to no tensor.", h(t(), t("b", place="[12,20]")), 20)
case("trailing", "Bytes follow the last tensor.", h(t()), 100)
case("outside", "A tensor reaches behind the end of the file.", h(t(shape="[200]", place="[0,800]")))
case("reversed", "A tensor ends before it begins.", h(t(place="[8,0]")))
case("wrong_size", "The shape does not fit the place.", h(t(shape="[3]")))
case("overflow", "The product of the shape overflows to the size of the place.", h(t(shape="[4294967296,4294967296,2]")))
case("duplicate", "A name is there twice.", h(t(), t()))
case("duplicate_escaped", "A name is there twice, once in disguise.", h(t(), t("\\u0061")))
case("duplicate_field", "The place of a tensor is there twice.", h('"a":{"dtype":"F32","shape":[2],"data_offsets":[0,8],"data_offsets":[4,8]}'))
case("duplicate_metadata", "A metadata name is there twice.", h('"__metadata__":{"a":"1","a":"2"}', t()))
case("metadata_number", "Metadata hold more than strings.", h('"__metadata__":{"a":1}', t()))
case("unknown_field", "A tensor has a field that the format does not know.", h('"a":{"dtype":"F32","shape":[2],"data_offsets":[0,8],"code":"x"}'))
case("unknown_type", "A type whose size is not known.", h(t(kind="X9")))
case("lacks_shape", "A tensor without a shape.", h('"a":{"dtype":"F32","data_offsets":[0,8]}'))
case("behind_header", "Something follows the object of the header.", h(t()) + "  evil")
case("comma", "A comma too many.", '{' + t() + ',}')
case("negative", "A negative size.", h(t(shape="[-2]")))
case("fraction", "A size that is no integer.", h(t(shape="[2.0]")))
case("leading_zero", "A number that JSON does not allow.", h(t(shape="[02]")))
case("truncated", "The header ends inside a string.", h(t())[:20])
case("too_long", "The header claims more than the format allows.", h(t()), 8, 100_000_001)
case("longer_than_file", "The header claims more than the file has.", h(t()), 8, 1000)
case("control", "A raw control character in a name.", h(t("x")).replace("x", "\x01"))
