package cli

import (
	"bytes"
	"slices"
	"strings"
	"testing"
	"time"

	"quintain/ml/ort"
)

// attackWith runs an attack with a value of the variable that names the library.
func attackWith(t *testing.T, library string, args ...string) (status int, out, errs string) {
	t.Helper()
	var o, e bytes.Buffer
	status = Main(t.Context(), &Env{
		Args: append([]string{"attack"}, args...), Stdin: strings.NewReader(""), Stdout: &o, Stderr: &e, Now: time.Now,
		Getenv: func(name string) string { return map[string]string{ortVariable: library}[name] },
	})
	return status, o.String(), e.String()
}

const clinic = "../../examples/clinic/triage/triage"

func TestEngineUsage(t *testing.T) {
	data := []string{clinic + ".onnx", "--data", clinic + ".csv"}
	for _, c := range []struct {
		args   []string
		status int
		says   string
	}{
		{[]string{"--engine", "abacus"}, statusUsage, `"abacus"`},
		{[]string{"--engine", "ort/abacus"}, statusUsage, `"ort/abacus"`},
		{[]string{"--engine", "ort", "--train", clinic + ".csv"}, statusUsage, "attacks of evasion only"},
		{[]string{"--engine", "ort", "--check", "attack/poisoning"}, statusUsage, "attacks of evasion only"},
		{[]string{"--engine", "ort"}, statusCannot, "\nhint: "},
		{[]string{"--engine", "ort/cuda"}, statusCannot, ortVariable},
	} {
		status, out, errs := attackWith(t, "", slices.Concat(data, c.args)...)
		if status != c.status || out != "" || !strings.Contains(errs, c.says) {
			t.Errorf("%v: status %d, output %q, errors %q; want %d and %q", c.args, status, out, errs, c.status, c.says)
		}
	}
	status, _, errs := attackWith(t, "/nowhere/lib.so", slices.Concat(data, []string{"--engine", "ort"})...)
	want := "built without it"
	if ort.Built {
		want = "/nowhere/lib.so"
	}
	if status != statusCannot || !strings.Contains(errs, want) || strings.Count(errs, "\n") != 2 {
		t.Errorf("status %d, errors %q, want %d, an error with %q and a hint", status, errs, statusCannot, want)
	}
}
