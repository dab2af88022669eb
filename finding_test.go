package quintain_test

import (
	"encoding/json"
	"math"
	"strings"
	"testing"
	"unicode/utf8"

	"quintain"
)

func TestZeroOutcome(t *testing.T) {
	var f quintain.Finding
	if f.Outcome != quintain.Inconclusive {
		t.Errorf("zero outcome = %v, want inconclusive", f.Outcome)
	}
	if f.Resisted() {
		t.Error("the zero finding counts as resistance")
	}
}

func TestResisted(t *testing.T) {
	weak := &quintain.Control{Outcome: quintain.Fail}
	for name, tc := range map[string]struct {
		f    quintain.Finding
		want bool
	}{
		"pass with control":          {quintain.Finding{Outcome: quintain.Pass, Control: weak}, true},
		"pass without control":       {quintain.Finding{Outcome: quintain.Pass}, false},
		"pass, control passed too":   {quintain.Finding{Outcome: quintain.Pass, Control: &quintain.Control{Outcome: quintain.Pass}}, false},
		"pass, control undecided":    {quintain.Finding{Outcome: quintain.Pass, Control: &quintain.Control{}}, false},
		"inconclusive with control":  {quintain.Finding{Control: weak}, false},
		"not applicable and control": {quintain.Finding{Outcome: quintain.NotApplicable, Control: weak}, false},
	} {
		if got := tc.f.Resisted(); got != tc.want {
			t.Errorf("%s: Resisted() = %v, want %v", name, got, tc.want)
		}
	}
}

func TestFindingValidate(t *testing.T) {
	good := func() quintain.Finding {
		return quintain.Finding{
			Check: "scan/pickle", Summary: "calls os.system", Outcome: quintain.Fail, Severity: quintain.Critical,
			Evidence: []quintain.Evidence{{Summary: "at the start"}},
		}
	}
	g := good()
	if err := g.Validate(); err != nil {
		t.Fatalf("Validate() = %v, want no error", err)
	}
	for want, spoil := range map[string]func(*quintain.Finding){
		"no check or no summary":     func(f *quintain.Finding) { f.Summary = "" },
		"fail without evidence":      func(f *quintain.Finding) { f.Evidence = nil },
		"pass without evidence":      func(f *quintain.Finding) { f.Outcome, f.Severity, f.Evidence = quintain.Pass, quintain.None, nil },
		"severity none":              func(f *quintain.Finding) { f.Severity = quintain.None },
		"severity critical":          func(f *quintain.Finding) { f.Outcome = quintain.Pass },
		"evidence without a summary": func(f *quintain.Finding) { f.Evidence[0].Summary = "" },
		"excerpt of 4097 bytes":      func(f *quintain.Finding) { f.Evidence[0].Excerpt = strings.Repeat("x", 4097) },
		"carries a key":              func(f *quintain.Finding) { f.Target.Ref = "https://host.example/v1?api-version=2&api_key=secret" },
		"carries a user name":        func(f *quintain.Finding) { f.Target.Ref = "https://user:secret@host.example/v1" },
		"is not sha256":              func(f *quintain.Finding) { f.Target.Digest = "sha256:00" },
		"of 0 trials":                func(f *quintain.Finding) { f.Evidence[0].Measure = &quintain.Measure{Name: "x", Method: "y"} },
	} {
		f := good()
		spoil(&f)
		if err := f.Validate(); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("Validate() = %v, want an error with %q", err, want)
		}
	}
}

func TestMeasureValidate(t *testing.T) {
	ok := quintain.Measure{Name: "attack success rate", Method: "clopper-pearson", Value: .5, Low: .2, High: .8, Trials: 10}
	if err := ok.Validate(); err != nil {
		t.Errorf("Validate() = %v, want no error", err)
	}
	for name, spoil := range map[string]func(*quintain.Measure){
		"no name":   func(m *quintain.Measure) { m.Name = "" },
		"no method": func(m *quintain.Measure) { m.Method = "" },
		"no trials": func(m *quintain.Measure) { m.Trials = 0 },
		"outside":   func(m *quintain.Measure) { m.Value = .9 },
		"nan":       func(m *quintain.Measure) { m.High = math.NaN() },
		"infinite":  func(m *quintain.Measure) { m.High = math.Inf(1) },
	} {
		m := ok
		spoil(&m)
		if m.Validate() == nil {
			t.Errorf("%s: Validate() = nil, want an error", name)
		}
	}
}

func TestOutcomeText(t *testing.T) {
	f := quintain.Finding{Outcome: quintain.NotApplicable, Severity: quintain.High}
	b, err := json.Marshal(f)
	if err != nil {
		t.Fatal(err)
	}
	var back quintain.Finding
	if err := json.Unmarshal(b, &back); err != nil || back.Outcome != f.Outcome || back.Severity != f.Severity {
		t.Errorf("round trip of %s = %v, %v, %v", b, back.Outcome, back.Severity, err)
	}
	if err := json.Unmarshal([]byte(`{"outcome":"ok"}`), &back); err == nil {
		t.Error(`outcome "ok" is accepted`)
	}
}

func TestExcerpt(t *testing.T) {
	got := quintain.Excerpt(strings.Repeat("é", quintain.MaxExcerpt))
	if len(got) > quintain.MaxExcerpt || !utf8.ValidString(got) || !strings.HasSuffix(got, "…") {
		t.Errorf("Excerpt gives %d bytes, valid %v", len(got), utf8.ValidString(got))
	}
	if got := quintain.Excerpt("short"); got != "short" {
		t.Errorf("Excerpt(short) = %q", got)
	}
}

func TestParseNeeds(t *testing.T) {
	for in, want := range map[string]quintain.Need{
		"": 0, "network": quintain.NeedNetwork, "spend,write": quintain.NeedSpend | quintain.NeedWrite,
	} {
		if got, err := quintain.ParseNeeds(in); err != nil || got != want {
			t.Errorf("ParseNeeds(%q) = %v, %v, want %v", in, got, err, want)
		}
	}
	if _, err := quintain.ParseNeeds("everything"); err == nil {
		t.Error(`ParseNeeds("everything") gives no error`)
	}
}

func TestCheckValidate(t *testing.T) {
	good := quintain.Check{Name: "scan/pickle", Doc: "code in pickles\n\nMore.", Techniques: []quintain.Technique{"CWE-502"}, Accepts: []quintain.Kind{quintain.KindArtifact}}
	if err := good.Validate(); err != nil {
		t.Errorf("Validate() = %v, want no error", err)
	}
	for name, spoil := range map[string]func(*quintain.Check){
		"name":       func(c *quintain.Check) { c.Name = "Pickle" },
		"title":      func(c *quintain.Check) { c.Doc = "# Pickle" },
		"full stop":  func(c *quintain.Check) { c.Doc = "finds code." },
		"blank line": func(c *quintain.Check) { c.Doc = "finds code\nmore" },
		"techniques": func(c *quintain.Check) { c.Techniques = nil },
		"accepts":    func(c *quintain.Check) { c.Accepts = nil },
	} {
		c := good
		spoil(&c)
		if c.Validate() == nil {
			t.Errorf("%s: Validate() = nil, want an error", name)
		}
	}
}
