package cli

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"quintain/attack/privacy/rank"
	"quintain/ml/onnx"
	"quintain/ml/train"
)

// TestMembersCommand scores people whom a fresh network says something about.
func TestMembersCommand(t *testing.T) {
	b, err := onnx.Marshal(train.MLP([]int{2, 3, 2}, 1))
	if err != nil {
		t.Fatal(err)
	}
	dir := folder(t, map[string]string{"m.onnx": string(b), "people.csv": "a,b,label\n1,2,0\n-1,0.5,1\n0,0,1\n2,-1,0\n"})
	in := func(name string) string { return filepath.Join(dir, name) }
	for _, method := range []string{"loss", "lira"} {
		status, out := run(t.Context(), nil, "model", "members", in("m.onnx"), "--people", in("people.csv"), "--method", method, "--shadows", "2", "--epochs", "1", "-o", in(method+".csv"))
		if status != 0 || !strings.Contains(out, "4 rows scored by "+method) {
			t.Fatalf("%s: status %d: %s", method, status, out)
		}
		f, err := os.Open(in(method + ".csv"))
		if err != nil {
			t.Fatal(err)
		}
		if _, err := rank.Read(f, 4); err != nil {
			t.Errorf("%s: %v", method, err)
		}
		f.Close() //nolint:errcheck // only read
	}
	for _, args := range [][]string{
		{},
		{"--people", in("people.csv"), "--method", "guess"},
		{"--people", in("people.csv"), "--method", "lira", "--shadows", "1"},
		{"--people", in("people.csv"), "--method", "lira", "--offline"},
		{"--people", in("people.csv"), "--noise", "1"},
		{"--people", in("people.csv"), "--epochs", "0"},
		{"--people", in("people.csv"), "--rows", "-1"},
	} {
		if status, _ := run(t.Context(), nil, append([]string{"model", "members", in("m.onnx")}, args...)...); status != 2 {
			t.Errorf("%v: status %d, want 2", args, status)
		}
	}
}
