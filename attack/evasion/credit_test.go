package evasion_test

import (
	"fmt"
	"maps"
	"math"
	"slices"
	"strings"
	"testing"

	"quintain"
	"quintain/attack/evasion"
	"quintain/attack/evasion/all"
	"quintain/ml"
	"quintain/ml/datasets"
	"quintain/ml/graph"
	"quintain/ml/onnx"
	"quintain/ml/train"
	"quintain/record"
)

// applicants are the test rows of German credit with a constraint file that says
// what an applicant can change.
func applicants(t *testing.T) (in, out ml.Batch, data, constraints string) {
	t.Helper()
	in, out = datasets.Split(datasets.Credit())
	about := datasets.AboutCredit()
	var s, f, g strings.Builder
	groups := make(map[string][]string)
	for _, c := range about.Features {
		s.WriteString(c.Name + ",")
		change := "free"
		if !c.Mutable {
			change = "immutable"
		}
		if c.Group == "" {
			fmt.Fprintf(&f, "  - {name: %s, type: %s, low: %v, high: %v, change: %s}\n", c.Name, c.Kind, c.Low, c.High, change)
		} else {
			if groups[c.Group] == nil {
				fmt.Fprintf(&g, "  - {name: %s, change: %s, columns: [%%%s%%]}\n", c.Group, change, c.Group)
			}
			groups[c.Group] = append(groups[c.Group], c.Name)
		}
	}
	yaml := "features:\n" + f.String() + "groups:\n" + g.String()
	for name, columns := range groups {
		yaml = strings.Replace(yaml, "%"+name+"%", strings.Join(columns, ", "), 1)
	}
	s.WriteString("label\n")
	for i := range out.Rows() {
		for _, v := range out.Row(i) {
			fmt.Fprintf(&s, "%v,", v)
		}
		fmt.Fprintln(&s, out.Y[i])
	}
	return in, out, file(t, "applicants.csv", s.String()), file(t, "applicants.yaml", yaml)
}

// scored trains a model of the unit box and returns it as one that takes
// applicants as they are.
func scored(t *testing.T, in ml.Batch, fit func(unit ml.Batch) (*graph.Graph, error)) string {
	t.Helper()
	about := datasets.AboutCredit()
	low, width := &graph.Tensor{Shape: []int{in.Dim}}, &graph.Tensor{Shape: []int{in.Dim}}
	for _, f := range about.Features {
		low.Float, width.Float = append(low.Float, f.Low), append(width.Float, f.High-f.Low)
	}
	unit := in.Clone()
	for i := range unit.X {
		unit.X[i] = (unit.X[i] - low.Float[i%in.Dim]) / width.Float[i%in.Dim]
	}
	g, err := fit(unit)
	if err != nil {
		t.Fatal(err)
	}
	x := g.Inputs[0].Name
	for i, n := range g.Nodes {
		if k := slices.Index(n.Inputs, x); k >= 0 {
			g.Nodes[i].Inputs[k] = "scaled"
		}
	}
	g.Const["low"], g.Const["width"] = low, width
	g.Nodes = append([]graph.Node{
		{Op: "Sub", Inputs: []string{x, "low"}, Outputs: []string{"shifted"}},
		{Op: "Div", Inputs: []string{"shifted", "width"}, Outputs: []string{"scaled"}},
	}, g.Nodes...)
	b, err := onnx.Marshal(g)
	if err != nil {
		t.Fatal(err)
	}
	return file(t, "credit.onnx", string(b))
}

// possible reports whether an applicant could send x in place of was, judged
// here without the engine's own rules.
func possible(about datasets.Info, x, was []float32) bool {
	sums := make(map[string]float32)
	for i, f := range about.Features {
		switch v := x[i]; {
		case !f.Mutable && v != was[i], v < f.Low, v > f.High, v != float32(math.Round(float64(v))):
			return false
		case f.Group != "":
			sums[f.Group] += v
		}
	}
	for _, s := range sums {
		if s != 1 {
			return false
		}
	}
	return true
}

// besieged is what became of applicants.
type besieged struct {
	of, fell, valid int
	queries         []int // for those who fell
	says            string
}

func (b besieged) median() int {
	if len(b.queries) == 0 {
		return 0
	}
	slices.Sort(b.queries)
	return b.queries[len(b.queries)/2]
}

// press attacks applicants with one check.
func press(t *testing.T, model, data string, out ml.Batch, check string, steps int, with map[string]string) besieged {
	t.Helper()
	var b besieged
	about := datasets.AboutCredit()
	e := evasion.New(evasion.Options{Seed: 1, Steps: steps, Sample: func(s evasion.Sample) error {
		b.of++
		if s.Success {
			b.fell++
			b.queries = append(b.queries, s.Queries)
			if possible(about, s.Values, out.Row(s.Row-1)) {
				b.valid++
			}
		}
		return nil
	}}, all.Attacks...)
	tg := target(model, data, "0.1")
	maps.Copy(tg.With, with)
	for _, c := range e.Checks() {
		if c.Name != "attack/evasion/"+check {
			continue
		}
		rec := record.NewMemory()
		if err := e.Run(t.Context(), tg, []*quintain.Check{c}, rec); err != nil {
			t.Fatal(err)
		}
		b.says = text(rec.Findings()[0])
	}
	return b
}

// What gradient descent makes of applicants for credit nobody could send; a
// search that keeps to what they can change turns about as many with one edit
// and nearly all with three, and most of those rightly rejected with two.
func TestCredit(t *testing.T) {
	in, out, data, constraints := applicants(t)
	free := map[string]string{"constraints": constraints, "unconstrained": "yes"}
	keep := map[string]string{"constraints": constraints}
	harm := map[string]string{"constraints": constraints, "from": "1", "to": "0"}
	for name, fit := range map[string]func(ml.Batch) (*graph.Graph, error){
		"network": func(b ml.Batch) (*graph.Graph, error) {
			return train.Fit(t.Context(), train.MLP([]int{61, 32, 16, 2}, 1), b, train.Options{Epochs: 15, Rate: 3e-3, Seed: 1})
		},
		"regression": func(b ml.Batch) (*graph.Graph, error) { return train.Logistic(t.Context(), b, 2, 1) },
		"trees": func(b ml.Batch) (*graph.Graph, error) {
			return train.Boost(t.Context(), b, 2, train.BoostOptions{})
		},
	} {
		model := scored(t, in, fit)
		one := press(t, model, data, out, "beam", 1, keep)
		three := press(t, model, data, out, "beam", 3, keep)
		rejected := press(t, model, data, out, "beam", 2, harm)
		t.Logf("%s: one edit turns %d of %d, three %d; of those rightly rejected two turn %d of %d, a median of %d questions", name, one.fell, one.of, three.fell, rejected.fell, rejected.of, rejected.median())
		if one.valid != one.fell || three.valid != three.fell || rejected.valid != rejected.fell {
			t.Errorf("%s: of %d, %d and %d that fell %d, %d and %d are possible; want all", name, one.fell, three.fell, rejected.fell, one.valid, three.valid, rejected.valid)
		}
		if 4*one.fell < one.of || three.fell <= one.fell || 10*three.fell < 8*three.of || 10*rejected.fell < 9*rejected.of || rejected.of < 20 {
			t.Errorf("%s: one edit turns %d of %d, three %d, two in the harmful direction %d of %d", name, one.fell, one.of, three.fell, rejected.fell, rejected.of)
		}
		for _, want := range []string{"(100.0% valid)", "a median of ", "evasion; made for real, they are recourse", " go from class 1 to 0"} {
			if !strings.Contains(rejected.says, want) {
				t.Errorf("%s: nothing says %q:\n%s", name, want, rejected.says)
			}
		}
		if name == "trees" {
			continue // no gradients
		}
		loose, within := press(t, model, data, out, "pgd", 40, free), press(t, model, data, out, "capgd", 0, keep)
		t.Logf("%s: unconstrained %d of %d fall, %d possible; capgd %d of %d", name, loose.fell, loose.of, loose.valid, within.fell, within.of)
		if 4*loose.fell < loose.of || 20*loose.valid > loose.fell || !strings.Contains(loose.says, fmt.Sprintf("unconstrained: of the %d rows that fell %d (", loose.fell, loose.valid)) {
			t.Errorf("%s: unconstrained %d of %d fall, %d possible, and it says\n%s", name, loose.fell, loose.of, loose.valid, loose.says)
		}
		if within.valid != within.fell || within.fell > three.fell {
			t.Errorf("%s: capgd turns %d, %d possible; want all, and no more than a search of three edits, %d", name, within.fell, within.valid, three.fell)
		}
	}
}
