package sheet

// An argKind says what follows an opcode.
type argKind uint8

const (
	argNone  argKind = iota
	argLine          // text up to a newline
	argLines         // two of them
	argU1
	argU2
	argI4
	argU4
	argU8
	argF8   // big-endian
	argLen1 // bytes, behind their number
	argLen4
	argLen8
)

// An opcode is an instruction of pickles.
type opcode struct {
	name string
	arg  argKind
}

// opcodes are those of protocols 0 to 5. The names are those of Python's
// pickletools, so that listings can be compared.
var opcodes = map[byte]opcode{
	'(': {"MARK", argNone}, '.': {"STOP", argNone}, '0': {"POP", argNone}, '1': {"POP_MARK", argNone}, '2': {"DUP", argNone},
	'F': {"FLOAT", argLine}, 'I': {"INT", argLine}, 'J': {"BININT", argI4}, 'K': {"BININT1", argU1}, 'L': {"LONG", argLine},
	'M': {"BININT2", argU2}, 'N': {"NONE", argNone}, 'P': {"PERSID", argLine}, 'Q': {"BINPERSID", argNone}, 'R': {"REDUCE", argNone},
	'S': {"STRING", argLine}, 'T': {"BINSTRING", argLen4}, 'U': {"SHORT_BINSTRING", argLen1}, 'V': {"UNICODE", argLine},
	'X': {"BINUNICODE", argLen4}, 'a': {"APPEND", argNone}, 'b': {"BUILD", argNone}, 'c': {"GLOBAL", argLines}, 'd': {"DICT", argNone},
	'}': {"EMPTY_DICT", argNone}, 'e': {"APPENDS", argNone}, 'g': {"GET", argLine}, 'h': {"BINGET", argU1}, 'i': {"INST", argLines},
	'j': {"LONG_BINGET", argU4}, 'l': {"LIST", argNone}, ']': {"EMPTY_LIST", argNone}, 'o': {"OBJ", argNone}, 'p': {"PUT", argLine},
	'q': {"BINPUT", argU1}, 'r': {"LONG_BINPUT", argU4}, 's': {"SETITEM", argNone}, 't': {"TUPLE", argNone}, ')': {"EMPTY_TUPLE", argNone},
	'u': {"SETITEMS", argNone}, 'G': {"BINFLOAT", argF8},

	0x80: {"PROTO", argU1}, 0x81: {"NEWOBJ", argNone}, 0x82: {"EXT1", argU1}, 0x83: {"EXT2", argU2}, 0x84: {"EXT4", argI4},
	0x85: {"TUPLE1", argNone}, 0x86: {"TUPLE2", argNone}, 0x87: {"TUPLE3", argNone}, 0x88: {"NEWTRUE", argNone}, 0x89: {"NEWFALSE", argNone},
	0x8a: {"LONG1", argLen1}, 0x8b: {"LONG4", argLen4}, 'B': {"BINBYTES", argLen4}, 'C': {"SHORT_BINBYTES", argLen1},
	0x8c: {"SHORT_BINUNICODE", argLen1}, 0x8d: {"BINUNICODE8", argLen8}, 0x8e: {"BINBYTES8", argLen8}, 0x8f: {"EMPTY_SET", argNone},
	0x90: {"ADDITEMS", argNone}, 0x91: {"FROZENSET", argNone}, 0x92: {"NEWOBJ_EX", argNone}, 0x93: {"STACK_GLOBAL", argNone},
	0x94: {"MEMOIZE", argNone}, 0x95: {"FRAME", argU8}, 0x96: {"BYTEARRAY8", argLen8}, 0x97: {"NEXT_BUFFER", argNone}, 0x98: {"READONLY_BUFFER", argNone},
}
