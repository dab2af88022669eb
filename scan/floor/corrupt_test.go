package floor_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"maps"
	"math/rand/v2"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"quintain"
)

// cuts is the most places at which one file is cut, and flips the number of
// bytes that are changed, one at a time.
const (
	cuts  = 200
	flips = 30
)

// places returns at most n places in size bytes: all, if there are so few, or
// else the first, the last and others drawn between them.
func places(r *rand.Rand, size, n int) []int {
	if size <= n {
		out := make([]int, size)
		for i := range out {
			out[i] = i
		}
		return out
	}
	out := []int{0, size - 1}
	for len(out) < n {
		out = append(out, r.IntN(size))
	}
	return out
}

var (
	accountText = regexp.MustCompile(`^(\d+) bytes: (.*), 0 unexplained`)
	partText    = regexp.MustCompile(`^(\d+) [a-z ]+$`)
)

// unsound returns what is wrong with findings about a file, if anything: a
// finding that breaks a rule, a panic, or a pass that does not explain every
// byte of what it is about.
func unsound(found []quintain.Finding, name string, size int) string {
	if len(found) == 0 {
		return "nothing is said of the file"
	}
	for _, f := range found {
		if err := f.Validate(); err != nil {
			return err.Error()
		}
		if strings.Contains(f.Summary, "internal error") {
			return f.Summary
		}
		if f.Outcome != quintain.Pass {
			continue
		}
		if !f.Resisted() {
			return fmt.Sprintf("%s passes without a positive control", f.Check)
		}
		for _, e := range f.Evidence {
			if why := unexplained(e, name, size); why != "" {
				return f.Check + ": " + why
			}
		}
	}
	return ""
}

// unexplained returns what is wrong with the account of a pass, if anything.
func unexplained(e quintain.Evidence, name string, size int) string {
	m := accountText.FindStringSubmatch(e.Summary)
	if m == nil {
		return fmt.Sprintf("a pass does not account for bytes: %q", e.Summary)
	}
	total, err := strconv.Atoi(m[1])
	if err != nil || e.Location == name && total != size {
		return fmt.Sprintf("a pass accounts for %s bytes of %d", m[1], size)
	}
	sum := 0
	for part := range strings.SplitSeq(m[2], ", ") {
		p := partText.FindStringSubmatch(part)
		if p == nil {
			return fmt.Sprintf("a pass has no number in %q", part)
		}
		n, err := strconv.Atoi(p[1])
		if err != nil {
			return err.Error()
		}
		sum += n
	}
	if sum != total {
		return fmt.Sprintf("a pass explains %d of %d bytes", sum, total)
	}
	return ""
}

// A sound is a file that is broken in many ways.
type sound struct {
	key, name string
	data      []byte
}

// sounds returns the files that are broken: some of every format of the floor,
// and some that are benign.
func sounds(t testing.TB) []sound {
	t.Helper()
	var out []sound
	for _, e := range sample(2) {
		out = append(out, sound{e.key(), e.name, e.make(facts{})})
	}
	files := benign(t)
	for i, name := range slices.Sorted(maps.Keys(files)) {
		if i%16 == 0 && len(files[name]) < 20000 {
			out = append(out, sound{name, name, files[name]})
		}
	}
	return out
}

// maxTime is far more than a broken file of the sizes here may take.
const maxTime = 5 * time.Second

// TestBroken proves that a file that is cut or changed anywhere never ends in
// a panic, in a pass that explains other bytes than there are, or in an
// inspection that does not end.
func TestBroken(t *testing.T) {
	n := 0
	check := func(s sound, how string, data []byte) {
		n++
		start := time.Now()
		found := inspect(t, s.name, data)
		if took := time.Since(start); took > maxTime {
			t.Errorf("%s %s took %v", s.key, how, took)
		}
		if why := unsound(found, s.name, len(data)); why != "" {
			t.Errorf("%s %s: %s", s.key, how, why)
		}
	}
	for i, s := range sounds(t) {
		r := rand.New(rand.NewPCG(uint64(i), 5))
		check(s, "whole", s.data)
		for _, at := range places(r, len(s.data), cuts) {
			check(s, fmt.Sprintf("cut at %d", at), s.data[:at])
		}
		for _, at := range places(r, len(s.data), flips) {
			b := bytes.Clone(s.data)
			b[at] ^= byte(1 + r.IntN(255))
			check(s, fmt.Sprintf("changed at %d", at), b)
		}
	}
	t.Logf("%d broken files", n)
}

// TestCutAfterPayload proves that a pickle without its end is no better than a
// whole one: what comes before the end has run. What it unpickles in turn is
// not looked into then, which the entry nested-broken-tail keeps an eye on.
func TestCutAfterPayload(t *testing.T) {
	n := 0
	for _, e := range entries() {
		data := e.make(facts{})
		if e.format != "pickle" || data[len(data)-1] != '.' {
			continue
		}
		n++
		want := verdictOf(inspect(t, e.name, data))
		if strings.HasPrefix(e.key(), "nested-") {
			want = notAnalyzed
		}
		if got := verdictOf(inspect(t, e.name, data[:len(data)-1])); got < want {
			t.Errorf("%s without its end is %s, want %s as with it", e.key(), got, want)
		}
	}
	t.Logf("%d pickles", n)
}

// TestTwice proves that two scans of the whole floor say the same, byte for
// byte.
func TestTwice(t *testing.T) {
	say := func() string {
		var b strings.Builder
		for _, e := range entries() {
			text, err := json.Marshal(inspect(t, e.name, e.make(facts{})))
			if err != nil {
				t.Fatal(err)
			}
			fmt.Fprintf(&b, "%s %s\n", e.key(), text)
		}
		return b.String()
	}
	first, second := strings.Split(say(), "\n"), strings.Split(say(), "\n")
	if len(first) != len(second) {
		t.Fatalf("two scans say %d and %d lines", len(first), len(second))
	}
	for i := range first {
		if first[i] != second[i] {
			t.Fatalf("two scans differ:\n%s\n%s", first[i], second[i])
		}
	}
}

// TestUnsound proves that each way to be unsound is found.
func TestUnsound(t *testing.T) {
	pass := func(summary string) quintain.Finding {
		return quintain.Finding{
			Check: "scan/x", Outcome: quintain.Pass, Summary: "nothing found",
			Evidence: []quintain.Evidence{{Summary: summary, Location: "m"}},
			Control:  &quintain.Control{Outcome: quintain.Fail},
		}
	}
	uncontrolled := pass("8 bytes: 8 parsed, 0 unexplained")
	uncontrolled.Control = nil
	for name, tc := range map[string]struct {
		in   []quintain.Finding
		want string
	}{
		"sound":        {[]quintain.Finding{pass("8 bytes: 6 parsed, 2 tensor data, 0 unexplained; opcodes 3")}, ""},
		"silence":      {nil, "nothing is said"},
		"other size":   {[]quintain.Finding{pass("9 bytes: 9 parsed, 0 unexplained")}, "accounts for 9 bytes of 8"},
		"hole":         {[]quintain.Finding{pass("8 bytes: 6 parsed, 0 unexplained")}, "explains 6 of 8"},
		"no account":   {[]quintain.Finding{pass("looks fine")}, "does not account"},
		"no control":   {[]quintain.Finding{uncontrolled}, "without a positive control"},
		"panic":        {[]quintain.Finding{{Check: "scan/x", Summary: "not analyzed further: internal error in scan/x"}}, "internal error"},
		"broken rules": {[]quintain.Finding{{Check: "scan/x", Outcome: quintain.Fail}}, "scan/x"},
	} {
		if got := unsound(tc.in, "m", 8); tc.want == "" && got != "" || !strings.Contains(got, tc.want) {
			t.Errorf("%s: unsound = %q, want %q", name, got, tc.want)
		}
	}
}
