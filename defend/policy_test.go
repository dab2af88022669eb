package defend_test

import (
	"strings"
	"testing"

	"quintain/defend"
	"quintain/defend/all"
	"quintain/ml"
	"quintain/ml/graph"
)

// TestPolicies reads back what every defense writes that is run by a service.
func TestPolicies(t *testing.T) {
	rows := ml.Batch{Dim: 2}
	for i := range 60 {
		rows.X, rows.Y = append(rows.X, float32(i%2), float32(i)/60), append(rows.Y, int32(i%2))
	}
	settings := defend.Settings{
		Epochs: 1, Batch: 8, Rate: 0.01, Parts: 3, Poison: 0.1, Sigma: 0.125, Draws: 5, Queries: 12, Accounts: 2, Similar: 4, Near: 0.25, Answers: "round:2",
		Eps: 0.1, Steps: 2, Beta: 1, Clip: 1, Noise: 1, Delta: 1e-5,
	}
	want := map[string]defend.Policy{
		"hardening":  {Defense: "hardening", Answers: "round:2"},
		"queryguard": {Defense: "queryguard", Queries: 12, Similar: 4, Near: 0.25},
		"smoothing":  {Defense: "smoothing", Sigma: 0.125, Draws: 5},
		"dpa":        {Defense: "dpa", Parts: 3},
	}
	for _, d := range all.Defenses {
		name := strings.TrimPrefix(d.Name, "defend/")
		h, err := d.Harden(t.Context(), &defend.Trial{
			Graph: graph.Linear([][]float32{{1, 0}, {0, 1}}, []float32{0, 0}), Rows: rows, Test: rows, Low: []float32{0, 0}, High: []float32{1, 1}, Classes: 2,
			Settings: settings, Seed: 1,
		})
		if err != nil || h.Policy == nil {
			if _, ok := want[name]; ok {
				t.Errorf("%s writes no policy (%v)", name, err)
			}
			continue
		}
		got, err := defend.ReadPolicy(name+".yaml", h.Policy)
		if err != nil {
			t.Errorf("%s writes %q: %v", name, h.Policy, err)
			continue
		}
		if *got != want[name] {
			t.Errorf("%s: %+v, want %+v", name, *got, want[name])
		}
		delete(want, name)
	}
	for name := range want {
		t.Errorf("there is no defense %s", name)
	}
}

// TestReadPolicyRefuses knows files that must not pass for a policy.
func TestReadPolicyRefuses(t *testing.T) {
	for text, want := range map[string]string{
		"":                                   "empty",
		"defense: moat\n":                    `"moat"`,
		"defense: hardening\n":               "needs answers",
		"defense: hardening\nanswers: all\n": "answers is out of range",
		"defense: hardening\nanswers: labels\nqueries: 5\n":              "queries is none of defense hardening",
		"defense: queryguard\nqueries: 0\nsimilar: 1\nnear: 0.1\n":       "queries is out of range",
		"defense: queryguard\nqueries: 5\nsimilar: 1\nnear: 2\n":         "near is out of range",
		"defense: queryguard\nqueries: 5\n":                              "needs queries, similar, near",
		"defense: queryguard\nqueries: 5\nsimilar: 1\nnear: 0.1\nx: 1\n": "x",
		"defense: smoothing\nsigma: -1\ndraws: 2\n":                      "sigma is out of range",
	} {
		p, err := defend.ReadPolicy("p.yaml", []byte(text))
		if err == nil || !strings.Contains(err.Error(), want) || !strings.HasPrefix(err.Error(), "p.yaml:") {
			t.Errorf("%q is read as %+v, %v; want an error about %s", text, p, err, want)
		}
	}
}

func FuzzReadPolicy(f *testing.F) {
	f.Add([]byte("defense: queryguard\nqueries: 5\nsimilar: 1\nnear: 0.1\n"))
	f.Add([]byte("# no\ndefense: hardening\nanswers: noise:0.1\n"))
	f.Fuzz(func(t *testing.T, text []byte) {
		p, err := defend.ReadPolicy("p.yaml", text)
		if err != nil {
			return
		}
		again, err := defend.ReadPolicy("p.yaml", p.Write("again"))
		if err != nil || *again != *p {
			t.Errorf("%q is read as %+v, and after writing as %+v, %v", text, p, again, err)
		}
	})
}
