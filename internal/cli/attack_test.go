package cli

import (
	"bytes"
	"context"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/santhosh-tekuri/jsonschema/v6"

	"quintain"
	"quintain/attack/evasion"
)

const (
	triage     = "../../examples/clinic/triage/triage.onnx"
	triageRows = "../../examples/clinic/triage/triage.csv"
)

// sampleSchema is what a line of --samples-out must be.
func sampleSchema(t *testing.T) *jsonschema.Schema {
	t.Helper()
	b, err := os.ReadFile("../../attack/evasion/samples.schema.json")
	if err != nil {
		t.Fatal(err)
	}
	doc, err := jsonschema.UnmarshalJSON(bytes.NewReader(b))
	if err != nil {
		t.Fatal(err)
	}
	c := jsonschema.NewCompiler()
	if err := c.AddResource("samples.json", doc); err != nil {
		t.Fatal(err)
	}
	s, err := c.Compile("samples.json")
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// TestSamplesOut validates every line against the schema, and wants the schema
// to refuse what is no such line.
func TestSamplesOut(t *testing.T) {
	schema := sampleSchema(t)
	valid := func(line string) error {
		v, err := jsonschema.UnmarshalJSON(strings.NewReader(line))
		if err != nil {
			return err
		}
		return schema.Validate(v)
	}
	out := filepath.Join(t.TempDir(), "rows.jsonl")
	status, _, errs := invoke(t, "attack", triage, "--data", triageRows, "--samples", "80", "--queries", "50", "--steps", "10", "--samples-out", out)
	if status > 1 {
		t.Fatalf("status %d: %s", status, errs)
	}
	b, err := os.ReadFile(out)
	if err != nil {
		t.Fatal(err)
	}
	lines := strings.Split(strings.TrimSpace(string(b)), "\n")
	turned := 0
	for _, line := range lines {
		if err := valid(line); err != nil {
			t.Errorf("%s: %v", line, err)
		}
		if strings.Contains(line, `"success":true`) {
			turned++
		}
	}
	if len(lines) < 40 || turned == 0 || turned == len(lines) {
		t.Errorf("%d lines, %d turned; want many, and some of each", len(lines), turned)
	}
	good := lines[0]
	for name, bad := range map[string]string{
		"row 0":         strings.Replace(good, `{"row":`, `{"row":0,"was":`, 1),
		"one more":      strings.Replace(good, `{"row":`, `{"time":1,"row":`, 1),
		"one less":      strings.Replace(good, `"norm":"linf",`, "", 1),
		"norm":          strings.Replace(good, `"linf"`, `"l7"`, 1),
		"a wrong check": strings.Replace(good, `"attack/evasion/standard"`, `"pgd"`, 1),
		"impossible":    strings.Replace(strings.Replace(good, `"success":false`, `"success":true`, 1), `"certified":false`, `"certified":true`, 1),
	} {
		if bad == good || valid(bad) == nil {
			t.Errorf("%s: the schema takes %s", name, bad)
		}
	}
}

// TestFailUnder holds the gate to the lower end of the interval.
func TestFailUnder(t *testing.T) {
	for gate, want := range map[string]struct {
		status int
		says   string
	}{
		"robust@0.001=0.5": {0, "withstand every attack"},
		"robust@0.2=0.6":   {1, "accuracy falls from"},
		"robust@0.1":       {2, "want the like of robust@0.1=0.6"},
		"robust@0.1=60%":   {2, "want the like of robust@0.1=0.6"},
		"robust@2=0.6":     {2, "--eps is 2"},
		"certified@0.1=1":  {2, "want the like of robust@0.1=0.6"},
	} {
		status, out, errs := invoke(t, "attack", triage, "--data", triageRows, "--check", "attack/evasion/pgd", "--samples", "150", "--fail-under", gate)
		if status != want.status || !strings.Contains(out+errs, want.says) {
			t.Errorf("--fail-under %s: status %d, %s%s; want %d and %q", gate, status, out, errs, want.status, want.says)
		}
	}
	// What the interval leaves open passes without the gate and fails with it.
	at := undecided(t)
	open, _, _ := invoke(t, "attack", triage, "--data", triageRows, "--check", "attack/evasion/pgd", "--samples", "150", "--eps", "0.03", "--robust", at)
	shut, _, _ := invoke(t, "attack", triage, "--data", triageRows, "--check", "attack/evasion/pgd", "--samples", "150", "--fail-under", "robust@0.03="+at)
	if open != statusCannot || shut != statusFailed {
		t.Errorf("at %s: status %d without the gate and %d with it, want %d and %d", at, open, shut, statusCannot, statusFailed)
	}
	if status, _, _ := invoke(t, "attack", triage, "--data", triageRows, "--fail-under", "robust@0.1=0.6", "--eps", "0.1"); status != statusUsage {
		t.Errorf("--fail-under beside --eps: status %d, want %d", status, statusUsage)
	}
}

// undecided is an accuracy that the interval of an attack holds.
func undecided(t *testing.T) string {
	t.Helper()
	_, out, errs := invoke(t, "attack", triage, "--data", triageRows, "--check", "attack/evasion/pgd", "--samples", "150", "--eps", "0.03", "--json")
	m := decode(t, out).Findings[0].Evidence[0].Measure
	if m == nil {
		t.Fatalf("no interval: %s", errs)
	}
	return fmt.Sprintf("%.4f", m.Value)
}

// TestInterrupt interrupts an attack on an endpoint at several points. Each time
// a valid document comes out, with what was measured until then.
func TestInterrupt(t *testing.T) {
	for _, at := range []int{1, 100, 700, 1200} {
		ctx, cancel := context.WithCancel(t.Context())
		defer cancel()
		s := &service{after: func(rows int) {
			if rows >= at {
				cancel()
			}
		}}
		address, data := host(t, s)
		rows := filepath.Join(t.TempDir(), "rows.jsonl")
		var out, errs bytes.Buffer
		status := Main(ctx, &Env{
			Args:  []string{"attack", address, "--data", data, "--eps", "0.01", "--queries", "40", "--samples-out", rows, "--json"},
			Stdin: strings.NewReader(""), Stdout: &out, Stderr: &errs, Getenv: func(string) string { return "" },
			Now: func() time.Time { return time.Unix(0, 0) },
		})
		d := decode(t, out.String())
		if err := d.Validate(); err != nil || status != statusCannot || d.Complete || !strings.Contains(d.Incomplete, "interrupted") {
			t.Errorf("after %d rows: status %d, complete %v %q, %v; want %d and incomplete", at, status, d.Complete, d.Incomplete, err, statusCannot)
		}
		f := d.Findings[0]
		if f.Outcome == quintain.Pass || !strings.Contains(f.Summary, "interrupted") {
			t.Errorf("after %d rows: %v %q, want no pass", at, f.Outcome, f.Summary)
		}
		measured := len(f.Evidence) > 0 && f.Evidence[0].Measure != nil
		if _, err := os.Stat(rows); measured != (at >= 700) || (err == nil) != measured {
			t.Errorf("after %d rows: interval %v, rows of it %v: %q", at, measured, err == nil, f.Summary)
		}
	}
}

var _ evasion.Remote = remote{}
