package policy_test

import (
	"fmt"
	"math/rand/v2"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"quintain"
	"quintain/scan/policy"
)

var (
	one = quintain.DigestOf([]byte("one"))
	two = quintain.DigestOf([]byte("two"))
	day = time.Date(2027, time.January, 31, 0, 0, 0, 0, time.UTC)
)

func fail(ref string, d quintain.Digest, s quintain.Severity, location string) quintain.Finding {
	return quintain.Finding{
		Check: "scan/pickle", Target: quintain.Target{Kind: quintain.KindArtifact, Ref: ref, Digest: d}, Outcome: quintain.Fail, Severity: s,
		Summary: "x", Evidence: []quintain.Evidence{{Summary: "x", Location: location}},
	}
}

func TestApply(t *testing.T) {
	high := fail("models/a.pt", one, quintain.High, "a.pt!data.pkl@0x1c")
	medium := fail("models/a.pt", one, quintain.Medium, "a.pt!data.pkl@0x1c")
	entry := func(edit func(*policy.Entry)) policy.Entry {
		e := policy.Entry{Check: "scan/pickle", Digest: one, Why: "w", By: "b", Until: day}
		edit(&e)
		return e
	}
	tests := []struct {
		name    string
		finding quintain.Finding
		entry   policy.Entry
		now     time.Time
		want    policy.State
	}{
		{"bound", high, entry(func(*policy.Entry) {}), day, policy.Used},
		{"on its last second", high, entry(func(*policy.Entry) {}), day.Add(24*time.Hour - time.Second), policy.Used},
		{"a second later", high, entry(func(*policy.Entry) {}), day.Add(24 * time.Hour), policy.Expired},
		{"other bytes", high, entry(func(e *policy.Entry) { e.Digest = two }), day, policy.Unmatched},
		{"bytes that are not known", fail("models/a.pt", "", quintain.Low, ""), entry(func(*policy.Entry) {}), day, policy.Unmatched},
		{"another check", high, entry(func(e *policy.Entry) { e.Check = "scan/pick" }), day, policy.Unmatched},
		{"unbound, high", high, entry(func(e *policy.Entry) { e.Digest, e.Path = "", "*.pt" }), day, policy.Unbound},
		{"unbound, medium", medium, entry(func(e *policy.Entry) { e.Digest, e.Path = "", "*.pt" }), day, policy.Used},
		{"longer path", medium, entry(func(e *policy.Entry) { e.Path = "models/*" }), day, policy.Used},
		{"part of a name", medium, entry(func(e *policy.Entry) { e.Path = "odels/*" }), day, policy.Unmatched},
		{"too long a path", medium, entry(func(e *policy.Entry) { e.Path = "x/models/*" }), day, policy.Unmatched},
		{"whole path", medium, entry(func(e *policy.Entry) { e.Path = "/models/a.pt" }), day, policy.Unmatched},
		{"bound and elsewhere", high, entry(func(e *policy.Entry) { e.Path = "b.pt" }), day, policy.Unmatched},
		{"place", high, entry(func(e *policy.Entry) { e.Location = "a.pt!data.pkl@0x1c" }), day, policy.Used},
		{"member", high, entry(func(e *policy.Entry) { e.Location = "a.pt!data.pkl" }), day, policy.Used},
		{"other place", high, entry(func(e *policy.Entry) { e.Location = "a.pt!data.pkl@0x1" }), day, policy.Unmatched},
	}
	for _, tt := range tests {
		p := &policy.Policy{Entries: []policy.Entry{tt.entry}}
		r := p.Apply([]quintain.Finding{tt.finding}, tt.now)
		if r.States[0] != tt.want || (r.Accepted[0] != nil) != (tt.want == policy.Used) {
			t.Errorf("%s: state %d, accepted %v; want state %d", tt.name, r.States[0], r.Accepted[0] != nil, tt.want)
		}
	}
}

// Whatever the findings and the policy: nothing but demonstrated weaknesses is
// accepted, never about other bytes, never late, never at high without a
// digest; and no finding is changed.
func TestApplyProperties(t *testing.T) {
	rng := rand.New(rand.NewPCG(1, 2))
	pick := func(n int) int { return rng.IntN(n) }
	digests := []quintain.Digest{"", one, two}
	refs := []string{"a.pt", "m/a.pt", "m/b.pt"}
	accepted := 0
	for range 20_000 {
		var fs []quintain.Finding
		for range pick(6) {
			f := fail(refs[pick(3)], digests[pick(3)], quintain.Severity(1+pick(4)), "a.pt!x@0x1")
			f.Outcome = quintain.Outcome(pick(4))
			f.Check = []string{"scan/pickle", "scan/torch"}[pick(2)]
			fs = append(fs, f)
		}
		p := &policy.Policy{}
		for range pick(5) {
			p.Entries = append(p.Entries, policy.Entry{
				Check: []string{"scan/pickle", "scan/torch"}[pick(2)], Digest: digests[pick(3)], Path: []string{"", "*.pt", "m/*"}[pick(3)],
				Location: []string{"", "a.pt!x", "b"}[pick(3)], Until: day.AddDate(0, 0, pick(3)-1),
			})
		}
		before := slices.Clone(fs)
		r := p.Apply(fs, day.Add(time.Hour))
		if !reflect.DeepEqual(fs, before) {
			t.Fatal("a finding was changed")
		}
		for n, e := range r.Accepted {
			accepted++
			f := fs[n]
			switch {
			case f.Outcome != quintain.Fail:
				t.Fatalf("accepts a finding that is %s", f.Outcome)
			case e.Digest != "" && e.Digest != f.Target.Digest:
				t.Fatalf("an entry for %s accepts a finding about %s", e.Digest, f.Target.Digest)
			case e.Digest == "" && f.Severity >= quintain.High:
				t.Fatalf("accepts %s without a digest", f.Severity)
			case e.Until.Before(day):
				t.Fatalf("accepts after %s", e.Until)
			case e.Check != f.Check:
				t.Fatalf("an entry for %s accepts a finding of %s", e.Check, f.Check)
			}
		}
	}
	if accepted < 1000 {
		t.Errorf("only %d findings were accepted; the test proves little", accepted)
	}
}

func TestParse(t *testing.T) {
	const file = `# reviewed by the model team
accept:
  - check: scan/pickle
    digest: %s
    path: models/*.pt
    location: a.pt!data.pkl@0x1c
    why: |
      the reducer is ours
    by: m.keller
    until: 2027-01-31
  - {check: scan/torch, path: "*.pt", why: "an old writer", by: t.ito, until: "2027-01-31"}
`
	got, err := policy.Parse("scan.yaml", fmt.Appendf(nil, file, one))
	if err != nil {
		t.Fatal(err)
	}
	want := &policy.Policy{File: "scan.yaml", Entries: []policy.Entry{
		{
			Check: "scan/pickle", Digest: one, Path: "models/*.pt", Location: "a.pt!data.pkl@0x1c",
			Why: "the reducer is ours", By: "m.keller", Until: day, Line: 3, Col: 5,
		},
		{Check: "scan/torch", Path: "*.pt", Why: "an old writer", By: "t.ito", Until: day, Line: 11, Col: 5},
	}}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
	if p, err := policy.Parse("p", []byte("accept: []\n")); err != nil || len(p.Entries) != 0 {
		t.Errorf("a policy that accepts nothing: %v, %v", p, err)
	}
}

func TestParseRefuses(t *testing.T) {
	const whole = "accept:\n- check: scan/x\n  path: a\n  why: w\n  by: b\n  until: 2027-01-31\n"
	for in, want := range map[string]string{
		"":                              "p.yaml:1:1: the file is empty",
		"a: 1\n":                        "p.yaml:1:1: unknown key \"a\" in the policy; have accept\np.yaml:1:1: the policy has no accept",
		"accept: 3\n":                   "p.yaml:1:9: accept is the number 3, want a list",
		"- x\n":                         "p.yaml:1:1: policy is a list, want keys and values",
		"accept:\n- x\n":                "p.yaml:2:3: entry is \"x\", want keys and values",
		"accept: [\n":                   "p.yaml:1:9: ",
		"accept: &a []\n":               "p.yaml:1:9: anchors and aliases are not supported: write it out",
		"accept: []\n---\naccept: []\n": "p.yaml:3:1: the file has more than one document",
		whole + "  until: 2027-01-31\n": `p.yaml:7:3: `,
		whole + "  Why: x\n":            `p.yaml:7:3: unknown key "Why" in an entry; did you mean "why"?`,
		strings.Replace(whole, "  path: a\n", "", 1):                   "p.yaml:2:3: the entry has neither a digest nor a path",
		strings.Replace(whole, "path: a", "path: '[a'", 1):             `p.yaml:3:9: path "[a" is no pattern`,
		strings.Replace(whole, "path: a", "digest: abc", 1):            `p.yaml:3:11: digest "abc" is not sha256 and 64 hexadecimal digits`,
		strings.Replace(whole, "  why: w\n", "", 1):                    "p.yaml:2:3: an entry has no why",
		strings.Replace(whole, "why: w", "why: ''", 1):                 "p.yaml:4:8: why is blank",
		strings.Replace(whole, "by: b", "by: [b]", 1):                  "p.yaml:5:7: by is a list, want a string",
		strings.Replace(whole, "2027-01-31", "never", 1):               `p.yaml:6:10: until is "never", want a date such as 2027-01-31`,
		strings.Replace(whole, "2027-01-31", "2027-02-30", 1):          `p.yaml:6:10: until is "2027-02-30", want a date such as 2027-01-31`,
		"accept:\n- why: \x01\n":                                       "p.yaml:2:8: the byte 0x01 is not text in UTF-8",
		"accept: " + strings.Repeat("[", 40) + strings.Repeat("]", 40): "p.yaml:1:41: nested deeper than 32 levels",
	} {
		p, err := policy.Parse("p.yaml", []byte(in))
		if err == nil {
			t.Errorf("%q: parsed as %v", in, p)
			continue
		}
		got := err.Error()
		if strings.HasSuffix(want, ": ") { // the rest is the parser's
			got = got[:min(len(got), len(want))]
		}
		if got != want {
			t.Errorf("%q: got %q, want %q", in, err, want)
		}
	}
}

// Whatever the bytes, parsing ends with a policy whose entries are complete or
// with an error that names the place.
func FuzzParse(f *testing.F) {
	f.Add([]byte("accept:\n- check: scan/x\n  path: a\n  why: w\n  by: b\n  until: 2027-01-31\n"))
	f.Add([]byte("accept: [{check: x, digest: y}]"))
	f.Fuzz(func(t *testing.T, data []byte) {
		p, err := policy.Parse("p.yaml", data)
		if err != nil {
			if !strings.HasPrefix(err.Error(), "p.yaml:") {
				t.Errorf("error without a place: %v", err)
			}
			return
		}
		for _, e := range p.Entries {
			if e.Check == "" || e.Why == "" || e.By == "" || e.Until.IsZero() && !strings.Contains(string(data), "0001-01-01") || e.Digest == "" && e.Path == "" {
				t.Errorf("incomplete entry %+v", e)
			}
		}
	})
}
