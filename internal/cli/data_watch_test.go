package cli

import (
	"encoding/json"
	"fmt"
	"math"
	"math/rand/v2"
	"path/filepath"
	"strings"
	"testing"

	"quintain/ml"
	"quintain/ml/datasets"
	"quintain/ml/graph"
	"quintain/ml/train"
)

// logOf writes the requests of an account, one every so many seconds.
func logOf(t *testing.T, net *graph.Net, account string, b ml.Batch, every float64) string {
	t.Helper()
	z, err := net.Predict(t.Context(), b)
	if err != nil {
		t.Fatal(err)
	}
	var s strings.Builder
	k := net.Spec().Classes
	for i := range b.Rows() {
		row, err := json.Marshal(b.Row(i))
		if err != nil {
			t.Fatal(err)
		}
		fmt.Fprintf(&s, `{"account":%q,"at":%v,"row":%s,"label":%d}`+"\n", account, float64(i)*every, row, ml.Argmax(z[i*k:(i+1)*k]))
	}
	return s.String()
}

// TestDataWatch shows a log with a customer and four thieves to the watchers:
// who steps along gradients, who draws pixels one by one, who asks noise, and
// who asks what customers ask, but fast. Each watcher finds the thief that it is
// for, and none of them accuses a customer.
func TestDataWatch(t *testing.T) {
	own, test := datasets.Split(datasets.Digits())
	g, err := train.Fit(t.Context(), train.MLP([]int{64, 32, 10}, 1), own, train.Options{Epochs: 10, Seed: 1})
	if err != nil {
		t.Fatal(err)
	}
	net, err := graph.Compile(g, graph.Options{})
	if err != nil {
		t.Fatal(err)
	}
	rng := rand.New(rand.NewPCG(1, 1))
	steps := test.Pick([]int{0, 1, 2, 3, 4, 5, 6, 7, 8, 9})
	for steps.Rows() < 160 {
		dx := make([]float32, len(steps.X))
		if _, _, err := ml.LossGrad(t.Context(), net, steps, ml.CrossEntropy, dx); err != nil {
			t.Fatal(err)
		}
		next := steps.Clone()
		for i, v := range dx {
			next.X[i] += 0.1 * float32(math.Copysign(1, float64(v)))
		}
		steps.X, steps.Y = append(steps.X, next.X...), append(steps.Y, next.Y...)
	}
	marginals, noise := ml.Batch{Dim: 64}, ml.Batch{Dim: 64}
	for range 160 {
		for j := range 64 {
			marginals.X = append(marginals.X, own.Row(rng.IntN(own.Rows()))[j])
			noise.X = append(noise.X, rng.Float32())
		}
	}
	half := func(from, to int) ml.Batch { return ml.Batch{X: test.X[from*64 : to*64], Dim: 64} }
	dir := folder(t, map[string]string{
		"train.csv":    csvOf(own),
		"benign.jsonl": logOf(t, net, "january", half(0, 90), 20) + logOf(t, net, "february", half(90, 180), 20),
		"log.jsonl": logOf(t, net, "customer", half(180, 360), 20) + logOf(t, net, "steps", steps, 20) + logOf(t, net, "marginals", marginals, 20) +
			logOf(t, net, "noise", noise, 20) + logOf(t, net, "fast", half(180, 260), 1),
	})
	at := func(name string) string { return filepath.Join(dir, name) }
	status, out := run(t.Context(), nil, "data", "watch", at("log.jsonl"), "--train", at("train.csv"), "--benign", at("benign.jsonl"), "--json")
	if status != 0 {
		t.Fatalf("status %d: %s", status, out)
	}
	var r watchReport
	if err := json.Unmarshal([]byte(out), &r); err != nil {
		t.Fatal(err)
	}
	if len(r.Watchers) != 4 || r.Honest != 2 || len(r.Accounts) != 5 {
		t.Fatalf("%d watchers, %d honest accounts and %d of the log, want 4, 2 and 5", len(r.Watchers), r.Honest, len(r.Accounts))
	}
	for _, w := range r.Watchers {
		if w.False == nil || w.False.Validate() != nil || w.False.Value != 0 {
			t.Errorf("%s accuses honest accounts: %+v", w.Name, w.False)
		}
	}
	for _, a := range r.Accounts {
		for name, by := range map[string]string{"customer": "", "steps": "prada", "marginals": "distribution", "noise": "distribution", "fast": "rate"} {
			if a.Name != name {
				continue
			}
			for watcher, n := range a.Alarms {
				if (by == "" || name == "fast" && watcher != by) && n > 0 {
					t.Errorf("%s: the %s raises an alarm at question %d, want none", name, watcher, n)
				}
			}
			if n := a.Alarms[by]; by != "" && (n < 1 || n > 100) {
				t.Errorf("%s: the %s raises an alarm at question %d, want one by 100", name, by, n)
			}
			if n := a.Alarms["prada"]; name == "marginals" && n > 0 {
				t.Errorf("PRADA finds features that are drawn one by one, at question %d, which it is known not to", n)
			}
		}
	}
}
