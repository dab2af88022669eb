package pickle

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"slices"
	"strings"
	"testing"

	"quintain"
)

// TestWindows moves a call across the edges of the window: it is seen, with
// its argument, wherever it is.
func TestWindows(t *testing.T) {
	const call = "\x8c\x02os\x94\x8c\x06system\x93\x8c\x05hello\x94\x85R0S'os'\n0cos\npopen\n(V\\u0061\ntR0"
	for pad := windowSize - 80; pad < windowSize+8; pad++ {
		data := "\x80\x04" + strings.Repeat("N0", pad/2) + "N" + strings.Repeat("2", pad%2) + call + "."
		m := newMachine(strings.NewReader(data), int64(len(data)))
		if _, err := m.run(); err != nil {
			t.Fatalf("padding %d: %v", pad, err)
		}
		var got []string
		for i := range m.nodes {
			if n := &m.nodes[i]; n.kind == nodeGlobal {
				got = append(got, n.call)
				if data[n.callAt] != 'R' {
					t.Errorf("padding %d: the call is said to be at %d, where there is no REDUCE", pad, n.callAt)
				}
			}
		}
		if s := strings.Join(got, " "); s != `os.system("hello") os.popen("a")` {
			t.Errorf("padding %d: calls %s", pad, s)
		}
	}
}

// TestLimits proves that each limit ends in a doubt and not in more memory.
func TestLimits(t *testing.T) {
	sparse := []byte("N")
	for i := range uint32(maxPages + 2) {
		sparse = binary.LittleEndian.AppendUint32(append(sparse, 'r'), i*pageSize)
	}
	for name, tc := range map[string]struct{ data, want string }{
		"stack":      {strings.Repeat("N", maxStack+1) + ".", "values on the stack"},
		"marks":      {strings.Repeat("(", maxStack+1) + ".", "too many marks"},
		"memo":       {string(sparse) + ".", "the memo is too large"},
		"long name":  {"c" + strings.Repeat("a", maxLine+1) + "\nx\n.", "too long to keep"},
		"huge bytes": {"B\xff\xff\xff\xff.", "the file ends"},
		"huge frame": {"\x95\xff\xff\xff\xff\xff\xff\xff\xff.", "exceeds"},
		"negative":   {"T\xff\xff\xff\xff.", "negative"},
		"protocol":   {"\x80\x06N.", "protocol 6"},
		"mark":       {"Nt.", "no mark"},
		"underflow":  {"N\x86.", "empty"},
		"fence":      {"N(a.", "empty"},
		"odd":        {"}(Nu.", "no value"},
		"stop":       {".", "empty"},
		"extension":  {"\x84\xff\xff\xff\xff.", "not positive"},
	} {
		t.Run(name, func(t *testing.T) {
			m := newMachine(strings.NewReader(tc.data), int64(len(tc.data)))
			_, err := m.run()
			if err == nil || !strings.Contains(err.Error(), tc.want) {
				t.Errorf("run = %v, want an error with %q", err, tc.want)
			}
		})
	}
}

// TestNames proves that a name is known after more strings than are kept, as
// long as it does not come from the memo, and doubted if it does.
func TestNames(t *testing.T) {
	var b bytes.Buffer
	b.WriteString("\x80\x04")
	for i := range maxNames {
		fmt.Fprintf(&b, "\x8c\x06%06d\x940", i)
	}
	b.WriteString("\x8c\x02os\x94\x8c\x06system\x94\x93")
	direct := len(m(t, b.Bytes()).flaws)
	if direct != 0 {
		t.Errorf("%d flaws, want none: the name is on the stack", direct)
	}
	b.WriteString("0j\x00\x80\x00\x00") // entry 32768 is "os"
	b.WriteString("\x8c\x06system\x93")
	if got := m(t, b.Bytes()).flaws; len(got) != 1 || got[0].level != high {
		t.Errorf("flaws %v, want one: the name is no longer known", got)
	}
}

// m runs a program without its STOP.
func m(t *testing.T, data []byte) *machine {
	t.Helper()
	m := newMachine(bytes.NewReader(append(slices.Clip(data), '.')), int64(len(data)+1))
	if _, err := m.run(); err != nil {
		t.Fatal(err)
	}
	return m
}

func TestLookup(t *testing.T) {
	for _, tc := range []struct {
		module, name   string
		imports, calls bool
		severity       quintain.Severity
	}{
		{"collections", "OrderedDict", true, true, quintain.None},
		{"__builtin__", "dict", true, true, quintain.None},
		{"__builtin__", "unicode", true, true, quintain.None},
		{"copy_reg", "_reconstructor", true, true, quintain.None},
		{"torch", "FloatStorage", true, false, quintain.None},
		{"__torch__.a.b", "C", true, true, quintain.None},
		{"numpy._core.multiarray", "_reconstruct", true, true, quintain.None},
		{"os", "system", false, false, quintain.Critical},
		{"posix", "system", false, false, quintain.Critical},
		{"nt", "system", false, false, quintain.Critical},
		{"__builtin__", "eval", false, false, quintain.Critical},
		{"subprocess", "Popen", false, false, quintain.Critical},
		{"subprocess", "Popen.wait", false, false, quintain.Critical},
		{"collections", "abc.sys.modules", false, false, quintain.Critical},
		{"random", "_os.system", false, false, quintain.Critical},
		{"os", "listdir", false, false, quintain.High},
		{"mylib.os", "system", false, false, quintain.None}, // some other os
		{"mylib", "Model", false, false, quintain.None},
		{"collections", "OrderedDict.fromkeys", false, false, quintain.None},
		{"", "", false, false, quintain.None},
	} {
		r := lookup(tc.module, tc.name)
		if r.imports != tc.imports || r.calls != tc.calls || r.severity != tc.severity {
			t.Errorf("lookup(%q, %q) = import %v, call %v, severity %v, want %v, %v, %v",
				tc.module, tc.name, r.imports, r.calls, r.severity, tc.imports, tc.calls, tc.severity)
		}
	}
}

func TestPolicyRefuses(t *testing.T) {
	for name, tc := range map[string]struct{ allow, deny, want string }{
		"word":     {"use os.path", "", "allow.txt line 1"},
		"no name":  {"# x\ncall", "", "allow.txt line 2"},
		"twice":    {"call a.b\nimport a.b", "", "listed twice"},
		"both":     {"call a.b", "high do harm: a.b", "allowed too"},
		"severity": {"", "awful do harm: a.b", "deny.txt line 1"},
		"effect":   {"", "high: a.b", "deny.txt line 1"},
		"colon":    {"", "high do harm a.b", "deny.txt line 1"},
	} {
		if _, err := parsePolicy(tc.allow, tc.deny); err == nil || !strings.Contains(err.Error(), tc.want) {
			t.Errorf("%s: parsePolicy = %v, want an error with %q", name, err, tc.want)
		}
	}
	p, err := parsePolicy(allowText+"\n"+sklearnText, denyText)
	if err != nil {
		t.Fatal(err)
	}
	if len(p.allow) < 300 || len(p.deny) < 50 {
		t.Errorf("the lists hold %d and %d names, want them whole", len(p.allow), len(p.deny))
	}
}
