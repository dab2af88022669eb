package assess_test

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"quintain"
	"quintain/assess"
	"quintain/report"
	"quintain/threat"
)

// clinic is a system with two artifacts and a table in the way.
const clinic = `name: Clinic
elements:
  - {id: hub, kind: external, trust: untrusted}
  - {id: model, kind: artifact, test: {kind: artifact, ref: model.bin}}
  - {id: other, kind: artifact, test: {kind: artifact, ref: other.bin}}
flows:
  - {from: hub, to: model}
  - {from: hub, to: other}
`

var now = time.Date(2026, time.December, 1, 0, 0, 0, 0, time.UTC)

// load writes a system file and its artifacts into a folder and reads it.
func load(t *testing.T, dir, src string) *threat.Model {
	t.Helper()
	write(t, filepath.Join(dir, "system.yaml"), src)
	for _, name := range []string{"model.bin", "other.bin"} {
		if _, err := os.Stat(filepath.Join(dir, name)); err != nil {
			write(t, filepath.Join(dir, name), "weights of "+name)
		}
	}
	m, err := threat.Load(filepath.Join(dir, "system.yaml"))
	if err != nil {
		t.Fatal(err)
	}
	return m
}

func write(t *testing.T, name, data string) {
	t.Helper()
	if err := os.WriteFile(name, []byte(data), 0o644); err != nil {
		t.Fatal(err)
	}
}

// planted is a rule that applies to every artifact.
var planted = &threat.Rule{
	Check: quintain.Check{
		Name: "threat/test/planted", Doc: "an artifact may be planted",
		Techniques: []quintain.Technique{"AML.T0010.003"}, Accepts: []quintain.Kind{quintain.KindSystem},
	},
	Version: 1, Severity: quintain.High, Verify: []string{"fake/"}, Mitigations: []string{"AML.M0013"},
	Match: func(g *threat.Graph) []threat.Match {
		var out []threat.Match
		for e := range g.All(threat.KindArtifact) {
			out = append(out, threat.Match{Elements: []*threat.Element{e}, Why: e.ID + " comes from anywhere"})
		}
		return out
	},
}

// An engine is a fake with one check that does what run says.
type engine struct {
	run func(ctx context.Context, t quintain.Target, rec quintain.Recorder) error
}

var check = &quintain.Check{
	Name: "fake/check", Doc: "a check that does what the test says",
	Techniques: []quintain.Technique{"AML.T0010.003"}, Accepts: []quintain.Kind{quintain.KindArtifact},
}

func (e engine) Checks() []*quintain.Check { return []*quintain.Check{check} }

func (e engine) Run(ctx context.Context, t quintain.Target, _ []*quintain.Check, rec quintain.Recorder) error {
	return e.run(ctx, t, rec)
}

// finding is a valid finding of check with an outcome.
func finding(t quintain.Target, o quintain.Outcome) quintain.Finding {
	f := quintain.Finding{Check: check.Name, Target: t, Outcome: o, Summary: "it is " + o.String(), Techniques: check.Techniques}
	switch o {
	case quintain.Fail:
		f.Severity = quintain.High
		f.Evidence = []quintain.Evidence{{Summary: "seen"}}
	case quintain.Pass:
		f.Evidence = []quintain.Evidence{{Summary: "tried"}}
		f.Control = &quintain.Control{Outcome: quintain.Fail, Summary: "the twin fell"}
	case quintain.Inconclusive, quintain.NotApplicable:
	}
	return f
}

// says returns an engine that concludes o about everything.
func says(o quintain.Outcome) engine {
	return engine{func(_ context.Context, t quintain.Target, rec quintain.Recorder) error {
		return rec.Record(finding(t, o))
	}}
}

var errBroken = errors.New("the engine broke")

// options are those of a test: one engine, one rule, a still clock.
func options(e quintain.Engine) *assess.Options {
	return &assess.Options{
		Engines: []quintain.Engine{e}, Rules: []*threat.Rule{planted}, Seed: 1, FailOn: quintain.High,
		Tool: report.Tool{Name: "quintain", Version: "test"}, Now: func() time.Time { return now },
	}
}

// run assesses m and returns the report and its bytes.
func run(ctx context.Context, t *testing.T, m *threat.Model, o *assess.Options) (*report.Document, string) {
	t.Helper()
	d, err := assess.Run(ctx, m, o)
	if err != nil {
		t.Fatalf("Run() = %v, want no error", err)
	}
	var b strings.Builder
	if err := report.WriteJSON(&b, d); err != nil {
		t.Fatal(err)
	}
	return d, b.String()
}

// statuses returns the status of every threat by its first element.
func statuses(d *report.Document) map[string]report.Status {
	out := make(map[string]report.Status)
	for _, t := range d.Threats {
		out[t.Elements[0]] = t.Status
	}
	return out
}
