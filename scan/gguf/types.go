package gguf

import "fmt"

// A valueType is the type of a value of metadata.
type valueType uint32

const (
	typeUint8 valueType = iota
	typeInt8
	typeUint16
	typeInt16
	typeUint32
	typeInt32
	typeFloat32
	typeBool
	typeString
	typeArray
	typeUint64
	typeInt64
	typeFloat64
)

var typeNames = [...]string{"u8", "i8", "u16", "i16", "u32", "i32", "f32", "bool", "string", "array", "u64", "i64", "f64"}

func (t valueType) String() string {
	if int(t) < len(typeNames) {
		return typeNames[t]
	}
	return fmt.Sprintf("type %d", uint32(t))
}

// scalarSizes are the sizes of the types in bytes; strings and arrays have
// none.
var scalarSizes = [...]int{1, 1, 2, 2, 4, 4, 4, 1, 0, 0, 8, 8, 8}

// A layout says how many elements of a tensor share a block of how many bytes.
type layout struct {
	name  string
	block uint64
	bytes uint64
}

// layouts are the types of tensors by number. Numbers that are missing are
// not in use, or no longer.
var layouts = map[uint32]layout{
	0: {"F32", 1, 4}, 1: {"F16", 1, 2}, 2: {"Q4_0", 32, 18}, 3: {"Q4_1", 32, 20},
	6: {"Q5_0", 32, 22}, 7: {"Q5_1", 32, 24}, 8: {"Q8_0", 32, 34}, 9: {"Q8_1", 32, 36},
	10: {"Q2_K", 256, 84}, 11: {"Q3_K", 256, 110}, 12: {"Q4_K", 256, 144}, 13: {"Q5_K", 256, 176},
	14: {"Q6_K", 256, 210}, 15: {"Q8_K", 256, 292}, 16: {"IQ2_XXS", 256, 66}, 17: {"IQ2_XS", 256, 74},
	18: {"IQ3_XXS", 256, 98}, 19: {"IQ1_S", 256, 50}, 20: {"IQ4_NL", 32, 18}, 21: {"IQ3_S", 256, 110},
	22: {"IQ2_S", 256, 82}, 23: {"IQ4_XS", 256, 136}, 24: {"I8", 1, 1}, 25: {"I16", 1, 2},
	26: {"I32", 1, 4}, 27: {"I64", 1, 8}, 28: {"F64", 1, 8}, 29: {"IQ1_M", 256, 56}, 30: {"BF16", 1, 2},
	31: {"Q4_0_4_4", 32, 18}, 32: {"Q4_0_4_8", 32, 18}, 33: {"Q4_0_8_8", 32, 18},
	34: {"TQ1_0", 256, 54}, 35: {"TQ2_0", 256, 66}, 39: {"MXFP4", 32, 17}, 40: {"NVFP4", 64, 36}, 41: {"Q1_0", 128, 18},
}

// fileTypes name what general.file_type says about most tensors.
var fileTypes = map[uint64]string{
	0: "F32", 1: "F16", 2: "Q4_0", 3: "Q4_1", 7: "Q8_0", 8: "Q5_0", 9: "Q5_1", 10: "Q2_K", 11: "Q3_K_S", 12: "Q3_K_M",
	13: "Q3_K_L", 14: "Q4_K_S", 15: "Q4_K_M", 16: "Q5_K_S", 17: "Q5_K_M", 18: "Q6_K", 19: "IQ2_XXS", 20: "IQ2_XS",
	21: "Q2_K_S", 22: "IQ3_XS", 23: "IQ3_XXS", 24: "IQ1_S", 25: "IQ4_NL", 26: "IQ3_S", 27: "IQ3_M", 28: "IQ2_S",
	29: "IQ2_M", 30: "IQ4_XS", 31: "IQ1_M", 32: "BF16", 36: "TQ1_0", 37: "TQ2_0", 38: "MXFP4_MOE", 39: "NVFP4", 40: "Q1_0",
}

// An expectation is the type that the readers of a key take for granted.
type expectation struct {
	typ  valueType
	elem valueType // of an array
}

var expectations = map[string]expectation{
	"general.architecture":            {typ: typeString},
	"general.alignment":               {typ: typeUint32},
	"general.file_type":               {typ: typeUint32},
	"general.quantization_version":    {typ: typeUint32},
	"tokenizer.ggml.model":            {typ: typeString},
	"tokenizer.ggml.tokens":           {typeArray, typeString},
	"tokenizer.ggml.merges":           {typeArray, typeString},
	"tokenizer.ggml.scores":           {typeArray, typeFloat32},
	"tokenizer.ggml.token_type":       {typeArray, typeInt32},
	"tokenizer.ggml.bos_token_id":     {typ: typeUint32},
	"tokenizer.ggml.eos_token_id":     {typ: typeUint32},
	"tokenizer.ggml.unknown_token_id": {typ: typeUint32},
	"tokenizer.ggml.padding_token_id": {typ: typeUint32},
	"tokenizer.chat_template":         {typ: typeString},
	"tokenizer.chat_templates":        {typeArray, typeString},
}
