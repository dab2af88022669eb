//go:build ort && (darwin || linux)

package cli

import (
	"os"
	"slices"
	"strings"
	"testing"

	"quintain"
)

// The library comes to the figures of our own engine, and the evidence names it.
func TestEngine(t *testing.T) {
	library := os.Getenv(ortVariable)
	if library == "" {
		t.Skip(ortVariable + " names no library to test with; make ort fetches one")
	}
	found := func(engine string) quintain.Finding {
		status, out, errs := attackWith(t, library, clinic+".onnx", "--data", clinic+".csv", "--samples", "100", "--engine", engine, "--format", "json")
		d := decode(t, out)
		if status != statusFailed || len(d.Findings) != 1 {
			t.Fatalf("status %d, %q, %+v", status, errs, d.Findings)
		}
		return d.Findings[0]
	}
	own, got := found("own"), found("ort")
	if got.Outcome != own.Outcome || got.Summary != own.Summary || got.Control == nil {
		t.Errorf("%s %q, control %v; want %s %q and a control", got.Outcome, got.Summary, got.Control, own.Outcome, own.Summary)
	}
	if got.Evidence[0].Repro == nil || !slices.Equal(got.Evidence[0].Repro, append(own.Evidence[0].Repro, "--engine", "ort")) {
		t.Errorf("repeated by %q, want --engine ort at the end", got.Evidence[0].Repro)
	}
	if !slices.ContainsFunc(got.Evidence, func(e quintain.Evidence) bool { return strings.Contains(e.Summary, "onnxruntime 1.") }) {
		t.Errorf("no evidence names the engine: %+v", got.Evidence)
	}
}
