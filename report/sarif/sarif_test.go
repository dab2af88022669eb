package sarif_test

import (
	"bytes"
	"encoding/json"
	"os"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/santhosh-tekuri/jsonschema/v6"

	"quintain/report/reporttest"
	"quintain/report/sarif"
)

func Test(t *testing.T) { reporttest.Run(t, sarif.Format) }

// official returns the schema of the standard.
func official(t *testing.T) *jsonschema.Schema {
	t.Helper()
	b, err := os.ReadFile("testdata/sarif-schema-2.1.0.json")
	if err != nil {
		t.Fatal(err)
	}
	doc, err := jsonschema.UnmarshalJSON(bytes.NewReader(b))
	if err != nil {
		t.Fatal(err)
	}
	c := jsonschema.NewCompiler()
	c.AssertFormat()
	if err := c.AddResource("sarif.json", doc); err != nil {
		t.Fatal(err)
	}
	s, err := c.Compile("sarif.json")
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func TestOfficialSchema(t *testing.T) {
	s := official(t)
	for name, d := range reporttest.Samples(t) {
		v, err := jsonschema.UnmarshalJSON(bytes.NewReader(reporttest.Render(t, sarif.Format, d)))
		if err != nil {
			t.Fatal(err)
		}
		if err := s.Validate(v); err != nil {
			t.Errorf("%s: %v", name, err)
		}
	}
	broken, err := jsonschema.UnmarshalJSON(strings.NewReader(`{"version":"2.1.0","runs":[{"tool":{}}]}`))
	if err != nil {
		t.Fatal(err)
	}
	if s.Validate(broken) == nil {
		t.Error("the schema accepts a run whose tool has no driver: it proves nothing")
	}
}

type logFile struct {
	Runs []struct {
		Tool struct {
			Driver struct{ Rules []struct{ ID string } }
		}
		Invocations []struct{ ExecutionSuccessful bool }
		Results     []struct {
			RuleID              string
			RuleIndex           int
			Kind, Level         string
			Message             struct{ Text string }
			PartialFingerprints map[string]string
			Suppressions        []struct{ Status string }
			Locations           []struct {
				PhysicalLocation struct {
					ArtifactLocation struct{ URI, URIBaseID string }
					Region           struct{ StartLine int }
				}
			}
		}
	}
}

func render(t *testing.T, sample string) logFile {
	t.Helper()
	var l logFile
	if err := json.Unmarshal(reporttest.Render(t, sarif.Format, reporttest.Samples(t)[sample]), &l); err != nil {
		t.Fatal(err)
	}
	return l
}

// What code scanning services refuse a file for.
func TestServices(t *testing.T) {
	for sample := range reporttest.Samples(t) {
		r := render(t, sample).Runs[0]
		prints := make(map[string]bool)
		for _, res := range r.Results {
			if len(res.Locations) != 1 || res.Message.Text == "" || r.Tool.Driver.Rules[res.RuleIndex].ID != res.RuleID {
				t.Errorf("%s: result of %q has %d locations, message %q", sample, res.RuleID, len(res.Locations), res.Message.Text)
				continue
			}
			loc := res.Locations[0].PhysicalLocation
			if uri := loc.ArtifactLocation.URI; uri == "" || strings.ContainsAny(uri, "\\ <>\"") || strings.HasPrefix(uri, "..") || loc.Region.StartLine != 1 {
				t.Errorf("%s: location %q line %d", sample, uri, loc.Region.StartLine)
			}
			if (res.Kind == "fail") != (res.Level != "none") {
				t.Errorf("%s: kind %q with level %q", sample, res.Kind, res.Level)
			}
			if strings.Contains(res.Message.Text, "](") {
				t.Errorf("%s: message %q has a link", sample, res.Message.Text)
			}
			p := res.PartialFingerprints["quintain/v1"]
			if p == "" || prints[p] {
				t.Errorf("%s: fingerprint %q is empty or not unique", sample, p)
			}
			prints[p] = true
		}
	}
}

// The address of a result is that of the real file, whatever is in its name,
// and not what the name looks like when it is shown.
func TestRealNames(t *testing.T) {
	schema := official(t)
	for ref, want := range map[string]string{
		"a\x1b[31m.pkl":                 "a%1B%5B31m.pkl",
		"sub/new\nline\tand tab.pkl":    "sub/new%0Aline%09and%20tab.pkl",
		"gpj.\u202epkl":                 "gpj.%E2%80%AEpkl",
		`a"<b>.pkl`:                     "a%22%3Cb%3E.pkl",
		"100%.pkl":                      "100%25.pkl",
		"a\\x1b.pkl":                    "a/x1b.pkl", // a path of another system
		"c:model.pkl":                   "./c:model.pkl",
		"/models/\x7f.pkl":              "file:///models/%7F.pkl",
		"http://h.example/v1?q=a\u202e": "http://h.example/v1?q=a%E2%80%AE",
		"http://h.example/v1":           "http://h.example/v1",
	} {
		d := reporttest.Samples(t)["scan"]
		d.Findings[0].Target.Ref = ref
		out := reporttest.Render(t, sarif.Format, d)
		var l logFile
		if err := json.Unmarshal(out, &l); err != nil {
			t.Fatal(err)
		}
		if got := l.Runs[0].Results[0].Locations[0].PhysicalLocation.ArtifactLocation.URI; got != want {
			t.Errorf("%q is at %q, want %q", ref, got, want)
		}
		v, err := jsonschema.UnmarshalJSON(bytes.NewReader(out))
		if err != nil {
			t.Fatal(err)
		}
		if err := schema.Validate(v); err != nil {
			t.Errorf("%q: %v", ref, err)
		}
	}
}

func TestKinds(t *testing.T) {
	got := make(map[string]string)
	for _, res := range render(t, "assess").Runs[0].Results {
		suppressed := ""
		if len(res.Suppressions) > 0 {
			suppressed = " " + res.Suppressions[0].Status
		}
		got[res.RuleID] = res.Kind + " " + res.Level + suppressed
	}
	want := map[string]string{
		"threat/indirect": "fail error", "threat/loadcode": "fail error", "threat/evasion": "review none", "threat/membership": "open none",
		"threat/rendering": "open none", "threat/cost": "open none accepted", "threat/sysprompt": "pass none", "threat/poisoning": "notApplicable none",
		"threat/prompt/secrets": "pass none",
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("kinds and levels (-want +got):\n%s", diff)
	}
}

// A fingerprint survives new numbers and other findings.
func TestFingerprintsAreStable(t *testing.T) {
	before := reporttest.Samples(t)["scan"]
	after := reporttest.Samples(t)["scan"]
	after.Findings = after.Findings[1:]
	after.Findings[0].Summary = "worded otherwise"
	var a, b logFile
	for l, d := range map[*logFile][]byte{&a: reporttest.Render(t, sarif.Format, before), &b: reporttest.Render(t, sarif.Format, after)} {
		if err := json.Unmarshal(d, l); err != nil {
			t.Fatal(err)
		}
	}
	for i, res := range b.Runs[0].Results {
		if got, want := res.PartialFingerprints["quintain/v1"], a.Runs[0].Results[i+1].PartialFingerprints["quintain/v1"]; got != want {
			t.Errorf("result %d: fingerprint %q, was %q", i, got, want)
		}
	}
}

func TestExecutionSuccessful(t *testing.T) {
	for sample, want := range map[string]bool{"assess": true, "interrupted": false, "undecided": false, "probe": true} {
		if got := render(t, sample).Runs[0].Invocations[0].ExecutionSuccessful; got != want {
			t.Errorf("%s: executionSuccessful %v, want %v", sample, got, want)
		}
	}
}
