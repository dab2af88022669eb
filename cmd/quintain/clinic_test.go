package main

import (
	"bytes"
	"maps"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"quintain/internal/cli"
	"quintain/report"
)

// TestClinic assesses the example and wants exactly what its README says is
// planted: those threats demonstrated, and no other.
func TestClinic(t *testing.T) {
	t.Chdir(filepath.Join("..", ".."))
	var out, errs bytes.Buffer
	got := cli.Main(t.Context(), &cli.Env{
		Args:  []string{"assess", "examples/clinic/system.yaml", "--json", "--out", t.TempDir()},
		Stdin: strings.NewReader(""), Stdout: &out, Stderr: &errs,
		Getenv: func(string) string { return "" }, Now: func() time.Time { return now },
	})
	if got != 1 {
		t.Fatalf("status %d, want 1; it said %s", got, errs.String())
	}
	d, err := report.Decode(&out)
	if err != nil {
		t.Fatal(err)
	}
	want := map[string]report.Status{
		"threat/supply/unsafeload community-triage": report.StatusFailed,
		"threat/model/evasion triage":               report.StatusFailed,
		"threat/agent/indirect assistant":           report.StatusFailed,
		"threat/agent/direct assistant":             report.StatusFailed,
		"threat/agent/overshare assistant":          report.StatusFailed,
		"threat/agent/trifecta assistant":           report.StatusFailed,
		"threat/agent/sysprompt assistant":          report.StatusFailed,
		"threat/supply/unsafeload notes-encoder":    report.StatusResisted,
		"threat/agent/unwatched assistant":          report.StatusAccepted,
	}
	settled := make(map[string]report.Status)
	for _, th := range d.Threats {
		if th.Status != report.StatusOpen {
			settled[th.Rule+" "+th.Elements[0]] = th.Status
		}
	}
	if !maps.Equal(settled, want) {
		t.Errorf("settled threats\n%v, want\n%v", settled, want)
	}
	open := slices.DeleteFunc(slices.Clone(d.Threats), func(th report.Threat) bool { return th.Status != report.StatusOpen })
	for _, th := range open {
		if !strings.Contains(th.Why, "untested") {
			t.Errorf("%s is open: %s; want every open threat of the example to be one that no check here can settle", th.ID, th.Why)
		}
	}
	if !strings.Contains(d.Diagram, "el-failed") || !d.Complete {
		t.Errorf("complete is %v; want a complete report with a colored diagram", d.Complete)
	}
}
