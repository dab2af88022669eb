"""Writes the hand-made cases of this folder: pickles that other scanners took
for clean, each with its opcodes as comments. What they call does nothing.

    python3 scan/pickle/testdata/cases.py && go test ./scan/pickle -update

The second command adds what the scanner says; read it before you commit it.
"""

import os
import pickletools
import struct
import zipfile
import io

HERE = os.path.dirname(os.path.abspath(__file__))
CMD = b"true"


def u8(s):  # SHORT_BINUNICODE
    return b"\x8c" + bytes([len(s)]) + s


def u4(s):  # BINUNICODE
    return b"X" + struct.pack("<I", len(s)) + s


def sg(module, name):  # STACK_GLOBAL
    return u8(module) + u8(name) + b"\x93"


def glob(module, name):
    return b"c" + module + b"\n" + name + b"\n"


def call(fn, *args):
    return fn + b"(" + b"".join(args) + b"tR"


SYSTEM = call(glob(b"os", b"system"), u4(CMD))
P2, P4 = b"\x80\x02", b"\x80\x04"


def text(data):
    """Returns data as hexadecimal text, one opcode a line as far as they go."""
    out, end = [], 0
    try:
        for op, arg, pos in pickletools.genops(data):
            if out:
                out[-1][1] = pos
            end = pos + 1
            out.append([pos, end, op.name + ("" if arg is None else " " + ascii(arg))])
    except Exception:
        if out:  # where the last good opcode ends is not known
            out[-1][1] = end = len(data)
            out[-1][2] += " ..."
    lines = []
    for start, stop, note in out:
        chunk = data[start:stop]
        for i in range(0, len(chunk), 16):
            lines.append("%-48s # %s" % (chunk[i : i + 16].hex(" "), note[:60] if i == 0 else "..."))
    rest = data[end:]
    for i in range(0, len(rest), 16):
        lines.append("%-48s # ..." % rest[i : i + 16].hex(" "))
    return "\n".join(lines) + "\n"


def case(name, why, data, file="model.pkl"):
    with open(os.path.join(HERE, name + ".txtar"), "w") as f:
        f.write("%s\n\n-- %s.hex --\n%s-- want --\n" % (why, file, text(data)))


def zipped():
    buf = io.BytesIO()
    with zipfile.ZipFile(buf, "w") as z:
        z.writestr(zipfile.ZipInfo("a/data.pkl"), b"\x80\x02}.")
    return buf.getvalue()


case("system", "The plainest attack: a call of os.system.", P2 + SYSTEM + b".")
case("stack_global", "The name is on the stack, as protocol 4 writes it.", P4 + b"\x95" + struct.pack("<Q", 21) + sg(b"os", b"system") + u8(CMD) + b"\x85R.")
case("memo_after_pop", "A string survives in the memo after it was popped; a scanner that looks for the last strings misses it.",
     P4 + u8(b"os") + b"\x940" + u8(b"collections") + b"0h\x00" + u8(b"system") + b"\x93" + u8(CMD) + b"\x85R.")
case("memo_gap", "Memo entry 7 is set by number, and the next MEMOIZE takes entry 1.",
     P4 + u8(b"os") + b"q\x07" + u8(b"system") + b"\x9400h\x07h\x01\x93" + u8(CMD) + b"\x85R.")
case("memo_overwritten", "A memo entry is first harmless and then not.",
     P4 + u8(b"collections") + b"q\x000" + u8(b"os") + b"q\x000h\x00" + u8(b"system") + b"\x93" + u8(CMD) + b"\x85R.")
case("operand_first", "The operands are the very first opcodes, where a backward search is off by one.", sg(b"os", b"system") + u8(CMD) + b"\x85R.")
case("operand_dup", "The name of the module and of the object is one string, made by DUP.", P4 + u8(b"pty") + b"2\x93" + b".")
case("frame_short", "A frame of two bytes ends inside an argument: one unpickler of CPython jumps, the other refuses.",
     P4 + b"\x95" + struct.pack("<Q", 2) + b"C\x10" + b"0123456789abcdef0" + SYSTEM + b".")
case("frame_long", "A frame is longer than the file: one unpickler of CPython refuses, the other goes on.", P4 + b"\x95" + struct.pack("<Q", 1 << 20) + b"K\x01.")
case("frame_nested", "A frame begins inside another.", P4 + b"\x95" + struct.pack("<Q", 13) + b"N0\x95" + struct.pack("<Q", 2) + b"N.")
case("dotted", "A dotted name walks from a harmless module to os.", P4 + sg(b"pathlib", b"os.system") + u8(CMD) + b"\x85R.")
case("dotted_alias", "The same through a private alias in the module random.", P4 + sg(b"random", b"_os.system") + u8(CMD) + b"\x85R.")
case("sys_modules", "A module is replaced, so that an allowed name means something else afterwards.",
     P4 + sg(b"collections", b"_sys.modules") + u8(b"datetime") + sg(b"collections", b"_sys") + b"s0" + sg(b"datetime", b"datetime") + b".")
case("build_function", "BUILD sets attributes of a class that was only imported.", P2 + glob(b"collections", b"OrderedDict") + b"}" + u4(b"x") + b"K\x01sb.")
case("extension", "The name is put into the extension registry and then called by number.",
     P2 + call(glob(b"copyreg", b"add_extension"), u4(b"os"), u4(b"system"), b"K\x07") + b"0\x82\x07" + u4(CMD) + b"\x85R.")
case("extension_unknown", "An extension code whose meaning only the loading process knows.", P2 + b"\x82\x2a)R.")
case("import_module", "The module is found by import_module and the function by getattr_static.",
     P2 + call(glob(b"inspect", b"getattr_static"), call(glob(b"importlib", b"import_module"), u4(b"os")), u4(b"system")) + u4(CMD) + b"\x85R.")
case("getattr", "builtins.getattr is allowed, what it finds is judged.",
     P2 + call(glob(b"builtins", b"getattr"), glob(b"torch", b"hub"), u4(b"load")) + u4(CMD) + b"\x85R.")
case("vars_getitem", "vars and getitem find the function.",
     P2 + call(glob(b"operator", b"getitem"), call(glob(b"builtins", b"vars"), call(glob(b"builtins", b"__import__"), u4(b"os"))), u4(b"system")) + u4(CMD) + b"\x85R.")
case("resolve_name", "One function finds any object.", P2 + call(glob(b"pkgutil", b"resolve_name"), u4(b"os:system")) + u4(CMD) + b"\x85R.")
case("attrgetter", "The attribute is looked up by a callable object.",
     P2 + call(call(glob(b"operator", b"attrgetter"), u4(b"system")), call(glob(b"importlib", b"import_module"), u4(b"os"))) + u4(CMD) + b"\x85R.")
case("methodcaller", "The method is called by a callable object, on the object that a file has.",
     P2 + call(call(glob(b"operator", b"methodcaller"), u4(b"load_state_dict"), u4(CMD)), call(glob(b"collections", b"OrderedDict"))) + b".")
case("partial", "The function is hidden in a partial object.", P2 + call(call(glob(b"functools", b"partial"), glob(b"os", b"system"), u4(CMD))) + b".")
case("partial_state", "The function enters a partial object by its state.",
     P2 + call(glob(b"functools", b"partial"), glob(b"collections", b"OrderedDict")) + b"(" + glob(b"os", b"system") + b"(" + u4(CMD) + b"t}Ntb)R.")
case("instance", "INST imports and calls at once.", b"(S'" + CMD + b"'\nios\nsystem\n.")
case("object_popped", "OBJ calls, and the result is popped before anybody looks.", P2 + b"(" + glob(b"os", b"system") + u4(CMD) + b"o0N.")
case("new_object", "NEWOBJ makes an object of a class that starts programs.", P2 + glob(b"subprocess", b"Popen") + u4(CMD) + b"\x85\x81.")
case("new_object_ex", "NEWOBJ_EX does so with keyword arguments.", P4 + sg(b"subprocess", b"Popen") + b"](" + u8(CMD) + b"e\x85}\x92.")
case("pop_mark", "The call happens between a mark and POP_MARK.", P2 + b"(" + SYSTEM + b"1N.")
case("broken_tail", "The call comes first and the file is broken behind it: the unpickler has run it when it fails.", P2 + SYSTEM + b"\xff\xff")
case("absent_memo", "A memo entry that was never set ends the scan of others, after the call.", P2 + SYSTEM + b"0h\x63.")
case("no_newline", "The file ends inside the second line of GLOBAL, and Python drops the last letter.", b"cos\nsystemX")
case("octal_name", "The name is written with octal escapes.", b"S'\\157s'\nS'sys\\x74em'\n\x93(S'" + CMD + b"'\ntR.")
case("unicode_name", "The name is written with Unicode escapes.", b"V\\u006fs\nVsystem\n\x93(V" + CMD + b"\ntR.")
case("python2", "Names of Python 2, which Python 3 renames.", b"c__builtin__\neval\n(S'1'\ntR0ccommands\ngetoutput\n(S'" + CMD + b"'\ntR.")
case("nested", "PyTorch itself unpickles bytes inside a pickle.", P2 + b"ctorch.storage\n_load_from_bytes\nB" + struct.pack("<I", len(P2 + SYSTEM + b".")) + P2 + SYSTEM + b".\x85R.")
case("nested_latin", "The bytes are a text in Latin-1, as protocol 2 writes them.",
     P2 + b"ctorch.storage\n_load_from_bytes\nc_codecs\nencode\n" + u4((P2 + SYSTEM + b".").decode("latin1").encode()) + u4(b"latin1") + b"\x86R\x85R.")
case("nested_unknown", "The bytes to unpickle cannot be determined.", P2 + b"ctorch.storage\n_load_from_bytes\ncbuiltins\nbytes\n(tR\x85R.")
case("second_stream", "The call is in the second pickle of the file.", P2 + b"}." + P2 + SYSTEM + b".")
case("magic_by_call", "The number that begins an old checkpoint is made by a call, and the payload is in the fourth pickle.",
     P2 + call(glob(b"builtins", b"int"), u4(b"119547037146038801333356")) + b"." + P2 + b"M\xe9\x03." + P2 + b"}." + P2 + SYSTEM + b".")
case("zip_behind", "An archive follows the pickle: one program reads the pickle, another the archive.", P2 + b"}." + zipped())
case("bytes_behind", "Bytes that no format knows follow the pickle.", P2 + b"}." + b"\xde\xad\xbe\xef" * 4)
case("filler_behind", "A newline follows the pickle.", b"N.\n")
case("apply", "A function of PyTorch calls its first argument.",
     P2 + call(b"ctorch._tensor\n_rebuild_from_type_v2\n", glob(b"os", b"system"), glob(b"torch", b"Tensor"), u4(CMD) + b"\x85", b"}") + b".")
case("reconstructor", "copyreg makes an object of a class that is not known.", P2 + call(glob(b"copyreg", b"_reconstructor"), glob(b"mylib", b"Model"), glob(b"builtins", b"object"), b"N") + b".")
case("lazy", "map calls later, when somebody looks.", P2 + call(glob(b"builtins", b"list"), call(glob(b"builtins", b"map"), glob(b"os", b"system"), b"](" + u4(CMD) + b"e")) + b".")
case("gadget", "A function of NumPy that evaluates a string, on no list of names.", P2 + call(glob(b"numpy.testing._private.utils", b"runstring"), u4(CMD), b"}") + b".")
case("gadget_torch", "A function of PyTorch that starts a program.", P2 + call(glob(b"torch.utils.collect_env", b"run"), u4(CMD)) + b".")
case("network", "Loading would reach the network.", P2 + call(glob(b"urllib.request", b"urlopen"), u4(b"http://127.0.0.1/")) + b".")
case("persistent_call", "An object that the loader supplies is called.", P2 + u4(b"id") + b"Q)R.")
case("unknown_class", "A class that nobody here knows, named and called.", P2 + glob(b"mylib", b"Model") + b")\x81}b.")
case("unknown_import", "A function that nobody here knows, named only.", P2 + glob(b"mylib", b"helper") + b".")
case("imported_only", "A dangerous function, named only.", P2 + glob(b"os", b"system") + b".")
case("protocol_twice", "The protocol is declared twice.", P2 + P4 + b"N.")
case("literal", "A number that is none: unpicklers stop, or do not.", b"Ix\n0" + SYSTEM + b".")
case("truncated", "The file ends inside a string.", P2 + b"X\xff\x00\x00\x00abc")
case("wide", "More arguments than are kept, and none of them hides the call.", P2 + call(glob(b"os", b"execl"), *[b"K" + bytes([i]) for i in range(30)]) + b".")



WRAPPER = glob(b"joblib.numpy_pickle", b"NumpyArrayWrapper") + b")\x81"


def dtype(name=b"f8", state=b"(K\x03U\x01<NNNJ\xff\xff\xff\xffJ\xff\xff\xff\xffK\x00tb"):
    return call(glob(b"numpy", b"dtype"), u4(name), b"K\x00", b"K\x01") + state


def wrapper(shape=b"K\x02\x85", dtype=dtype(), align=b"K\x10", more=b"", frame=b""):
    """The state of joblib's wrapper; the array follows in line."""
    s = WRAPPER + b"}(" + u4(b"subclass") + glob(b"numpy", b"ndarray") + u4(b"shape") + shape + u4(b"order") + u4(b"C")
    s += u4(b"dtype") + dtype + u4(b"allow_mmap") + b"\x88"
    if align:
        s += u4(b"numpy_array_alignment_bytes") + align
    return s + more + b"u" + frame + b"b"


FILLER = b"\x04" + b"\xff" * 4
ARRAY = bytes(range(1, 17))
OBJECT = dtype(b"O8", b"(K\x03U\x01|NNNJ\xff\xff\xff\xffJ\xff\xff\xff\xffK\x3ftb")
RECORD = b"(K\x03U\x01|NU\x01a\x85}%sK\x01K\x10tb"
J = "model.joblib"
case("joblib_after", "A call stands behind an array in line, which joblib passes over.", P2 + wrapper() + FILLER + ARRAY + SYSTEM + b"\x86.", J)
case("joblib_polyglot", "The bytes of an array are opcodes that name a function with the strings of the memo, for an unpickler that knows nothing of joblib.",
     P2 + u4(b"os") + b"q\x01" + u4(b"system") + b"q\x02" + u4(CMD) + b"q\x03000" + wrapper(align=b"") + b"0h\x01h\x02\x93h\x03\x85R.N" + b"\0" * 3 + b".", J)
case("joblib_polyglot2", "The same in an array of objects: its own memo makes it harmless, the one around it does not.",
     P2 + u4(b"os") + b"q\x01" + u4(b"system") + b"q\x02" + u4(CMD) + b"q\x03000" + wrapper(dtype=OBJECT, align=b"") + P2
     + u4(b"collections") + b"\x940" + u4(b"collections") + b"\x940" + u4(b"OrderedDict") + b"\x940" + u4(b"a") + b"\x940"
     + b"h\x01h\x02\x93h\x03\x85R.N.", J)
case("joblib_old", "The same as versions before 1.2 write it, without filler.", P2 + wrapper(align=b"") + ARRAY + SYSTEM + b"\x86.", J)
case("joblib_plain", "The same as protocol 0 writes it.",
     call(glob(b"copy_reg", b"_reconstructor"), glob(b"joblib.numpy_pickle", b"NumpyArrayWrapper"), glob(b"__builtin__", b"object"), b"N")
     + b"(dS'shape'\n(I2\ntsS'dtype'\n" + call(glob(b"numpy", b"dtype"), b"S'f8'\n", b"I0\n", b"I1\n") + b"sb" + ARRAY + b"0" + SYSTEM + b".", J)
case("joblib_objects", "The call stands in an array of objects, which is a pickle in the middle of the other.",
     P2 + wrapper(dtype=OBJECT) + P2 + SYSTEM + b"." + b"K\x01\x86.", J)
case("joblib_after_objects", "The call stands behind an array of objects.", P2 + wrapper(dtype=OBJECT) + P2 + b"]." + SYSTEM + b"\x86.", J)
case("joblib_record", "A record says in its flags that it holds objects, so that no bytes follow but a pickle.",
     P2 + wrapper(dtype=dtype(b"V16", b"(K\x03U\x01|NU\x01a\x85}K\x10K\x01K\x3ftb")) + P2 + b"]." + SYSTEM + b"\x86.", J)
case("joblib_short", "An array claims fewer bytes than it has, so that the rest is read as opcodes.", P2 + wrapper(shape=b"K\x01\x85") + FILLER + ARRAY[:8] + SYSTEM + ARRAY[8:] + b".", J)
case("joblib_long", "An array claims more bytes than the file has.", P2 + wrapper(shape=b"J\x00\x00\x00\x10\x85") + FILLER + ARRAY + SYSTEM + b".", J)
case("joblib_overflow", "The size of an array is 2 to the power of 67.", P2 + wrapper(shape=b"\x8a\x05\x00\x00\x00\x00\x01" * 2 + b"\x86") + FILLER + ARRAY + b".", J)
case("joblib_negative", "An array has a negative dimension.", P2 + wrapper(shape=b"J\xff\xff\xff\xff\x85") + FILLER + ARRAY + b".", J)
case("joblib_filler", "The filler before an array is longer than any alignment and holds opcodes.", P2 + wrapper() + bytes([len(SYSTEM)]) + SYSTEM + ARRAY + b".", J)
case("joblib_frame", "An array begins inside a frame.", P4 + b"\x95" + struct.pack("<Q", len(wrapper()) + 3) + wrapper() + FILLER + ARRAY + SYSTEM + b"\x86.", J)
case("joblib_no_shape", "The wrapper has no state that says how large the array is.", P2 + WRAPPER + b"}b" + FILLER + ARRAY + b".", J)
case("joblib_size_lie", "The state of a dtype gives it another size than its name.",
     P2 + wrapper(dtype=dtype(b"V16", b"(K\x03U\x01|NNNK\x08K\x01K\x10tb")) + FILLER + ARRAY + b".", J)

import base64
import zlib

HIDDEN = P2 + SYSTEM + b"."


def constant(b, code=b"B"):
    return P2 + code + struct.pack("<I", len(b)) + b + b"."


case("hidden_bytes", "A pickle stands in a constant, at an odd offset.", constant(b"some text " + HIDDEN + b" and more"))
case("hidden_plain", "A pickle of protocol 0, which no magic number begins, stands in a text.", constant(b"words (cos\nsystem\n(S'" + CMD + b"'\ntR. words", b"X"))
case("hidden_inst", "One that imports with INST stands behind its mark.", constant(b"words (S'" + CMD + b"'\nios\nsystem\n. words", b"X"))
case("hidden_stack", "The name is on the stack, and no protocol is declared.", constant(b"....." + sg(b"os", b"system") + u8(CMD) + b"\x85R....."))
case("hidden_finder", "What is hidden finds its function by name.",
     constant(b".." + call(glob(b"builtins", b"getattr"), call(glob(b"importlib", b"import_module"), u4(b"os")), u4(b"system")) + u4(CMD) + b"\x85R."))
case("hidden_unknown", "A complete pickle that names a class nobody knows stands in a constant.", constant(b"...." + P2 + glob(b"mylib", b"Model") + b")\x81}b...."))
case("hidden_base64", "A constant holds a pickle in Base64.", constant(base64.b64encode(HIDDEN), b"X"))
case("hidden_base64_lines", "The same in lines and in the other alphabet.", constant(base64.urlsafe_b64encode(P2 + u4(b"\xc3\xbf>?" * 30) + b"0" + SYSTEM + b".")[:76] + b"\n" + base64.urlsafe_b64encode(P2 + u4(b"\xc3\xbf>?" * 30) + b"0" + SYSTEM + b".")[76:], b"X"))
case("hidden_hex", "A constant holds a pickle in hexadecimal.", constant(HIDDEN.hex().encode(), b"X"))
case("hidden_zlib", "A constant holds a packed pickle.", constant(zlib.compress(HIDDEN)))
case("hidden_deep", "A constant holds a packed pickle in Base64, in Base64.", constant(base64.b64encode(base64.b64encode(zlib.compress(HIDDEN))), b"X"))
case("hidden_behind", "A pickle stands in the bytes behind the end.", P2 + b"}." + b"\xde\xad" * 3 + HIDDEN)
case("ok_words", "Words that begin like the import of a module, one a line.", constant(b"cat\ndog\ncos\nsin\ncode\ncobra\nios\nandroid\n.net\n", b"X"))
case("ok_inner", "A harmless pickle stands in a constant, in itself and in Base64.",
     constant(P2 + glob(b"collections", b"deque") + b")R.")[:-1] + u4(base64.b64encode(P2 + b"}" * 24 + b".")) + b"\x86.")

case("tar_storages", "The numbers of a storage are passed over, and a pickle behind them is not.",
     P2 + b"K\x01." + P2 + b"K\x07" + u4(b"cpu") + glob(b"torch", b"FloatStorage") + b"\x87." + struct.pack("<Q", 2) + bytes(8) + P2 + SYSTEM + b".", "storages")
case("tar_lie", "A storage claims more numbers than there are.",
     P2 + b"K\x01." + P2 + b"K\x07" + u4(b"cpu") + glob(b"torch", b"FloatStorage") + b"\x87." + struct.pack("<Q", 1 << 40) + bytes(8), "storages")

BIG = b"\x8a\x06" + struct.pack("<Q", 10**12)[:6]
case("huge_bytes", "A trillion zero bytes.", P2 + call(glob(b"builtins", b"bytes"), BIG) + b".")
case("huge_number", "More zero bytes than eight bytes can say.", P2 + call(glob(b"builtins", b"bytearray"), b"\x8a\x0a" + b"\xff" * 9 + b"\0") + b".")
case("huge_range", "A list of a trillion numbers.", P2 + call(glob(b"builtins", b"list"), call(glob(b"builtins", b"range"), BIG)) + b".")
case("huge_array", "An array of a million by a million.", P2 + call(glob(b"numpy", b"ndarray"), b"J\x40\x42\x0f\0" * 2 + b"\x86") + b".")
case("huge_layer", "A layer of a million by a million.", P2 + call(glob(b"torch.nn.modules.linear", b"Linear"), b"J\x40\x42\x0f\0" * 2) + b".")
case("huge_memo", "One entry of the memo, far out.", P2 + b"Nr\xff\xff\xff\x7f.")
case("ok_range", "A range that nobody lists, and one that is small.", P2 + call(glob(b"builtins", b"range"), BIG) + b"0" + call(glob(b"builtins", b"list"), call(glob(b"builtins", b"range"), b"K\x05")) + b".")

LOADS = glob(b"torch.storage", b"_load_from_bytes")
PARTIAL = call(glob(b"functools", b"partial"), LOADS, call(glob(b"builtins", b"bytes"), b"](K\x80e"))
NAMESPACE = call(glob(b"argparse", b"Namespace"))
case("kept_generator", "A constructor of NumPy calls its second argument with its first.", P2 + call(glob(b"numpy.random._pickle", b"__generator_ctor"), u4(b"x"), LOADS) + b".")
case("kept_sentinel", "An iterator calls a partial object until it returns None.",
     P2 + call(glob(b"builtins", b"list"), call(glob(b"builtins", b"iter"), PARTIAL, b"N")) + b".")
case("kept_method", "An iterator calls the method of a path.",
     P2 + call(glob(b"builtins", b"iter"), call(glob(b"builtins", b"getattr"), call(glob(b"pathlib", b"Path"), u4(b"x")), u4(b"touch")), b"N") + b".")
case("kept_factory", "A dictionary calls a partial object for what is missing.", P2 + call(glob(b"collections", b"defaultdict"), PARTIAL) + b".")
case("kept_state", "The state of a layer has a function in the place of a method.",
     P2 + glob(b"torch.nn.modules.linear", b"Identity") + b")\x81}" + u4(b"forward") + PARTIAL + b"sb.")
case("kept_set_state", "The state of an object is a method that gets the next state.", P2 + NAMESPACE + b"}" + u4(b"__setstate__") + glob(b"mylib", b"helper") + b"sb" + u4(CMD) + b"b.")
case("kept_append", "APPEND calls a method that an object has from its state.", P2 + NAMESPACE + b"}" + u4(b"append") + glob(b"mylib", b"helper") + b"sb" + u4(CMD) + b"a.")
case("kept_items", "ADDITEMS and APPENDS fill what is neither a set nor a list.", P2 + NAMESPACE + b"(N\x90(Ne.")
case("kept_list", "A list, a frozen set, a dictionary and arguments hold what unpickles.",
     P4 + b"(" + LOADS + b"l0(" + glob(b"copyreg", b"__newobj__") + b"\x910(N" + glob(b"builtins", b"getattr") + b"d0(" + glob(b"mylib", b"Model") + glob(b"functools", b"partial") + b"o.")
case("reconstructor_base", "copyreg calls the constructor of another class than that of the object.",
     P2 + call(glob(b"copyreg", b"_reconstructor"), glob(b"collections", b"OrderedDict"), glob(b"mylib", b"Base"), b"N") + b".")
case("kept_keywords", "Keyword arguments are an object of the process.", P4 + glob(b"builtins", b"object") + b")" + LOADS + b"\x92.")
case("kept_state_itself", "The state is a function.", P2 + NAMESPACE + LOADS + b"b.")
case("kept_outside", "A reference to an object outside is a function.", P2 + LOADS + b"Q.")
case("kept_caller", "Objects that call a method or look an attribute up are kept.",
     P2 + b"](" + call(glob(b"operator", b"methodcaller"), u4(b"unlink")) + call(glob(b"operator", b"attrgetter"), u4(b"__globals__")) + b"e.")
case("storage_type", "A reference has a function in the place of the type of a storage.",
     P2 + b"(" + u4(b"storage") + glob(b"collections", b"deque") + u4(b"0") + u4(b"cpu") + b"K\x01NtQ.")
case("tensor_item", "Items of a tensor are set.",
     P2 + call(glob(b"torch._utils", b"_rebuild_tensor_v2"), b"N", b"K\0", b"K\x01\x85", b"K\x01\x85", b"\x89", b"}") + b"K\x01K\x01s.")
case("nested_broken", "The bytes to unpickle come first and the file is broken behind them.",
     P2 + LOADS + b"B" + struct.pack("<I", len(P2 + SYSTEM + b".")) + P2 + SYSTEM + b".\x85R\xff")
case("ok_kept", "Partial objects, iterators, generators and containers as they are written.",
     P4 + b"(" + call(glob(b"functools", b"partial"), glob(b"numpy", b"log")) + b"(" + glob(b"numpy", b"log") + b")}Ntb"
     + call(glob(b"builtins", b"iter"), b"](K\x01e") + b"K\0b"
     + call(glob(b"numpy.random._pickle", b"__generator_ctor"), u4(b"PCG64"), glob(b"numpy.random._pickle", b"__bit_generator_ctor"))
     + call(glob(b"numpy.random._pickle", b"__bit_generator_ctor"), glob(b"numpy.random._pcg64", b"PCG64"))
     + call(glob(b"collections", b"defaultdict"), glob(b"builtins", b"list")) + u4(b"add") + glob(b"numpy", b"sum") + b"s"
     + call(glob(b"operator", b"attrgetter"), u4(b"weight")) + call(glob(b"collections", b"deque")) + b"(K\x01et.")

case("ok_plain", "What protocol 0 writes of bytes, and names of Python 2.",
     b"ctorch.storage\n_load_from_bytes\n(c_codecs\nencode\n(V\\u0080\x02}.\nVlatin1\ntRtR0cUserDict\nIterableUserDict\n(tR.")
case("nested_plain", "The bytes to unpickle are a text of protocol 0.",
     b"ctorch.storage\n_load_from_bytes\n(c_codecs\nencode\n(V\\u0080\x02cos\\u000asystem\\u000aX\x04\\u0000\\u0000\\u0000true\\u0085R.\nVlatin1\ntRtR.")
case("ok_module", "PyTorch before 1.6 writes the class of a module with its source.",
     P2 + b"(" + u4(b"module") + glob(b"torch.nn.modules.linear", b"Identity") + u4(b"linear.py") + u4(b"class Identity(Module):") + b"tQ)\x81}b.")
case("module_unknown", "The class of such a module is a function that starts programs.",
     P2 + b"(" + u4(b"module") + glob(b"os", b"system") + u4(b"linear.py") + u4(b"class Identity(Module):") + b"tQ" + u4(CMD) + b"\x85R.")

case("ok_none", "The pickle of None in protocol 0.", b"N.")
case("ok_memo", "A container that holds itself.", b"\x80\x04]\x94(h\x00K\x01e.")
case("ok_state", "What an OrderedDict reduces to.", P2 + glob(b"collections", b"OrderedDict") + b")R(" + u4(b"a") + b"K\x01u.")
case("getattr_allowed", "What getattr finds is judged even if the class is allowed.", P2 + call(glob(b"builtins", b"getattr"), glob(b"collections", b"OrderedDict"), u4(b"fromkeys")) + b".")
