"""Makes the archives beside it: benign ones with tarfile and GNU tar, others by
hand, because no program writes them.

    python make.py
"""
import io, os, pathlib, pickle, subprocess, tarfile, tempfile

here = pathlib.Path(__file__).parent
tarfile.RECORDSIZE = 1024


class Payload:
    def __reduce__(self):
        return os.system, ("true",)


benign = pickle.dumps({"layers": [64, 32]}, 4)
evil = pickle.dumps(Payload(), 2)
END = bytes(1024)


def put(name, *parts):
    (here / (name + ".tar")).write_bytes(b"".join(parts))


def block(name, kind=b"0", size=0, link=b"", magic=b"ustar\x0000", prefix=b"", mode=b"0000644\0", sized=None, sum=None):
    """One header."""
    if isinstance(name, str):
        name = name.encode()
    b = bytearray(512)

    def field(at, value):
        b[at:at + len(value)] = value

    field(0, name[:100])
    field(100, mode)
    field(108, b"0000000\0")
    field(116, b"0000000\0")
    field(124, sized if sized is not None else b"%011o\0" % size)
    field(136, b"00000000000\0")
    field(156, kind)
    field(157, link[:100])
    field(257, magic)
    field(345, prefix)
    field(148, b" " * 8)
    field(148, sum if sum is not None else b"%06o\0 " % __builtins__.sum(b))
    return bytes(b)


def filled(data):
    return data + bytes(-len(data) % 512)


def file(name, data=benign, **kw):
    return block(name, size=len(data), **kw) + filled(data)


def pax(kind=b"x", **records):
    data = b""
    for key, value in records.items():
        line = b" " + key.replace("__", ".").encode() + b"=" + value + b"\n"
        n = len(line)
        while len(str(n)) + len(line) != n:
            n = len(str(n)) + len(line)
        data += str(n).encode() + line
    return block("PaxHeaders/x", kind, len(data)) + filled(data)


def gnu(kind, name):
    data = name.encode() + b"\0"
    return block("././@LongLink", kind, len(data), magic=b"ustar  \0") + filled(data)


# What real programs write.
for name, fmt in (("ustar", tarfile.USTAR_FORMAT), ("gnu", tarfile.GNU_FORMAT), ("pax", tarfile.PAX_FORMAT)):
    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode="w", format=fmt) as t:
        names = ["model/a.pkl", "model/" + "long/" * 22 + "b.pkl"]
        if fmt != tarfile.USTAR_FORMAT:
            names += ["model/" + "x" * 160 + ".pkl", "größe/c.pkl"]
        folder = tarfile.TarInfo("model")
        folder.type, folder.mode = tarfile.DIRTYPE, 0o755
        t.addfile(folder)
        for n in names:
            info = tarfile.TarInfo(n)
            info.size, info.mtime = len(benign), 1.5 if fmt == tarfile.PAX_FORMAT else 1
            t.addfile(info, io.BytesIO(benign))
        link = tarfile.TarInfo("model/latest.pkl")
        link.type, link.linkname = tarfile.SYMTYPE, "../model/a.pkl"
        t.addfile(link)
        hard = tarfile.TarInfo("model/same.pkl")
        hard.type, hard.linkname = tarfile.LNKTYPE, names[0 if fmt == tarfile.USTAR_FORMAT else 1]
        t.addfile(hard)
        empty = tarfile.TarInfo("model/__init__.py")
        t.addfile(empty)
    put("benign_" + name, out.getvalue())

with tempfile.TemporaryDirectory() as d:
    p = pathlib.Path(d)
    (p / "a.pkl").write_bytes(benign)
    (p / ("n" * 120 + ".pkl")).write_bytes(benign)
    with open(p / "sparse.bin", "wb") as f:
        for i in range(8):
            f.seek(i << 20)
            f.write(b"x" * 512)
        f.truncate(9 << 20)
    os.symlink("a.pkl", p / "l.pkl")
    run = ["tar", "-C", d, "--owner=0", "--group=0", "--mtime=@0", "--sort=name", "-b2"]
    for fmt in ("v7", "oldgnu", "posix"):
        files = ["a.pkl", "l.pkl"] + ([] if fmt == "v7" else ["n" * 120 + ".pkl"])
        opts = ["--pax-option=exthdr.name=x,delete=atime,delete=ctime"] if fmt == "posix" else []
        subprocess.run(run + ["--format=" + fmt] + opts + ["-cf", here / f"benign_tar_{fmt}.tar"] + files, check=True)
        if fmt != "v7":
            subprocess.run(run + ["--format=" + fmt] + opts + ["-S", "-cf", here / f"sparse_{fmt}.tar", "sparse.bin"], check=True)

put("global", pax(b"g", comment=b"0123abc"), file("a.pkl"), END)

# Where members end up.
put("evil", file("a.pkl"), file("b/data.pkl", evil), END)
put("slip", file("../a.pkl"), file("b/../../c.pkl"), END)
put("absolute", file("/etc/a.pkl"), file("C:/a.pkl"), file("\\\\host\\a.pkl"), END)
put("backslash", file("b\\a.pkl"), END)
put("pax_slip", pax(path=b"../" + b"x" * 100 + b".pkl"), file("../" + "x" * 97), END)
put("long_slip", gnu(b"L", "../" + "x" * 100 + ".pkl"), file("../" + "x" * 97, magic=b"ustar  \0"), END)
put("symlink_absolute", block("a", b"2", link=b"/etc/passwd"), END)
put("symlink_up", block("b/a", b"2", link=b"../../x"), END)
put("symlink_chain", block("b/c/root", b"2", link=b"../.."), block("out", b"2", link=b"b/c/root/../x"), END)
put("symlink_circle", block("a", b"2", link=b"b"), block("b", b"2", link=b"a"), END)
put("symlink_through", block("a", b"2", link=b"b"), file("a/c.pkl"), END)
put("hardlink_up", block("a", b"1", link=b"../x"), END)
put("hardlink_absent", file("b.pkl"), block("a", b"1", link=b"weights.pkl"), END)
put("hardlink_symlink", block("b", b"2", link=b"/etc"), block("a", b"1", link=b"b/passwd"), END)
put("device", block("a", b"3"), block("b", b"4"), block("c", b"6"), END)
put("twice", file("a.pkl"), file("./a.pkl", evil), END)
put("case", file("Model/a.pkl"), file("model/a.pkl"), END)
put("folders_twice", block("b/", b"5"), block("./b", b"5"), file("b/a.pkl"), END)
put("link_then_file", block("a.pkl", b"2", link=b"b.pkl"), file("a.pkl"), END)

# What programs disagree about.
put("pax_path", pax(path=b"b.pkl"), file("a.pkl"), END)
put("pax_linkpath", pax(linkpath=b"/etc/passwd"), block("a", b"2", link=b"b"), END)
inside = file("evil.pkl", evil)
put("pax_size", pax(size=b"%d" % len(inside)), block("a.bin", size=0), inside, END)
put("pax_size_less", pax(size=b"0"), block("a.bin", size=len(inside)), inside, END)
put("pax_size_word", pax(size=b"0x10"), file("a.pkl"), END)
put("pax_empty", pax(path=b""), file("a.pkl"), END)
put("pax_zero", pax(path=b"a.pkl\0.txt" + b"x" * 100), file("a.pkl\0.txt" + "x" * 89), END)
data = b"14 path=a.pkl\n14 path=b.pkl\n"
put("pax_twice", block("x", b"x", len(data)) + filled(data), file("b.pkl"), END)
put("pax_two_headers", pax(path=b"a.pkl"), pax(path=b"a.pkl"), file("a.pkl"), END)
data = b"99 path=a.pkl\n"
put("pax_malformed", block("x", b"x", len(data)) + filled(data), file("a.pkl"), END)
put("pax_alone", file("a.pkl"), pax(path=b"a.pkl"), END)
put("pax_outside", block("x", b"x", 1 << 19), END)
put("pax_huge", block("x", b"x", (1 << 20) + 1), END)
put("global_path", pax(b"g", path=b"b.pkl"), file("a.pkl"), END)
put("global_size", pax(b"g", size=b"0"), file("a.pkl"), END)
put("long_and_pax", gnu(b"L", "n" * 101), pax(path=b"n" * 102), file("n" * 100), END)
put("long_differs", gnu(b"L", "b.pkl"), file("a.pkl", magic=b"ustar  \0"), END)
put("long_twice", gnu(b"L", "n" * 101), gnu(b"L", "n" * 102), file("n" * 100, magic=b"ustar  \0"), END)
put("long_link", gnu(b"K", "/" + "n" * 101), block("a", b"2", link=b"/" + b"n" * 98, magic=b"ustar  \0"), END)
put("long_name", gnu(b"L", "n" * 5000), file("n" * 100, magic=b"ustar  \0"), END)
put("link_size", block("a", b"2", size=len(inside), link=b"b"), inside, END)
put("folder_size", block("a/", b"\0", size=len(inside)), inside, END)
put("prefix_gnu", file("a.pkl", magic=b"ustar  \0", prefix=b"b"), END)

# Layers of images: what they delete.
put("whiteout", file("a.pkl"), file("a/.wh.b.pkl", b""), file("a/.wh..wh..opq", b""), END)
put("whiteout_up", file("a/b/.wh...", b""), file("a/.wh..", b""), file(".wh.", b""), END)

# What does not add up.
put("checksum", file("a.pkl"), file("b.pkl", evil, sum=b"000001\0 "), END)
put("number", file("a.pkl"), block("b.pkl", sized=b"0o17\0") + END)
put("number_rest", block("b.pkl", sized=b"00000000001\0"[:4] + b"\0" + b"7777777") + END)
put("number_negative", block("b.pkl", sized=b"\xff" * 12) + END)
put("number_large", block("b.pkl", sized=b"\x80" + b"\x7f" * 11) + END)
put("binary_size", block("a.pkl", sized=b"\x80" + len(benign).to_bytes(11, "big")), filled(benign), END)
put("mode", file("a.pkl", mode=b"0x1ff\0\0\0"), END)
put("padding", block("a.pkl", size=len(benign)), benign + b"\x01" * (-len(benign) % 512), END)
put("member_cut", block("a.pkl", size=1 << 20), filled(evil))
put("header_cut", file("a.pkl"), block("b.pkl")[:300])
put("no_end", file("a.pkl"))
put("half_end", file("a.pkl"), bytes(512))
put("unknown_kind", file("a.pkl", kind=b"M"), END)
put("no_name", pax(path=b"\0"), file("x"), END)
put("blocks", file("a.pkl"), bytes(20 * 512))

# What follows the end.
put("second_archive", file("a.pkl"), END, file("b.pkl", evil), END)
put("lone_zeros", file("a.pkl"), bytes(512), file("b.pkl", evil), END)
put("trailing", file("a.pkl"), END, evil)
put("nested", file("inner.tar", file("a.pkl", evil) + END), END)
