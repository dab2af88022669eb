package floor_test

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"strings"
)

// structures returns the pickles that fool a reader whatever its lists say:
// they make it see another program than the one that runs.
func structures() []*entry {
	out := make([]*entry, 0, 64)
	add := func(ids, what string, runs bool, b []byte) {
		out = append(out, &entry{
			ids: strings.Split(ids, ","), format: "pickle", what: what, name: "model.pkl", runs: runs,
			make: func(facts) []byte { return b },
		})
	}
	start := newProgram
	system := func(p *program) *program { return p.str("os").op('q', 0, '0').str("system").op('q', 1, '0') }

	add("memo-after-pop", "fetches the names of an import from the memo after they left the stack", true,
		system(start()).op('h', 0, 'h', 1, 0x93).str(command).op(0x85, 'R').end())
	add("memo-memoize-mixed,memoize-index", "numbers its memo in two ways, so that a reader that counts picks other names", true,
		start().str("collections").op('q', 5, '0').str("os").op(0x94, '0').str("system").op(0x94, '0', 'h', 1, 'h', 2, 0x93).str(command).op(0x85, 'R').end())
	add("memo-overwritten", "stores a harmless name and another one in the same place of the memo", true,
		start().str("print").op('q', 1, '0').str("os").op('q', 0, '0').str("system").op('q', 1, '0', 'h', 0, 'h', 1, 0x93).str(command).op(0x85, 'R').end())
	add("memo-long-index", "numbers its memo beyond four million", true,
		start().str("os").op('r', 0, 0, 0x40, 0, '0').str("system").op('r', 1, 0, 0x40, 0, '0', 'j', 0, 0, 0x40, 0, 'j', 1, 0, 0x40, 0, 0x93).str(command).op(0x85, 'R').end())
	add("frame-argument-beyond", "has a frame that ends within an argument, where one unpickler runs what another takes for text", true, frameBeyond())
	add("frame-longer-than-file", "declares a frame that is longer than the file", true,
		start().op(0x95, 0, 0, 16, 0, 0, 0, 0, 0).payload().end())
	add("frame-zero", "declares frames of nothing before each opcode", true,
		start().op(0x95, 0, 0, 0, 0, 0, 0, 0, 0).payload().op('0', 0x95, 0, 0, 0, 0, 0, 0, 0, 0, 'N').end())
	add("GHSA-5j3x-jp52-966f", "imports a dotted name through a module that is known to be harmless", true, start().global("pathlib", "os.system").str(command).op(0x85, 'R').end())
	add("GHSA-5j3x-jp52-966f/alias", "imports a dotted name through a private alias of a module", true, start().global("random", "_os.system").str(command).op(0x85, 'R').end())
	add("dotted-modules", "imports a dotted name through the table of modules", true, start().global("collections", "_sys.modules").str("os").op(0x85).raw("0").expr(`operator:getitem(collections:_sys.modules, "os")`).end())
	add("state-modules", "puts another module in the place of one that is known to be harmless, and then imports that", true,
		start().global("collections", "_sys.modules").str("uuid").global("random", "_os").op('s', '0').global("uuid", "system").str(command).op(0x85, 'R').end())
	add("state-slots", "changes the attributes of an imported function", true,
		start().global("collections", "namedtuple").op('N', '}').str("__defaults__").expr(`("x",)`).op('s', 0x86, 'b').end())
	add("state-class", "changes the methods of an imported class", true,
		start().global("collections", "OrderedDict").op('N', '}').str("__setitem__").global("os", "system").op('s', 0x86, 'b', '0').
			global("collections", "OrderedDict").op(')', 'R').str(command).str(command).op('s').end())
	add("state-default-factory", "sets what an object calls by its state", true,
		start().expr(`functools:partial(builtins:print)`).expr(`(os:system, ($SH,), {}, None)`).op('b', ')', 'R').end())
	add("GHSA-mhc9-48gj-9gp3", "gives an object that is known to be harmless a method by its state", true,
		start().expr(`io:BytesIO()`).op('}').str("__setstate__").global("os", "system").op('s', 'b').str(command).op('b').end())
	add("extension-registry,extension-opcodes", "registers a function under a number and imports the number", true,
		start().expr(`copyreg:add_extension("os", "system", 66)`).op('0', 0x82, 66).str(command).op(0x85, 'R').end())
	add("extension-two-bytes", "imports a registered number of two bytes", true,
		start().expr(`copyreg:add_extension("os", "system", 513)`).op('0', 0x83, 1, 2).str(command).op(0x85, 'R').end())
	add("extension-unknown", "imports a number that another program has registered", true, start().op(0x82, 7).str(command).op(0x85, 'R').end())
	add("resolver-static", "finds a module and an attribute of it by two functions", true,
		start().expr(`inspect:getattr_static(importlib:import_module("os"), "system")($SH)`).end())
	add("resolver-vars", "finds a function as an item of the names of a module", true,
		start().expr(`operator:getitem(builtins:vars(importlib:import_module("os")), "system")($SH)`).end())
	add("resolver-getattr", "walks from an allowed class to os.system with allowed functions only", true, start().expr(theSystem+`($SH)`).end())
	add("resolver-attrgetter-chain", "walks several attributes at once", true,
		start().expr(`operator:attrgetter("__class__.__base__.__subclasses__")(collections:OrderedDict())()`).end())
	add("resolver-joined", "makes the name that it imports of two parts", true,
		start().expr(`importlib:import_module(builtins:str.join("", ["o", "s"]))`).end())
	add("nested-load-from-bytes", "unpickles bytes as a part of a checkpoint, which real checkpoints do too", true, start().expr(`torch.storage:_load_from_bytes($PICKLE)`).end())
	add("nested-latin", "unpickles bytes that it writes as text", true,
		start().expr(`torch.storage:_load_from_bytes(`+fmt.Sprintf(`_codecs:encode(%q, "latin1")`, "\u0080\x02cos\nsystem\nX\x04\x00\x00\x00true\u0085R.")+`)`).end())
	add("nested-twice", "unpickles bytes that unpickle bytes", true,
		start().global("torch.storage", "_load_from_bytes").bytes(start().expr(`torch.storage:_load_from_bytes($PICKLE)`).end()).op(0x85, 'R').end())
	add("nested-unused", "carries the bytes of a pickle that another file may unpickle", false, start().expr(`{"weights": $PICKLE}`).end())
	add("nested-built", "unpickles bytes that it makes of numbers", true, start().expr(`torch.storage:_load_from_bytes(builtins:bytes([`+numbers(evil())+`]))`).end())
	add("nested-joined", "unpickles bytes that it joins", true, start().expr(`torch.storage:_load_from_bytes(operator:methodcaller("join", [b"\x80\x04\x8c\x02os\x8c\x06", b"system\x93\x8c\x04true\x85R."])(b""))`).end())
	add("nested-array", "unpickles the bytes of an array", true, start().expr(`torch.storage:_load_from_bytes(operator:methodcaller("tobytes")(array:array("B", [`+numbers(evil())+`])))`).end())
	add("nested-broken-tail", "unpickles bytes and then just ends", true, start().expr(`torch.storage:_load_from_bytes($PICKLE)`).b)
	add("GHSA-9gvj-pp9x-gcfr,CVE-2025-71325", "has the names of an import at the very beginning", true,
		(&program{}).str("os").str("system").op(0x93).str(command).op(0x85, 'R').end())
	add("memo-absent", "runs first and then fetches from a place of the memo where nothing is", true, start().payload().op('0', 'h', 99).end())
	add("memo-of-number", "runs first and then imports a number", true, start().payload().op('0', 'K', 5, 'q', 0, '0', 'h', 0, 'h', 0, 0x93).end())
	add("broken-tail", "runs first and then breaks", true, start().payload().raw("\xff\xff\xff").b)
	add("broken-no-stop", "runs first and then just ends", true, start().payload().b)
	add("broken-argument", "runs first and then has an argument beyond the end", true, start().payload().raw("X\xff\xff\xff\x7fab").b)
	add("GHSA-97f8-7cmv-76j2", "calls a function where a checkpoint has its magic number", true, legacy(
		start().expr(`builtins:int("119547037146038801333356")`).end(), evil()))
	add("legacy-stream-4", "runs in the fourth pickle of a checkpoint of PyTorch before 1.6", true, legacy(nil, evil()))
	add("GHSA-mxhj-88fx-4pcv", "makes an object by OBJ and drops the result", true,
		start().op('(').global("os", "system").str(command).op('o', '0', 'N').end())
	add("GHSA-cffv-grgg-g429,CVE-2026-14535", "imports something bad and something unknown, of which only one was reported", true,
		start().expr(`os:getcwd()`).op('0').expr(`quintain_canary.hooks:run($SH)`).end())
	add("instance-opcode", "makes an object by INST in protocol 0", true, (&program{}).raw("(S'"+command+"'\nios\nsystem\n.").b)
	add("new-object", "makes an object by NEWOBJ", true, start().global("subprocess", "Popen").expr(`(["true", "quintain-canary"],)`).op(0x81).end())
	add("memo-underscore", "writes the numbers of its memo with underscores and spaces, which Python reads", true,
		(&program{}).raw("Vos\np1_0\n0Vsystem\np 11\n0g10\ng1_1\n\x93V"+command+"\n\x85R.").b)
	add("memo-text-numbers", "writes the numbers of its memo in both ways", true,
		(&program{}).raw("\x80\x02Vos\np7\n0Vsystem\nq\x080h\x07g8\n\x93V"+command+"\n\x85R.").b)
	add("memo-of-global", "fetches the function itself from its memo", true, start().global("os", "system").op(0x94, '0', 'N', '0', 'h', 0).str(command).op(0x85, 'R').end())
	add("names-raw-unicode", "spells a name with escapes of Unicode", true, (&program{}).raw("V\\u006fs\nVsys\\u0074em\n\x93V"+command+"\n\x85R.").b)
	add("names-byte-strings", "names its import in strings of Python 2", true, (&program{}).raw("\x80\x02U\x02osT\x06\x00\x00\x00system\x93U\x04true\x85R.").b)
	add("names-long-strings", "names its import in strings that count their bytes in eight", true,
		start().raw("\x8d\x02\x00\x00\x00\x00\x00\x00\x00os\x8d\x06\x00\x00\x00\x00\x00\x00\x00system\x93").str(command).op(0x85, 'R').end())
	add("names-python-2", "imports by a name of Python 2, which is renamed", true, (&program{}).raw("c__builtin__\neval\n(S'1'\ntR.").b)
	add("names-itertools-2", "imports a function of Python 2 that another module has now", true, (&program{}).raw("\x80\x02citertools\nimap\n(cos\nsystem\n](U\x04trueetR.").b)
	add("protocol-changed", "says in the middle that it is of another protocol", true, start().op(0x80, 0, 0x80, 5).payload().end())
	add("protocol-unknown", "says at the end that it is of a protocol that nobody knows", true, start().payload().op(0x80, 0xff).end())
	add("set-of-call", "calls inside a set", true, start().op(0x8f, '(').payload().op(0x90).end())
	add("frozen-set-of-call", "calls inside a set that cannot change", true, start().op('(').payload().op(0x91).end())
	add("dict-key-call", "calls for the key of a dictionary", true, start().op('}').payload().op('N', 's').end())
	add("call-in-arguments", "calls for an argument of an allowed call", true, start().expr(`collections:OrderedDict([(os:system($SH), 1)])`).end())
	add("call-in-persistent", "calls for the number of an object outside", true, start().payload().op('Q').end())
	add("call-in-state", "calls for the state of an allowed object", true, start().expr(`collections:OrderedDict()`).op('}').str("x").payload().op('s', 'b').end())
	add("pop-mark", "calls and drops the result with a mark", true, start().op('(').payload().op('1', 'N').end())
	add("new-object-partial", "makes a partial object by NEWOBJ and calls it", true, start().global("functools", "partial").expr(`(os:system, $SH)`).op(0x81, ')', 'R').end())
	add("legacy-storage-type", "has a function where a checkpoint has the type of a storage, which old loaders call", true, legacy(nil,
		start().expr(`("storage", torch.storage:_load_from_bytes, "0", "cpu", builtins:bytes([`+numbers(evil())+`]), None)`).op('Q').end()))
	add("reconstructor-base", "calls the constructor of another class than that of the object", true,
		start().expr(`copyreg:_reconstructor(collections:OrderedDict, quintain_canary:Base, None)`).end())
	add("new-object-ex", "makes an object by NEWOBJ_EX", true, start().global("subprocess", "Popen").expr(`(["true", "quintain-canary"],)`).op('}', 0x92).end())
	add("protocol-0", "is a text of protocol 0", true, (&program{}).raw("cos\nsystem\n(S'"+command+"'\ntR.").b)
	add("protocol-1", "is of protocol 1, without a number at its beginning", true, (&program{}).raw("cos\nsystem\n(U").op(byte(len(command))).raw(command+"tR.").b)
	add("escaped-name", "spells a name with escapes", true, (&program{}).raw("\x80\x04S'\\x6f\\163'\nS'sys\\x74em'\n\x93S'"+command+"'\n\x85R.").b)
	add("unicode-name", "spells a name with a character that Python normalizes", true, start().global("os", "ｓystem").str(command).op(0x85, 'R').end())
	add("persistent-call", "calls what a persistent number stands for", true, (&program{}).raw("\x80\x02K\x01Q").str(command).op(0x85, 'R').end())
	add("buffer-call", "calls an object that comes beside the pickle", true, start().op(0x97).str(command).op(0x85, 'R').end())
	add("streams-second", "runs in the second of two pickles", true, append(start().op('N').end(), evil()...))
	add("streams-many", "runs in the last of two hundred pickles", true, append(bytes.Repeat(start().op('N').end(), 200), evil()...))
	add("stream-behind-garbage", "hides a pickle behind filler", false, append(append(start().op('N').end(), make([]byte, 100)...), evil()...))
	add("imported-only", "imports a function without calling it", false, start().global("os", "system").end())
	add("CVE-2026-24747", "sets items of a tensor, which corrupts the memory of one unpickler", true, tensorItem())
	add("CVE-2020-13092", "runs when a model of scikit-learn is loaded", true, start().global("sklearn.linear_model._logistic", "LogisticRegression").op(')', 0x81).op('}', '(').str("coef_").payload().op('u', 'b').end())
	add("CVE-2026-57845", "runs when a data set is read as a table", true, start().global("pandas.core.frame", "DataFrame").op(')', 0x81).op('}', '(').str("_mgr").payload().op('u', 'b').end())
	return append(append(append(out, indirect()...), deferred()...), limits()...)
}

// limits are the pickles that outrun a limit of a scanner before they run.
func limits() []*entry {
	out := make([]*entry, 0, 16)
	add := func(id, what string, build func(p *program)) {
		out = append(out, &entry{ids: []string{id}, format: "pickle", what: what, name: "model.pkl", runs: true, make: func(facts) []byte {
			p := newProgram()
			build(p)
			return p.payload().end()
		}})
	}
	add("limit-numbers", "runs after many thousand harmless numbers", func(p *program) {
		p.op(']')
		for i := range 5000 {
			p.op('K', byte(i), 'a')
		}
	})
	add("limit-text", "runs after a long text", func(p *program) { p.str(strings.Repeat("model ", 20000)).op('0') })
	add("limit-imports", "runs after many allowed imports", func(p *program) {
		for range 100 {
			p.global("collections", "OrderedDict").op('0')
		}
	})
	add("limit-nested", "runs after many bytes that look like pickles", func(p *program) {
		for range 70 {
			p.bytes([]byte("\x80\x04N.")).op('0')
		}
	})
	add("limit-base64", "runs after many texts that look encoded", func(p *program) {
		for range 70 {
			p.str("gASVAAAAAAAAAE4u").op('0')
		}
	})
	add("limit-memo", "runs after it filled its memo", func(p *program) {
		for range 3000 {
			p.op('N', 0x94, '0')
		}
	})
	add("limit-marks", "runs after it nested deeply", func(p *program) {
		for range 500 {
			p.op(']', '(')
		}
		for range 500 {
			p.op('1')
		}
	})
	add("limit-strings-between", "pushes the names of an import and many texts between them", func(p *program) {
		p.str("os").op('q', 0, '0').str("system").op('q', 1, '0')
		for i := range 40 {
			p.str(fmt.Sprintf("layer.%d", i)).op(0x94, '0')
		}
		p.op('h', 0, 'h', 1, 0x93).str(command).op(0x85, 'R', '0')
	})
	add("limit-confidence", "looks like a state of a model before it runs", func(p *program) {
		p.op('}', '(')
		for i := range 100 {
			p.str(fmt.Sprintf("layer.%d.weight", i)).expr(`torch._utils:_rebuild_parameter(None, True, collections:OrderedDict())`)
		}
		p.op('u', '0')
	})
	return out
}

// frameBeyond is a pickle whose frame of two bytes ends inside the length of a
// text. A reader that goes on byte by byte sees a text that holds everything;
// one that drops the rest of the frame sees an empty text and then a program.
func frameBeyond() []byte {
	hidden := append([]byte{0}, newProgram().op('0').payload().end()[2:]...)
	p := newProgram().op(0x95, 2, 0, 0, 0, 0, 0, 0, 0)
	return p.op('X', byte(len(hidden)), 0, 0, 0).op(hidden...).end()
}

// legacy is a checkpoint of PyTorch before 1.6, a stack of five pickles and no
// storage. Without a pickle for the magic number it has the real one.
func legacy(magic, object []byte) []byte {
	if magic == nil {
		magic = []byte("\x80\x02\x8a\x0a\x6c\xfc\x9c\x46\xf9\x20\x6a\xa8\x50\x19.")
	}
	sys := newProgram().expr(`{"protocol_version": 1001, "little_endian": True}`).end()
	version := binary.LittleEndian.AppendUint16([]byte("\x80\x02M"), 1001)
	return bytes.Join([][]byte{magic, append(version, '.'), sys, object, []byte("\x80\x02].")}, nil)
}
