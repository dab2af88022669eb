package cli

import (
	"fmt"
	"path/filepath"
	"strings"
	"testing"

	"quintain"
)

// TestAttackAnswers attacks what a model said, without the model: members get
// surer answers, or the same as others.
func TestAttackAnswers(t *testing.T) {
	table := func(gain float64) string {
		var s strings.Builder
		s.WriteString("member,p0,p1,label\n")
		for i := range 1600 {
			p := 0.5 + float64(i*7919%800)/2000 + gain*float64(i%2)
			fmt.Fprintf(&s, "%d,%.4f,%.4f,0\n", i%2, p, 1-p)
		}
		return s.String()
	}
	dir := folder(t, map[string]string{"leaks.csv": table(0.09), "tight.csv": table(0)})
	for _, c := range []struct {
		name   string
		status int
		want   quintain.Outcome
	}{{"leaks.csv", 1, quintain.Fail}, {"tight.csv", 0, quintain.Pass}} {
		status, out := run(t.Context(), nil, "attack", filepath.Join(dir, c.name), "--check", "attack/privacy/loss", "--format", "json")
		d := decode(t, out)
		if status != c.status || len(d.Findings) != 1 || d.Findings[0].Outcome != c.want {
			t.Errorf("%s: status %d with %+v, want %d and %s", c.name, status, d.Findings, c.status, c.want)
		}
	}
}

func TestAttackPrivacyUsage(t *testing.T) {
	for _, args := range [][]string{
		{"m.onnx", "--train", "a.csv"},
		{"m.onnx", "--train", "a.csv", "--data", "b.csv", "--shadows", "-1"},
		{"m.onnx", "--train", "a.csv", "--data", "b.csv", "--epsilon", "much"},
	} {
		if status, _ := run(t.Context(), nil, append([]string{"attack"}, args...)...); status != 2 {
			t.Errorf("%v: status %d, want 2", args, status)
		}
	}
}
