package report_test

import (
	"bytes"
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/santhosh-tekuri/jsonschema/v6"

	"quintain"
	"quintain/report"
)

func schema(t *testing.T) *jsonschema.Schema {
	t.Helper()
	doc, err := jsonschema.UnmarshalJSON(bytes.NewReader(report.Schema()))
	if err != nil {
		t.Fatal(err)
	}
	c := jsonschema.NewCompiler()
	if err := c.AddResource("urn:quintain:run:1", doc); err != nil {
		t.Fatal(err)
	}
	s, err := c.Compile("urn:quintain:run:1")
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func samples(t testing.TB) map[string][]byte {
	t.Helper()
	files, err := filepath.Glob("testdata/*.json")
	if err != nil || len(files) < 6 {
		t.Fatalf("got %d samples (%v), want at least 6", len(files), err)
	}
	out := make(map[string][]byte)
	for _, f := range files {
		b, err := os.ReadFile(f)
		if err != nil {
			t.Fatal(err)
		}
		out[filepath.Base(f)] = b
	}
	return out
}

func TestSamplesMatchSchema(t *testing.T) {
	s := schema(t)
	for name, b := range samples(t) {
		v, err := jsonschema.UnmarshalJSON(bytes.NewReader(b))
		if err != nil {
			t.Fatal(err)
		}
		if err := s.Validate(v); err != nil {
			t.Errorf("%s: %v", name, err)
		}
	}
}

// Every edit breaks the document, for the schema and for Decode alike.
func TestBrokenDocuments(t *testing.T) {
	s := schema(t)
	sample := string(samples(t)["assess.json"])
	for _, edit := range []struct{ name, old, new string }{
		{"other version", `"quintain.run/1"`, `"quintain.run/2"`},
		{"unknown field", `"kind": "assess",`, `"kind": "assess", "extra": 1,`},
		{"unknown field of the gate", `"failOn": "high",`, `"failOn": "high", "extra": 1,`},
		{"unknown severity", `"severity": "critical"`, `"severity": "catastrophic"`},
		{"unknown status", `"status": "stale"`, `"status": "fine"`},
		{"unknown outcome", `"outcome": "fail"`, `"outcome": "lost"`},
		{"digest too short", `"digest": "sha256:`, `"digest": "sha256:0`},
		{"seed below zero", `"seed": 7`, `"seed": -7`},
		{"trials as text", `"trials": 120`, `"trials": "120"`},
		{"findings as object", `"findings": [`, `"findings": {}, "findings": [[`},
	} {
		broken := strings.Replace(sample, edit.old, edit.new, 1)
		if broken == sample {
			t.Fatalf("%s: %q is not in the sample", edit.name, edit.old)
		}
		if _, err := report.Decode(strings.NewReader(broken)); err == nil {
			t.Errorf("%s: Decode accepts it", edit.name)
		}
		v, err := jsonschema.UnmarshalJSON(strings.NewReader(broken))
		if err == nil && s.Validate(v) == nil {
			t.Errorf("%s: the schema accepts it", edit.name)
		}
	}
}

// forge changes the bytes behind one digest.
func forge(d *report.Document) {
	for digest, b := range d.Blobs {
		b.Data += "."
		d.Blobs[digest] = b
		return
	}
}

func TestBlob(t *testing.T) {
	for _, want := range []string{"", "text", "\xff\x00 is no text"} {
		b, err := json.Marshal(report.NewBlob("text/plain", []byte(want)))
		if err != nil {
			t.Fatal(err)
		}
		var back report.Blob
		if err := json.Unmarshal(b, &back); err != nil {
			t.Fatal(err)
		}
		if got, err := back.Bytes(); err != nil || string(got) != want {
			t.Errorf("blob of %q comes back as %q, %v", want, got, err)
		}
	}
}

// What the schema cannot say is for Validate.
func TestValidate(t *testing.T) {
	for name, edit := range map[string]func(*report.Document){
		"no finding of that index":    func(d *report.Document) { d.Threats[0].Findings = []int{99} },
		"complete with a reason":      func(d *report.Document) { d.Incomplete = "power cut" },
		"incomplete without a reason": func(d *report.Document) { d.Complete = false },
		"passed with reasons":         func(d *report.Document) { d.Gate.Passed = true },
		"failed without reasons":      func(d *report.Document) { d.Gate.Reasons = nil },
		"no why":                      func(d *report.Document) { d.Threats[1].Why = "" },
		"pass without evidence":       func(d *report.Document) { d.Findings[3].Evidence = nil },
		"measure without trials":      func(d *report.Document) { d.Findings[0].Evidence[0].Measure.Trials = 0 },
		"threats left out": func(d *report.Document) {
			d.Threats = nil
			d.Gate.Passed, d.Gate.Reasons = true, nil
		},
		"another kind":      func(d *report.Document) { d.Kind = "scan" },
		"typed gate":        func(d *report.Document) { d.Gate.Passed, d.Gate.Reasons = true, nil },
		"gate moved":        func(d *report.Document) { d.Gate.FailOn = quintain.Low },
		"typed resisted":    func(d *report.Document) { d.ByStatus(report.StatusFailed)[0].Status = report.StatusResisted },
		"typed failed":      func(d *report.Document) { d.ByStatus(report.StatusResisted)[0].Status = report.StatusFailed },
		"forged attachment": func(d *report.Document) { forge(d) },
		"absent attachment": func(d *report.Document) { d.Findings[0].Evidence[0].Blob = quintain.DigestOf([]byte("nothing")) },
	} {
		d, err := report.Decode(bytes.NewReader(samples(t)["assess.json"]))
		if err != nil {
			t.Fatal(err)
		}
		edit(d)
		if err := d.Validate(); err == nil {
			t.Errorf("%s: Validate accepts it", name)
		}
	}
}

func TestDecodeRefusesWhatFollows(t *testing.T) {
	b := samples(t)["probe.json"]
	if _, err := report.Decode(bytes.NewReader(append(b, "{}"...))); err == nil {
		t.Error("Decode accepts a second document after the first")
	}
	if _, err := report.Decode(strings.NewReader("")); err == nil {
		t.Error("Decode accepts nothing")
	}
}

func TestGateThatNothingFails(t *testing.T) {
	b, err := json.Marshal(report.Gate{FailOn: quintain.Critical + 1, Passed: true})
	if err != nil {
		t.Fatal(err)
	}
	if got, want := string(b), `{"failOn":"none","passed":true}`; got != want {
		t.Errorf("got %s, want %s", got, want)
	}
	var g report.Gate
	if err := json.Unmarshal(b, &g); err != nil || g.FailOn <= quintain.Critical {
		t.Errorf("read back as %v (%v), want a threshold beyond critical", g.FailOn, err)
	}
}

func TestVerdict(t *testing.T) {
	want := map[string]report.Verdict{
		"assess.json": report.Failed, "interrupted.json": report.Incomplete, "scan.json": report.Failed, "attack.json": report.Passed,
		"probe.json": report.Passed, "undecided.json": report.Undecided, "hostile.json": report.Incomplete, "folder.json": report.Failed,
	}
	got := make(map[string]report.Verdict)
	for name, b := range samples(t) {
		d, err := report.Decode(bytes.NewReader(b))
		if err != nil {
			t.Fatal(err)
		}
		got[name] = d.Verdict()
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("verdicts (-want +got):\n%s", diff)
	}
}

func TestSummary(t *testing.T) {
	for name, want := range map[string]string{
		"assess.json": "8 threats: 2 failed, 1 stale, 2 open, 1 accepted, 1 resisted, 1 unreachable",
		"scan.json":   "4 findings: 1 fail, 1 inconclusive, 1 pass, 1 not-applicable",
		"probe.json":  "1 finding: 1 pass",
	} {
		d, err := report.Decode(bytes.NewReader(samples(t)[name]))
		if err != nil {
			t.Fatal(err)
		}
		if got := d.Summary(); got != want {
			t.Errorf("%s: got %q, want %q", name, got, want)
		}
	}
}

func FuzzDecode(f *testing.F) {
	f.Add(samples(f)["probe.json"]) // the larger ones make a slow fuzzer
	f.Add(samples(f)["undecided.json"])
	f.Add([]byte(`{"schema":"quintain.run/1","complete":true,"gate":{"passed":true},"findings":null}`))
	f.Fuzz(func(t *testing.T, b []byte) {
		d, err := report.Decode(bytes.NewReader(b))
		if err != nil {
			return
		}
		var once, twice bytes.Buffer
		if err := report.WriteJSON(&once, d); err != nil {
			t.Fatalf("what was read cannot be written: %v", err)
		}
		again, err := report.Decode(bytes.NewReader(once.Bytes()))
		if err != nil {
			t.Fatalf("what was written cannot be read: %v", err)
		}
		if err := report.WriteJSON(&twice, again); err != nil || !bytes.Equal(once.Bytes(), twice.Bytes()) {
			t.Errorf("writing, reading and writing again changed the bytes (%v)", err)
		}
	})
}
