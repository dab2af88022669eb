// Package floor_test holds the scanner to what it has caught before.
//
// The floor is a list of files that fooled, or would fool, a scanner or a
// loader: one for each advisory and each trick that is known. They are made in
// memory and never loaded; what they would run does nothing. The file
// floor.txt has the verdict on each, and a verdict may only rise.
package floor_test

import (
	"bytes"
	"flag"
	"fmt"
	"os"
	"slices"
	"strings"
	"testing"

	"quintain"
	"quintain/scan"
	"quintain/scan/all"
)

var update = flag.Bool("update", false, "raise the verdicts in floor.txt to what the scanner says now; none is lowered")

const (
	floorFile = "floor.txt"

	// maxMisses is how many entries of floor.txt are clean. Each is a miss that
	// is known and not repaired yet; a person wrote it down, because -update
	// never does. The number may only fall.
	maxMisses = 0

	// maxWeak is how many entries run code when they are loaded and are not
	// called malicious: those, and what is not analyzed or for review.
	maxWeak = 7
)

// A verdict is the worst that the scanner says of a file.
type verdict int

// The verdicts, from the best to the worst.
const (
	clean       verdict = iota // every check passed and every byte is explained
	notAnalyzed                // something could not be decided, and nothing is known to be wrong
	review                     // a weakness that a person should look at
	malicious                  // a weakness of severity high or critical
)

var verdictNames = []string{"clean", "not-analyzed", "review", "malicious"}

func (v verdict) String() string { return verdictNames[v] }

// verdictOf returns the worst of findings. A file of which nothing is said at
// all was not analyzed.
func verdictOf(findings []quintain.Finding) verdict {
	worst, passes := clean, 0
	for _, f := range findings {
		switch {
		case f.Outcome == quintain.Fail && f.Severity >= quintain.High:
			worst = max(worst, malicious)
		case f.Outcome == quintain.Fail:
			worst = max(worst, review)
		case f.Outcome == quintain.Inconclusive:
			worst = max(worst, notAnalyzed)
		case f.Outcome == quintain.Pass:
			passes++
		}
	}
	if passes == 0 {
		return max(worst, notAnalyzed)
	}
	return worst
}

// inspect scans a file in memory in all formats.
func inspect(t testing.TB, name string, data []byte) []quintain.Finding {
	t.Helper()
	found, err := scan.Inspect(t.Context(), name, bytes.NewReader(data), int64(len(data)), all.Formats...)
	if err != nil {
		t.Fatal(err)
	}
	return found
}

// current returns the floor as the scanner sees it now, one line for an id.
func current(t testing.TB) map[string]row {
	t.Helper()
	out := make(map[string]row)
	for _, e := range entries() {
		v := verdictOf(inspect(t, e.name, e.make(facts{})))
		for _, id := range e.ids {
			out[id] = row{id, e.format, e.what, v}
		}
	}
	return out
}

// A row is one line of floor.txt.
type row struct {
	id, format, what string
	verdict          verdict
}

func (r row) String() string {
	return fmt.Sprintf("%s\t%s\t%s\t%s", r.id, r.format, r.verdict, r.what)
}

// parse reads the lines of floor.txt, which are sorted.
func parse(text string) (map[string]row, error) {
	out := make(map[string]row)
	last := ""
	for i, line := range strings.Split(strings.TrimSuffix(text, "\n"), "\n") {
		if strings.HasPrefix(line, "#") || text == "" {
			continue
		}
		f := strings.Split(line, "\t")
		if len(f) != 4 {
			return nil, fmt.Errorf("line %d has %d columns, want 4", i+1, len(f))
		}
		v := verdict(slices.Index(verdictNames, f[2]))
		if v < 0 {
			return nil, fmt.Errorf("line %d: no verdict %q", i+1, f[2])
		}
		if f[0] <= last {
			return nil, fmt.Errorf("line %d: %q after %q, want them sorted", i+1, f[0], last)
		}
		last = f[0]
		out[last] = row{f[0], f[1], f[3], v}
	}
	return out, nil
}

const floorHead = "# What the scanner says of each file that fooled a scanner or a loader: id, format,\n" +
	"# verdict, and what the file does when it is loaded. A verdict may only rise; the\n" +
	"# test of this folder, run with -update, raises it. What is clean is a known miss.\n"

// format writes floor.txt.
func format(rows map[string]row) string {
	var b strings.Builder
	b.WriteString(floorHead)
	ids := make([]string, 0, len(rows))
	for id := range rows {
		ids = append(ids, id)
	}
	slices.Sort(ids)
	for _, id := range ids {
		fmt.Fprintln(&b, rows[id])
	}
	return b.String()
}

// raise returns the floor that old and now make: new entries as they are, and
// the higher verdict of the others. It complains if a verdict would fall, an
// entry would go, or one is clean that was not written down as a miss.
func raise(old, now map[string]row) (map[string]row, []error) {
	var errs []error
	out := make(map[string]row)
	for id, r := range now {
		o, was := old[id]
		switch {
		case was && r.verdict < o.verdict:
			errs = append(errs, fmt.Errorf("%s is %s, want at least %s: it %s", id, r.verdict, o.verdict, r.what))
			r.verdict = o.verdict
		case was && o.verdict == clean && r.verdict == clean:
			// a miss that is written down; see maxMisses
		case r.verdict == clean:
			errs = append(errs, fmt.Errorf("%s is clean, which no entry may be: it %s", id, r.what))
			continue
		}
		out[id] = r
	}
	for id, o := range old {
		if _, ok := now[id]; !ok {
			errs = append(errs, fmt.Errorf("%s is gone: it %s", id, o.what))
			out[id] = o
		}
	}
	slices.SortFunc(errs, func(a, b error) int { return strings.Compare(a.Error(), b.Error()) })
	return out, errs
}

// TestFloor proves that no verdict has fallen, and that those that have risen
// are written down, so that they cannot fall again.
func TestFloor(t *testing.T) {
	text, err := os.ReadFile(floorFile)
	if err != nil && !*update {
		t.Fatal(err)
	}
	old, err := parse(string(text))
	if err != nil {
		t.Fatal(err)
	}
	next, errs := raise(old, current(t))
	for _, err := range errs {
		t.Error(err)
	}
	counts := make(map[verdict]int)
	for _, r := range next {
		counts[r.verdict]++
	}
	t.Logf("%d ids: %d malicious, %d review, %d not analyzed, %d missed", len(next), counts[malicious], counts[review], counts[notAnalyzed], counts[clean])
	if counts[clean] > maxMisses {
		t.Errorf("%d ids are clean, want at most %d", counts[clean], maxMisses)
	}
	want := format(next)
	if string(text) == want {
		return
	}
	if !*update {
		t.Errorf("floor.txt is not up to date; run go test ./scan/floor -update")
		return
	}
	if err := os.WriteFile(floorFile, []byte(want), 0o644); err != nil {
		t.Fatal(err)
	}
}

// TestMisses lists the entries whose payload runs in a loader and that are not
// called malicious, the worst first. There may only be fewer.
func TestMisses(t *testing.T) {
	n := 0
	for v := range malicious {
		for _, e := range entries() {
			if e.runs && verdictOf(inspect(t, e.name, e.make(facts{}))) == v {
				n++
				t.Logf("%s\t%s\t%s\t%s", v, e.key(), e.format, e.what)
			}
		}
	}
	if n > maxWeak {
		t.Errorf("%d entries run code and are not malicious, want at most %d", n, maxWeak)
	}
}

// TestRaise proves that the floor rises and refuses to be lowered.
func TestRaise(t *testing.T) {
	line := func(id string, v verdict) map[string]row { return map[string]row{id: {id, "pickle", "runs", v}} }
	for name, tc := range map[string]struct {
		old, now map[string]row
		want     verdict
		errs     int
	}{
		"new":        {nil, line("a", review), review, 0},
		"same":       {line("a", review), line("a", review), review, 0},
		"rises":      {line("a", review), line("a", malicious), malicious, 0},
		"from doubt": {line("a", notAnalyzed), line("a", review), review, 0},
		"falls":      {line("a", malicious), line("a", review), malicious, 1},
		"is clean":   {line("a", malicious), line("a", clean), malicious, 1},
		"is missed":  {line("a", clean), line("a", clean), clean, 0},
		"is caught":  {line("a", clean), line("a", malicious), malicious, 0},
		"is gone":    {line("a", malicious), nil, malicious, 1},
	} {
		t.Run(name, func(t *testing.T) {
			got, errs := raise(tc.old, tc.now)
			if got["a"].verdict != tc.want || len(errs) != tc.errs {
				t.Errorf("raise = %v with errors %v, want %s and %d errors", got, errs, tc.want, tc.errs)
			}
			again, err := parse(format(got))
			if err != nil || again["a"] != got["a"] {
				t.Errorf("parse(format(%v)) = %v, %v", got, again, err)
			}
		})
	}
	if got, errs := raise(nil, line("a", clean)); len(got) != 0 || len(errs) != 1 {
		t.Errorf("raise of a new clean entry = %v, %v, want nothing and an error", got, errs)
	}
}

// TestVerdictOf proves that the worst finding decides and that silence is not
// clean.
func TestVerdictOf(t *testing.T) {
	pass, doubt := quintain.Finding{Outcome: quintain.Pass}, quintain.Finding{}
	fail := func(s quintain.Severity) quintain.Finding {
		return quintain.Finding{Outcome: quintain.Fail, Severity: s}
	}
	for name, tc := range map[string]struct {
		in   []quintain.Finding
		want verdict
	}{
		"silence":   {nil, notAnalyzed},
		"pass":      {[]quintain.Finding{pass}, clean},
		"doubt":     {[]quintain.Finding{pass, doubt}, notAnalyzed},
		"medium":    {[]quintain.Finding{doubt, fail(quintain.Medium)}, review},
		"high":      {[]quintain.Finding{fail(quintain.High), fail(quintain.Low)}, malicious},
		"critical":  {[]quintain.Finding{pass, fail(quintain.Critical)}, malicious},
		"no answer": {[]quintain.Finding{{Outcome: quintain.NotApplicable}}, notAnalyzed},
	} {
		if got := verdictOf(tc.in); got != tc.want {
			t.Errorf("%s: verdictOf = %s, want %s", name, got, tc.want)
		}
	}
}
