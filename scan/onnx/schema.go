package onnx

import "google.golang.org/protobuf/encoding/protowire"

// A kind says what a field holds.
type kind uint8

const (
	number kind = iota // a varint, or a packed sequence of them
	fixed              // a float, or a packed sequence of them
	text               // a string
	opaque             // bytes that are the value of an attribute
	tensor             // numbers of a tensor
	nested             // a message
)

// A field is one field of a message.
type field struct {
	name string
	kind kind
	sub  string // of a nested message: which
}

// A message is what the scanner knows of one message of onnx.proto.
type message = map[protowire.Number]field

// schema are the messages of onnx.proto, as of version 1.19. A field that is
// not here is not known, and doubted.
var schema = map[string]message{
	"model": {
		1: {"ir_version", number, ""}, 2: {"producer_name", text, ""}, 3: {"producer_version", text, ""},
		4: {"domain", text, ""}, 5: {"model_version", number, ""}, 6: {"doc_string", text, ""},
		7: {"graph", nested, "graph"}, 8: {"opset_import", nested, "opset"}, 14: {"metadata_props", nested, "entry"},
		20: {"training_info", nested, "training"}, 25: {"functions", nested, "function"},
	},
	"opset": {1: {"domain", text, ""}, 2: {"version", number, ""}},
	"entry": {1: {"key", text, ""}, 2: {"value", text, ""}},

	"graph": {
		1: {"node", nested, "node"}, 2: {"name", text, ""}, 5: {"initializer", nested, "tensor"}, 10: {"doc_string", text, ""},
		11: {"input", nested, "value"}, 12: {"output", nested, "value"}, 13: {"value_info", nested, "value"},
		14: {"quantization_annotation", nested, "annotation"}, 15: {"sparse_initializer", nested, "sparse"},
		16: {"metadata_props", nested, "entry"},
	},
	"node": {
		1: {"input", text, ""}, 2: {"output", text, ""}, 3: {"name", text, ""}, 4: {"op_type", text, ""},
		5: {"attribute", nested, "attribute"}, 6: {"doc_string", text, ""}, 7: {"domain", text, ""}, 8: {"overload", text, ""},
		9: {"metadata_props", nested, "entry"},
	},
	"attribute": {
		1: {"name", text, ""}, 2: {"f", fixed, ""}, 3: {"i", number, ""}, 4: {"s", opaque, ""}, 5: {"t", nested, "tensor"},
		6: {"g", nested, "graph"}, 7: {"floats", fixed, ""}, 8: {"ints", number, ""}, 9: {"strings", opaque, ""},
		10: {"tensors", nested, "tensor"}, 11: {"graphs", nested, "graph"}, 13: {"doc_string", text, ""},
		14: {"tp", nested, "type"}, 15: {"type_protos", nested, "type"}, 20: {"type", number, ""}, 21: {"ref_attr_name", text, ""},
		22: {"sparse_tensor", nested, "sparse"}, 23: {"sparse_tensors", nested, "sparse"},
	},
	"function": {
		1: {"name", text, ""}, 2: {"since_version", number, ""}, 3: {"status", number, ""}, 4: {"input", text, ""},
		5: {"output", text, ""}, 6: {"attribute", text, ""}, 7: {"node", nested, "node"}, 8: {"doc_string", text, ""},
		9: {"opset_import", nested, "opset"}, 10: {"domain", text, ""}, 11: {"attribute_proto", nested, "attribute"},
		12: {"value_info", nested, "value"}, 13: {"overload", text, ""}, 14: {"metadata_props", nested, "entry"},
	},
	"training": {
		1: {"initialization", nested, "graph"}, 2: {"algorithm", nested, "graph"}, 3: {"initialization_binding", nested, "entry"},
		4: {"update_binding", nested, "entry"},
	},
	"annotation": {
		1: {"tensor_name", text, ""}, 2: {"quant_parameter_tensor_names", nested, "entry"},
	},

	"tensor": {
		1: {"dims", number, ""}, 2: {"data_type", number, ""}, 3: {"segment", nested, "segment"},
		4: {"float_data", tensor, ""}, 5: {"int32_data", tensor, ""}, 6: {"string_data", tensor, ""}, 7: {"int64_data", tensor, ""},
		8: {"name", text, ""}, 9: {"raw_data", tensor, ""}, 10: {"double_data", tensor, ""}, 11: {"uint64_data", tensor, ""},
		12: {"doc_string", text, ""}, 13: {"external_data", nested, "entry"}, 14: {"data_location", number, ""},
		16: {"metadata_props", nested, "entry"},
	},
	"segment": {1: {"begin", number, ""}, 2: {"end", number, ""}},
	"sparse": {
		1: {"values", nested, "tensor"}, 2: {"indices", nested, "tensor"}, 3: {"dims", number, ""},
	},

	"value": {
		1: {"name", text, ""}, 2: {"type", nested, "type"}, 3: {"doc_string", text, ""}, 4: {"metadata_props", nested, "entry"},
	},
	"type": {
		1: {"tensor_type", nested, "shaped"}, 4: {"sequence_type", nested, "element"}, 5: {"map_type", nested, "mapping"},
		6: {"denotation", text, ""}, 7: {"opaque_type", nested, "opaque"}, 8: {"sparse_tensor_type", nested, "shaped"},
		9: {"optional_type", nested, "element"},
	},
	"opaque": {1: {"domain", text, ""}, 2: {"name", text, ""}},
	"shaped": {1: {"elem_type", number, ""}, 2: {"shape", nested, "shape"}},
	"shape":  {1: {"dim", nested, "dimension"}},
	"dimension": {
		1: {"dim_value", number, ""}, 2: {"dim_param", text, ""}, 3: {"denotation", text, ""},
	},
	"element": {1: {"elem_type", nested, "type"}},
	"mapping": {1: {"key_type", number, ""}, 2: {"value_type", nested, "type"}},
}
