package defend_test

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"quintain"
	"quintain/defend"
	"quintain/ml"
	"quintain/ml/graph"
	"quintain/ml/onnx"
	"quintain/record"
	"quintain/stats"
)

// target writes a model that is right on all of 200 rows, and the rows.
func target(t *testing.T) quintain.Target {
	t.Helper()
	b, err := onnx.Marshal(line(1))
	if err != nil {
		t.Fatal(err)
	}
	var rows strings.Builder
	rows.WriteString("x,label\n")
	for i := range 200 {
		fmt.Fprintf(&rows, "%v,%d\n", float64(i%2)*2-1+float64(i)/1000, i%2)
	}
	dir := t.TempDir()
	for name, text := range map[string]string{"m.onnx": string(b), "rows.csv": rows.String(), "bad.csv": "x,label\nn,1\n"} {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	data := filepath.Join(dir, "rows.csv")
	return quintain.Target{Kind: quintain.KindClassifier, Ref: filepath.Join(dir, "m.onnx"), With: map[string]string{"train": data, "data": data}}
}

// line is a model of one feature; with w negative it is always wrong.
func line(w float32) *graph.Graph { return graph.Linear([][]float32{{-w}, {w}}, []float32{0, 0}) }

// defense is one whose hardened model is line(w).
func defense(w float32) *defend.Defense {
	return &defend.Defense{
		Check:   quintain.Check{Name: "defend/test", Doc: "test", Techniques: []quintain.Technique{"AML.T0015"}, Accepts: []quintain.Kind{quintain.KindClassifier}},
		Against: []string{"attack/test"},
		Harden: func(context.Context, *defend.Trial) (*defend.Hardened, error) {
			return &defend.Hardened{Graph: line(w), Says: "replaced"}, nil
		},
	}
}

// attacker gets so many of 200 units of the model as it was, and of the
// hardened one.
func attacker(before, after int, edit func(*defend.Result)) *defend.Attacker {
	return &defend.Attacker{Name: "attack/test/units", Attack: func(_ context.Context, v *defend.Victim) (*defend.Result, error) {
		k := before
		if v.Twin != nil {
			k = after
		}
		r := &defend.Result{Won: make([]bool, 200), Adaptive: true, Says: "counted", Success: stats.Proportion("success", k, 200, 1)}
		for i := range k {
			r.Won[i] = true
		}
		if v.Twin != nil && edit != nil {
			edit(r)
		}
		return r, nil
	}}
}

func mount(t *testing.T, tt quintain.Target, d *defend.Defense, a ...*defend.Attacker) quintain.Finding {
	t.Helper()
	rec := record.NewMemory()
	e := defend.New(defend.Options{Seed: 1, Attackers: a}, d)
	if err := e.Run(t.Context(), tt, e.Checks(), rec); err != nil {
		t.Fatal(err)
	}
	f := rec.Findings()
	if len(f) != 1 {
		t.Fatalf("%d findings, want 1", len(f))
	}
	if err := f[0].Validate(); err != nil {
		t.Error(err)
	}
	return f[0]
}

// TestVerdict knows what each figure has to be called.
func TestVerdict(t *testing.T) {
	tt := target(t)
	for name, c := range map[string]struct {
		d       *defend.Defense
		a       *defend.Attacker
		outcome quintain.Outcome
		want    string
	}{
		"effective":          {defense(1), attacker(160, 40, nil), quintain.Pass, "effective: "},
		"no fall":            {defense(1), attacker(160, 160, nil), quintain.Fail, "not effective"},
		"worse":              {defense(1), attacker(100, 160, nil), quintain.Fail, "not effective"},
		"too little to tell": {defense(1), attacker(160, 146, nil), quintain.Inconclusive, "includes the 5.0"},
		"too dear":           {defense(-1), attacker(160, 40, nil), quintain.Fail, "points of accuracy"},
		"not adaptive":       {defense(1), attacker(160, 0, func(r *defend.Result) { r.Adaptive = false }), quintain.Inconclusive, "did not adapt"},
		"doubt":              {defense(1), attacker(160, 0, func(r *defend.Result) { r.Doubt = "gradients are masked" }), quintain.Inconclusive, "gradients are masked"},
		"nothing to defend":  {defense(1), attacker(2, 0, nil), quintain.Inconclusive, "hardly succeeds"},
		"another family":     {defense(1), &defend.Attacker{Name: "attack/tester/x"}, quintain.Inconclusive, "no attacker"},
	} {
		t.Run(name, func(t *testing.T) {
			f := mount(t, tt, c.d, c.a)
			if f.Outcome != c.outcome || !strings.Contains(f.Summary, c.want) {
				t.Errorf("%s: %q, want %s with %q", f.Outcome, f.Summary, c.outcome, c.want)
			}
			if (f.Outcome == quintain.Pass) != f.Resisted() {
				t.Errorf("%s, control %+v: want resistance exactly where it passes", f.Outcome, f.Control)
			}
		})
	}
}

// TestBest takes the best attack of each side: a defense against one attack
// that leaves another one is none.
func TestBest(t *testing.T) {
	other := attacker(120, 150, nil)
	other.Name = "attack/test/other"
	f := mount(t, target(t), defense(1), attacker(160, 10, nil), other)
	if f.Outcome == quintain.Pass || !strings.Contains(f.Summary, "80.0% to 75.0%") {
		t.Errorf("%s: %q, want the best of each side and no Pass", f.Outcome, f.Summary)
	}
}

// TestTrouble tells errors of files from those of their content and from
// defenses that do not fit.
func TestTrouble(t *testing.T) {
	tt := target(t)
	unfit := defense(1)
	unfit.Harden = func(context.Context, *defend.Trial) (*defend.Hardened, error) {
		return nil, fmt.Errorf("%w: it has no weights", defend.ErrUnfit)
	}
	if f := mount(t, tt, unfit); f.Outcome != quintain.NotApplicable {
		t.Errorf("unfit: %s, want not applicable", f.Outcome)
	}
	bad := tt
	bad.With = map[string]string{"train": filepath.Join(filepath.Dir(tt.Ref), "bad.csv"), "data": tt.With["data"]}
	if f := mount(t, bad, defense(1)); f.Outcome != quintain.Inconclusive {
		t.Errorf("rows that are none: %s, want inconclusive", f.Outcome)
	}
	e := defend.New(defend.Options{}, defense(1))
	for key, value := range map[string]string{"train": "", "data": "nowhere.csv", "eps": "much", "gain": "2", "against": "attack/other"} {
		wrong := tt
		wrong.With = map[string]string{"train": tt.With["train"], "data": tt.With["data"]}
		wrong.With[key] = value
		if err := e.Run(t.Context(), wrong, e.Checks(), record.NewMemory()); err == nil {
			t.Errorf("%s %q: no error", key, value)
		}
	}
	ctx, cancel := context.WithCancel(t.Context())
	slow := defense(1)
	slow.Harden = func(context.Context, *defend.Trial) (*defend.Hardened, error) {
		cancel()
		return nil, context.Canceled
	}
	e = defend.New(defend.Options{}, slow)
	rec := record.NewMemory()
	if err := e.Run(ctx, tt, e.Checks(), rec); !errors.Is(err, context.Canceled) || len(rec.Findings()) != 0 {
		t.Errorf("interrupted: %v and %d findings, want %v and none", err, len(rec.Findings()), context.Canceled)
	}
}

// TestRefit trains a victim with its defense on other rows, and tells the
// defense that the model is not of these rows.
func TestRefit(t *testing.T) {
	d := defense(1)
	var stale []bool
	var rows []int
	d.Harden = func(_ context.Context, tr *defend.Trial) (*defend.Hardened, error) {
		stale, rows = append(stale, tr.Stale), append(rows, tr.Rows.Rows())
		return &defend.Hardened{Graph: line(1), Says: "same"}, nil
	}
	a := attacker(160, 40, nil)
	inner := a.Attack
	a.Attack = func(ctx context.Context, v *defend.Victim) (*defend.Result, error) {
		if _, err := v.Refit(ctx, v.Rows.Pick([]int{0, 1, 2, 3}), 9); err != nil {
			return nil, err
		}
		return inner(ctx, v)
	}
	mount(t, target(t), d, a)
	if len(rows) != 2 || stale[0] || !stale[1] || rows[0] != 200 || rows[1] != 4 {
		t.Errorf("hardened on %v rows with stale %v, want 200 and 4, false and true", rows, stale)
	}
}

// TestOnceInRun has a defense look at rows that an attacker has it trained on
// three times: it looks at them once.
func TestOnceInRun(t *testing.T) {
	d := defense(1)
	looked := 0
	d.Harden = func(_ context.Context, tr *defend.Trial) (*defend.Hardened, error) {
		_, err := defend.Once(tr, "look", func() (int, error) { looked++; return 0, nil })
		return &defend.Hardened{Graph: line(1), Says: "same"}, err
	}
	a := attacker(160, 40, nil)
	inner := a.Attack
	a.Attack = func(ctx context.Context, v *defend.Victim) (*defend.Result, error) {
		for seed := range uint64(3) {
			if _, err := v.Refit(ctx, v.Rows.Pick([]int{0, 1, 2, 3}), seed); err != nil {
				return nil, err
			}
		}
		return inner(ctx, v)
	}
	mount(t, target(t), d, a)
	if looked != 2 {
		t.Errorf("looked %d times, want 2: at the rows as they are, and at those of the attacker", looked)
	}
}

// TestRowRand answers the same row alike and others differently.
func TestRowRand(t *testing.T) {
	a, b := defend.RowRand(1, []float32{1, 2}).Uint64(), defend.RowRand(1, []float32{1, 2}).Uint64()
	if a != b || a == defend.RowRand(1, []float32{2, 1}).Uint64() || a == defend.RowRand(2, []float32{1, 2}).Uint64() {
		t.Error("noise does not go by the row and the seed alone")
	}
}

// TestAscend expects rows within reach, in range, and worse than before.
func TestAscend(t *testing.T) {
	net, err := graph.Compile(line(1), graph.Options{})
	if err != nil {
		t.Fatal(err)
	}
	tr := &defend.Trial{Low: []float32{-1}, High: []float32{1}, Settings: defend.Settings{Eps: 0.1, Steps: 10}}
	b := ml.Batch{X: []float32{0.5, -0.95, 0.1}, Dim: 1, Y: []int32{1, 0, 0}}
	err = tr.Ascend(t.Context(), net, b, defend.RowRand(1, nil), func(_ int, z []float32, y int, dz []float32) { ml.CrossEntropy(z, y, dz) })
	if err != nil {
		t.Fatal(err)
	}
	for i, want := range []float32{0.3, -0.75, 0.3} { // 0.1 of a range of 2, away from the label
		if got := b.X[i]; got < want-1e-6 || got > want+1e-6 {
			t.Errorf("row %d: %v, want %v", i, got, want)
		}
	}
}
