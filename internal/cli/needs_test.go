package cli

import (
	"bytes"
	"strings"
	"testing"
	"time"

	"quintain"
)

// TestNeeds says which targets are on this machine: only those may be asked
// without a grant.
func TestNeeds(t *testing.T) {
	remote := quintain.NeedNetwork | quintain.NeedSpend
	for ref, want := range map[string]quintain.Need{
		"builtin:appointment":              0,
		"model.onnx":                       0,
		"http://127.0.0.1:11434/v1":        0,
		"http://localhost:8000/v1":         0,
		"http://[::1]:8000/v1":             0,
		"https://api.example.com/v1":       remote,
		"HTTPS://API.example.com/v1":       remote,
		"http://127.0.0.1.example.com/v1":  remote,
		"http://localhost.example.com":     remote,
		"http://127.0.0.1@api.example.com": remote,
		"http://10.0.0.7/v1":               remote,
		"http://%zz":                       remote,
	} {
		if got := needs(nil, quintain.Target{Kind: quintain.KindAgent, Ref: ref}); got != want {
			t.Errorf("needs(%q) = %v, want %v", ref, got, want)
		}
	}
}

// TestRefusedBeforeDial runs a probe of another machine without the grant. It
// must stop before anything is asked, with status 3 and what to do.
func TestRefusedBeforeDial(t *testing.T) {
	var out, errs bytes.Buffer
	env := &Env{
		Args: []string{"probe", "https://models.example.com/v1"}, Stdin: strings.NewReader(""), Stdout: &out, Stderr: &errs,
		Getenv: func(string) string { return "" },
		Now:    func() time.Time { return time.Unix(0, 0) },
	}
	if got := Main(t.Context(), env); got != statusCannot {
		t.Errorf("status %d, want %d", got, statusCannot)
	}
	if out.Len() != 0 {
		t.Errorf("wrote %q to standard output, want nothing", out.String())
	}
	for _, want := range []string{"network,spend", "--grant network,spend"} {
		if !strings.Contains(errs.String(), want) {
			t.Errorf("said %q, want %q in it", errs.String(), want)
		}
	}
}
