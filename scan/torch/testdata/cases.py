"""Writes the hand-made cases of this folder: archives that programs read
differently.

    python3 scan/torch/testdata/cases.py && go test ./scan/torch -update

The second command adds what the scanner says; read it before you commit it.
"""

import os
import struct
import zlib

HERE = os.path.dirname(os.path.abspath(__file__))
PICKLE = b"\x80\x02}."
STORAGE = (b"\x80\x02ctorch._utils\n_rebuild_tensor_v2\n((X\x07\x00\x00\x00storagectorch\nFloatStorage\nX\x01\x00\x00\x000"
           b"X\x03\x00\x00\x00cpuK\x02tQK\x00K\x02\x85K\x01\x85\x89ccollections\nOrderedDict\n)RtR.")


class Zip:
    """An archive, part by part, each with a note."""

    def __init__(self):
        self.parts, self.entries = [], []

    def at(self):
        return sum(len(p) for p, _ in self.parts)

    def raw(self, data, note):
        self.parts.append((data, note))
        return self

    def add(self, name, data, *, local=None, flags=0, local_flags=None, method=0, crc=None, size=None, packed=None, mode=0, extra=b"", listed=True):
        name = name.encode() if isinstance(name, str) else name
        local = name if local is None else local.encode()
        crc = zlib.crc32(data) if crc is None else crc
        body = data
        if method == 8:
            c = zlib.compressobj(9, zlib.DEFLATED, -15)
            body = c.compress(data) + c.flush()
        size = len(data) if size is None else size
        packed = len(body) if packed is None else packed
        if listed:
            self.entries.append((name, flags, method, crc, packed, size, self.at(), mode))
        lf = flags if local_flags is None else local_flags
        self.raw(struct.pack("<4sHHHHHIIIHH", b"PK\3\4", 20, lf, method, 0, 33, crc, packed, size, len(local), len(extra)) + local + extra, "local header %r" % local.decode("latin1"))
        return self.raw(body, "data") if body else self

    def end(self, count=None, comment=b"", before=b""):
        start = self.at()
        for name, flags, method, crc, packed, size, off, mode in self.entries:
            self.raw(struct.pack("<4sBBHHHHHIIIHHHHHII", b"PK\1\2", 20, 3, 20, flags, method, 0, 33, crc, packed, size, len(name), 0, 0, 0, 0, mode << 16, off) + name, "directory %r" % name.decode("latin1"))
        size = self.at() - start
        n = len(self.entries) if count is None else count
        return self.raw(struct.pack("<4sHHHHIIH", b"PK\5\6", 0, 0, n, n, size, start, len(comment)) + comment, "end")


def runs(b):
    """Yields (bytes, count): long runs of one byte are written as a product."""
    while b:
        n = len(b) - len(b.lstrip(b[:1]))
        if n >= 32:
            yield b[:1], n
            b = b[n:]
            continue
        k = 16
        for i in range(1, min(16, len(b))):
            if len(b) - i >= 32 and len(set(b[i : i + 32])) == 1:
                k = i
                break
        yield b[:k], 1
        b = b[k:]


def case(name, why, z, file="model.pt"):
    lines = []
    for data, note in z.parts:
        for chunk, n in runs(data):
            row = chunk.hex(" ") + ("*%d" % n if n > 1 else "")
            lines.append("%-48s # %s" % (row, note))
            note = "..."
    with open(os.path.join(HERE, name + ".txtar"), "w") as f:
        f.write("%s\n\n-- %s.hex --\n%s\n-- want --\n" % (why, file, "\n".join(lines)))


case("ok_minimal", "A checkpoint without tensors.", Zip().add("m/data.pkl", PICKLE).add("m/version", b"3\n").end())
case("ok_storage", "One storage of eight bytes, as the pickle says.", Zip().add("m/data.pkl", STORAGE).add("m/data/0", bytes(8)).end())
HIDDEN = b"\x80\x02cos\nsystem\nX\x04\x00\x00\x00true\x85R."
LARGE = STORAGE.replace(b"tQK\x00K\x02", b"tQK\x00K\x10").replace(b"cpuK\x02", b"cpuK\x10")
CLASS = b'class M(Module):\n  __parameters__ = []\n  training : bool\n  def forward(self: __torch__.M,\n    x: Tensor) -> Tensor:\n'


def script(body):
    return Zip().add("m/data.pkl", STORAGE).add("m/data/0", bytes(8)).add("m/code/__torch__.py", CLASS + body).end()


case("hidden", "A pickle stands among the numbers of a storage.", Zip().add("m/data.pkl", LARGE).add("m/data/0", (b"\0" * 13 + HIDDEN).ljust(64, b"\0")).end())
case("hidden_packed", "The same in a packed member.", Zip().add("m/data.pkl", LARGE, method=8).add("m/data/0", (b"\0" * 13 + HIDDEN).ljust(64, b"\0"), method=8).end())
case("ok_script", "TorchScript that only speaks of Python in its strings and comments.",
     script(b'    _0 = "import os; exec(x)"\n    # eval(1)\n    ops.prim.RaiseException(_0, \'open("\\\'x")\')\n    _1 = (self).open(x, )\n    return torch.relu(x)\n'))
case("script_python", "The code of a script is Python.", script(b"    return x\nimport os\nos.system('true')\nexec('1')\n"))
case("script_file", "A script maps a file into memory.", script(b"    return torch.from_file('/etc/hostname', False, 8)\n"))
case("script_operator", "A script calls an operator that a library must bring.", script(b"    return ops.acme.run(x)\n"))
case("script_binary", "The code of a script is no text.", script(b"\xff\xfe"))
case("ok_deflate", "Packed members are unpacked and inspected.", Zip().add("m/data.pkl", STORAGE, method=8).add("m/data/0", bytes(8), method=8).end())
case("storage_size", "A storage is larger than the pickle says.", Zip().add("m/data.pkl", STORAGE).add("m/data/0", bytes(12)).end())
case("storage_missing", "A storage is not there.", Zip().add("m/data.pkl", STORAGE).end())
case("storage_unknown", "A member that the pickle does not refer to.", Zip().add("m/data.pkl", STORAGE).add("m/data/0", bytes(8)).add("m/data/1", b"\xfe\xed" * 9).end())
case("duplicate", "Two members have one name: one program reads the first, another the last.", Zip().add("m/data.pkl", PICKLE).add("m/data.pkl", b"\x80\x02N.").end())
case("case_collision", "Two names differ only in case.", Zip().add("m/data.pkl", PICKLE).add("m/Data.pkl", b"\x80\x02N.").end())
case("local_name", "The local header has another name than the directory.", Zip().add("m/data.pkl", PICKLE, local="m/data.txt").end())
case("flags", "The flag of encryption stops some programs; PyTorch ignores it.", Zip().add("m/data.pkl", PICKLE, flags=1).end())
case("flags_local", "Only the local header has the flag.", Zip().add("m/data.pkl", PICKLE, local_flags=0x41).end())
case("crc", "A wrong checksum stops Python; PyTorch reads on.", Zip().add("m/data.pkl", PICKLE, crc=1).end())
case("size_lie", "A packed member unpacks to more than it says.", Zip().add("m/data.pkl", PICKLE + bytes(64), method=8, size=4).end())
case("bomb", "A member claims to unpack to a gigabyte.", Zip().add("m/data.pkl", bytes(2000), method=8, size=1 << 30).end())
case("method", "A method of packing that is not known.", Zip().add("m/data.pkl", PICKLE, method=93).end())
case("unlisted", "A member that the directory does not list.", Zip().add("m/data.pkl", PICKLE).add("m/evil.pkl", PICKLE, listed=False).end())
case("gap", "Bytes between members belong to none.", Zip().add("m/data.pkl", PICKLE).raw(b"hidden", "gap").add("m/version", b"3").end())
prefix = Zip().add("m/data.pkl", PICKLE).end()
prefix.parts.insert(0, (b"PK\3\4#!/bin", "not a member"))
case("prefix", "Bytes stand before the archive, whose offsets count from its own start.", prefix)
case("trailing", "Bytes follow the archive.", Zip().add("m/data.pkl", PICKLE).end().raw(b"more", "behind"))
case("comment", "The archive has a comment.", Zip().add("m/data.pkl", PICKLE).end(comment=b"trust me"))
case("count", "The directory lists more members than it counts.", Zip().add("m/data.pkl", PICKLE).add("m/x.pkl", PICKLE).end(count=1))
case("slip", "A name leaves the folder that the archive is unpacked to.", Zip().add("../../.ssh/authorized_keys", b"").end())
case("symlink", "A member is a symbolic link.", Zip().add("m/link", b"/etc/passwd", mode=0o120777).end())
case("nul_name", "A zero byte ends the name for some programs.", Zip().add(b"m/data.pkl\0.txt", PICKLE).end())
case("padding", "The padding that aligns tensors holds data.", Zip().add("m/data.pkl", PICKLE, extra=b"FB\x08\x00payload!").end())
case("ok_padding", "The padding that PyTorch writes.", Zip().add("m/data.pkl", PICKLE, extra=b"FB\x08\x00ZZZZZZZZ").end())
case("no_directory", "The end of the archive is missing.", Zip().add("m/data.pkl", PICKLE))
case("empty_archive", "An archive without members.", Zip().end())
inner = Zip().add("m/data.pkl", b"\x80\x02cos\nsystem\nX\x04\x00\x00\x00true\x85R.").end()
case("nested", "An archive in an archive is inspected like any other.", Zip().add("inner.pt", b"".join(p for p, _ in inner.parts), method=8).add("dup", b"").add("dup", b"").end(), "outer.zip")
overlap = Zip().add("m/data.pkl", PICKLE)
overlap.entries.append((b"m/again.pkl",) + overlap.entries[0][1:])
case("overlap", "Two entries share one member.", overlap.end())
