package weightsonly_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"quintain"
	"quintain/scan"
	"quintain/scan/weightsonly"
)

// inspect returns what the lint says about data, one line for each finding.
func inspect(t testing.TB, data []byte) []string {
	t.Helper()
	lint := *weightsonly.Lint
	lint.Match = func(string, []byte) bool { return true }
	findings, err := scan.Inspect(t.Context(), "x.pkl", bytes.NewReader(data), int64(len(data)), &lint)
	if err != nil {
		t.Fatal(err)
	}
	var out []string
	for _, f := range findings {
		if err := f.Validate(); err != nil {
			t.Error(err)
		}
		says := f.Summary
		if f.Outcome == quintain.Pass {
			_, says, _ = strings.Cut(f.Evidence[0].Summary, "unexplained")
			says, _, _ = strings.Cut(says, "; sha256")
		}
		out = append(out, fmt.Sprintf("%s %s: %s", f.Outcome, f.Evidence[0].Location, strings.TrimPrefix(says, "; ")))
	}
	return out
}

// The wanted lines follow from what torch 2.11 does with each opcode and name.
func TestInspect(t *testing.T) {
	refuses := func(at int, name, rest string) string {
		return fmt.Sprintf("fail x.pkl@%#x: weights_only=True refuses the global %q%s", at, name, rest)
	}
	const add, never = "; add_safe_globals can allow it", "; nothing can allow it"
	for in, want := range map[string][]string{
		"\x80\x02N.":                                           {"pass x.pkl: globals 0"},
		"\x80\x02ccollections\nOrderedDict\n)R.":               {"pass x.pkl: globals 1"},
		"\x80\x02c__builtin__\nset\n]\x85R.":                   {"pass x.pkl: not allowed by torch 1.13 builtins.set; globals 1"},
		"\x80\x02cnumpy.core.multiarray\n_reconstruct\n.":      {refuses(2, "numpy.core.multiarray._reconstruct", add)},
		"\x80\x02cposix\nsystem\nU\x04true\x85R.":              {refuses(2, "posix.system", never)},
		"\x80\x02c__builtin__\nintern\n.":                      {refuses(2, "sys.intern", never)},
		"\x80\x02ca\nb\n0ca\nb\n.":                             {"fail x.pkl@0x7: weights_only=True refuses the opcode 0x30; what follows was not looked at", refuses(2, "a.b", add)},
		"\x80\x02(ca\nb\nca\nb\nt.":                            {refuses(3, "a.b", ", named 2 times"+add)},
		"\x80\x04\x8c\x02os\x8c\x06system\x93.":                {"fail x.pkl@0x2: weights_only=True refuses the opcode 0x8c of pickle protocol 4; what follows was not looked at"},
		"\x80\x02ctorch._utils\n_rebuild_sparse_csr_tensor\n.": {refuses(2, "torch._utils._rebuild_sparse_csr_tensor", add)},
		"\x80\x02K\x01.\x80\x02ca\nb\n.":                       {refuses(7, "a.b", add)},
		"\x80\x02K\x01.tensors":                                {"pass x.pkl: globals 0"},
		"\x80\x02X\x05\x00\x00\x00ca\nb\n.":                    {"pass x.pkl: globals 0"},
		"\x80\x02X\xff\xff\xff\xffab.":                         {"inconclusive x.pkl@0x2: not analyzed further: the argument is cut off: EOF"},
		"\x80\x02ca\n" + strings.Repeat("b", 5000) + "\n.":     {"inconclusive x.pkl@0x2: not analyzed further: a name of more than 4096 bytes"},
		"\x80\x02ca": {"inconclusive x.pkl@0x2: not analyzed further: the name is cut off"},
		"\x80\x02N":  {"inconclusive x.pkl@0x3: not analyzed further: the pickle has no end"},
		"\x80\x02G\x00\x00\x00\x00\x00\x00\x00\x00\x8a\x01\x05\x86.": {"pass x.pkl: globals 0"},
	} {
		got := inspect(t, []byte(in))
		slices.Sort(got)
		slices.Sort(want)
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("%.60q: %s", in, diff)
		}
	}
}

// A checkpoint is what torch 1.13 saved, and what pickletools and torch said.
type checkpoint struct {
	Name    string   `json:"name"`
	Data    []byte   `json:"data"`
	Globals []string `json:"globals"` // that it names
	Floats  bool     `json:"floats"`  // it holds a float, which 1.13 refuses
	Loads   bool     `json:"loads"`   // torch 1.13 loads it with weights_only=True
}

// What the lint refuses of real checkpoints is exactly what they name and the
// list lacks, and what 1.13 loads is exactly what its part of the list says.
func TestCheckpoints(t *testing.T) {
	b, err := os.ReadFile(filepath.Join("testdata", "checkpoints.json"))
	if err != nil {
		t.Fatal(err)
	}
	var list []checkpoint
	if err := json.Unmarshal(b, &list); err != nil || len(list) < 30 {
		t.Fatalf("%d checkpoints, %v", len(list), err)
	}
	have := supported(t)
	for _, c := range list {
		want, old := []string{}, !c.Floats
		for _, g := range c.Globals {
			g = strings.Replace(g, "__builtin__.", "builtins.", 1)
			if old = old && have[g] != 0 && have[g] != '+'; have[g] == 0 || have[g] == '-' {
				want = append(want, g)
			}
		}
		if old != c.Loads {
			t.Errorf("%s: torch 1.13 loads it: %v; the list says %v", c.Name, c.Loads, old)
		}
		got := []string{}
		for _, line := range inspect(t, c.Data) {
			if _, name, ok := strings.Cut(line, "refuses the global \""); ok {
				name, _, _ = strings.Cut(name, "\"")
				got = append(got, name)
			} else if strings.HasPrefix(line, "pass") != (len(want) == 0) {
				t.Errorf("%s: %s", c.Name, line)
			}
		}
		slices.Sort(got)
		slices.Sort(want)
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("%s: %s", c.Name, diff)
		}
	}
}

// supported returns the list: for each name '+', '-' or ' '.
func supported(t *testing.T) map[string]byte {
	t.Helper()
	text, err := os.ReadFile("globals.txt")
	if err != nil {
		t.Fatal(err)
	}
	list := make(map[string]byte)
	for line := range strings.Lines(string(text)) {
		if line[0] != '#' {
			list[strings.TrimSpace(line[2:])] = line[0]
		}
	}
	return list
}

// The list is that of torch 1.13 as far as it is marked so.
func TestGlobals(t *testing.T) {
	text, err := os.ReadFile("globals.txt")
	if err != nil {
		t.Fatal(err)
	}
	old, names := 0, []string{}
	for line := range strings.Lines(string(text)) {
		if line[0] == '#' {
			continue
		}
		if line[0] != '+' {
			old++
		}
		names = append(names, strings.TrimSpace(line[2:]))
	}
	if old != 90 {
		t.Errorf("%d globals of torch 1.13, whose list has 90", old)
	}
	if !slices.IsSorted(names) || len(slices.Compact(slices.Clone(names))) != len(names) {
		t.Error("the list is not sorted, or has a name twice")
	}
}

// The twin fails, so that a pass counts.
func TestTwin(t *testing.T) {
	_, data := weightsonly.Lint.Twin()
	want := []string{`fail x.pkl@0x2: weights_only=True refuses the global "decimal.Decimal"; add_safe_globals can allow it`}
	if diff := cmp.Diff(want, inspect(t, data)); diff != "" {
		t.Error(diff)
	}
	if err := weightsonly.Lint.Validate(); err != nil {
		t.Error(err)
	}
}

// More globals than are told are never a pass.
func TestManyGlobals(t *testing.T) {
	var b bytes.Buffer
	b.WriteString("\x80\x02(")
	for i := range 1500 {
		fmt.Fprintf(&b, "ctorch\nx%d\n", i)
	}
	b.WriteString("t.")
	if got := inspect(t, b.Bytes()); len(got) < 100 || strings.HasPrefix(got[0], "pass") {
		t.Errorf("%d findings, the first %q", len(got), got[0])
	}
}

// Whatever the bytes, the lint ends and says something.
func FuzzInspect(f *testing.F) {
	for _, s := range []string{"\x80\x02N.", "\x80\x02ca\nb\n.", "\x80\x02K\x01.\x80\x02X\x01\x00\x00\x00a.", "\x8a\xff"} {
		f.Add([]byte(s))
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		if len(inspect(t, data)) == 0 {
			t.Error("silence")
		}
	})
}
