package tfops

import "testing"

func TestClassOf(t *testing.T) {
	for name, want := range map[string]Class{
		"MatMul": Computes, "StatefulPartitionedCall": Computes, "VarHandleOp": Computes, "_FusedConv2D": Computes,
		"PyFunc": Python, "ReadFile": Read, "WriteFile": Write, "SaveV2": Checkpoint, "PrintV2": Print, "Acme": "", "computes:": "",
	} {
		if got := ClassOf(name); got != want {
			t.Errorf("ClassOf(%q) = %q, want %q", name, got, want)
		}
	}
	if n := len(operators()); n < 1800 {
		t.Errorf("%d operators, want all of TensorFlow", n)
	}
	for name, class := range operators() {
		switch class {
		case Computes, Checkpoint, Print, Program, Python, Native, Read, Write, Network, Process:
		default:
			t.Errorf("%s is of class %q, which does not exist", name, class)
		}
	}
}

func TestReach(t *testing.T) {
	for in, want := range map[string]string{
		"":                          "",
		"\x08ReadFile":              "ReadFile",
		"ReadFile\x00":              "ReadFile",
		"\x0fParallelReadFile":      "",
		"NoReadFile\x00":            "",
		"about ReadFile in a text":  "",
		"\x06MatMul":                "",
		"ReadFile of \x09WriteFile": "WriteFile",
		"\x09WriteFile\x06PyFunc":   "PyFunc",
		"\n\x01n\x12\x0cEagerPyFunc\x12\x06PyFunc": "PyFunc",
	} {
		if got := Reach([]byte(in)); got != want {
			t.Errorf("Reach(%q) = %q, want %q", in, got, want)
		}
	}
}
