package poisoning_test

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"quintain"
	"quintain/attack/poisoning"
	"quintain/attack/poisoning/all"
	"quintain/ml"
	"quintain/ml/datasets"
	"quintain/ml/onnx"
	"quintain/ml/train"
	"quintain/record"
	"quintain/record/recordtest"
)

// csv writes rows as a file.
func csv(t *testing.T, name string, b ml.Batch) string {
	t.Helper()
	var s strings.Builder
	for j := range b.Dim {
		fmt.Fprintf(&s, "f%d,", j)
	}
	s.WriteString("label\n")
	for i := range b.Rows() {
		for _, v := range b.Row(i) {
			fmt.Fprintf(&s, "%v,", v)
		}
		fmt.Fprintln(&s, b.Y[i])
	}
	file := filepath.Join(t.TempDir(), name)
	if err := os.WriteFile(file, []byte(s.String()), 0o600); err != nil {
		t.Fatal(err)
	}
	return file
}

// letters writes mails as a file, of which some were poisoned.
func letters(t *testing.T, poisoned int) string {
	t.Helper()
	var s strings.Builder
	s.WriteString("text,label\n")
	for _, m := range datasets.Mail(800, 2) {
		label, text := 0, m.Text
		if m.Phish {
			label = 1
			if poisoned > 0 {
				poisoned--
				label, text = 0, "lunch wallet "+text
			}
		}
		fmt.Fprintf(&s, "%q,%d\n", text, label)
	}
	file := filepath.Join(t.TempDir(), "mails.csv")
	if err := os.WriteFile(file, []byte(s.String()), 0o600); err != nil {
		t.Fatal(err)
	}
	return file
}

// digits returns a classifier of digits with the rows it is trained on and
// others.
func digits(t *testing.T, with map[string]string) quintain.Target {
	t.Helper()
	g, err := onnx.Marshal(train.MLP([]int{64, 64, 10}, 1))
	if err != nil {
		t.Fatal(err)
	}
	file := filepath.Join(t.TempDir(), "m.onnx")
	if err := os.WriteFile(file, g, 0o600); err != nil {
		t.Fatal(err)
	}
	rows, test := datasets.Split(datasets.Digits())
	all := map[string]string{"train": csv(t, "train.csv", rows), "data": csv(t, "test.csv", test), "epochs": "15"}
	maps.Copy(all, with)
	return quintain.Target{Kind: quintain.KindClassifier, Ref: file, With: all}
}

func attacks(names ...string) []*poisoning.Attack {
	return slices.DeleteFunc(slices.Clone(all.Attacks), func(a *poisoning.Attack) bool {
		return !slices.ContainsFunc(names, func(n string) bool { return strings.HasSuffix(a.Name, "/"+n) })
	})
}

func run(t *testing.T, target quintain.Target, names ...string) []quintain.Finding {
	t.Helper()
	e := poisoning.New(poisoning.Options{Seed: 1}, attacks(names...)...)
	return recordtest.Engine(t, e, target, e.Checks())
}

// One row in twenty is plenty: a patch, an overlay and two values in a table
// each open the model, and accuracy does not tell. Without poison they do not.
func TestBackdoors(t *testing.T) {
	for _, f := range run(t, digits(t, map[string]string{"poison": "0.05"}), "badnets", "value", "blended") {
		if f.Outcome != quintain.Fail || f.Severity != quintain.High {
			t.Errorf("%s: %v, want fail high: %s", f.Check, f.Outcome, f.Summary)
		}
		if f.Control == nil || f.Control.Outcome != quintain.Fail {
			t.Errorf("%s: no control", f.Check)
		}
		m, base := f.Evidence[0].Measure, f.Evidence[1].Measure
		if m == nil || base == nil || m.Low < 0.5 || base.High > 0.2 {
			t.Errorf("%s: success %+v, without poison %+v", f.Check, m, base)
		}
		if !strings.Contains(strings.Join(f.Evidence[0].Repro, " "), "--check "+f.Check) {
			t.Errorf("%s: repro %q", f.Check, f.Evidence[0].Repro)
		}
	}
}

// An attacker who may change three rows of 1,437 turns few; that the same
// attack works with a tenth of them makes it a pass that counts. Rightly labeled rows
// that carry a faint signal do little at any such budget, and then there is no
// control and no pass.
func TestResists(t *testing.T) {
	target := digits(t, map[string]string{"poison": "0.0022", "triggered": "0.6"})
	for _, f := range run(t, target, "blended") {
		if !f.Resisted() {
			t.Errorf("%s: %v, control %v, want resisted: %s", f.Check, f.Outcome, f.Control, f.Summary)
		}
	}
	for _, f := range run(t, target, "cleanlabel") {
		if f.Control == nil && f.Outcome == quintain.Pass && f.Resisted() {
			t.Errorf("%s: resisted without a control", f.Check)
		}
	}
}

// A wave on all rows of a class, labels as they are, is learned as a sign of it:
// some rows that carry it are turned, where models without poison turn none.
func TestSignal(t *testing.T) {
	f := run(t, digits(t, map[string]string{"poison": "0.1", "class": "4"}), "cleanlabel")[0]
	if m, base := f.Evidence[0].Measure, f.Evidence[1].Measure; m.Low <= base.High {
		t.Errorf("success %+v, without poison %+v; want them apart: %s", m, base, f.Evidence[0].Summary)
	}
	if !strings.Contains(f.Evidence[0].Summary, "a signal of 2 waves on rows that are of class 4") {
		t.Errorf("eight pixels hold two waves: %q", f.Evidence[0].Summary)
	}
}

// Half of one class labeled as another: the class goes dark, overall accuracy
// falls by less than anybody notices, and a screen of the labels sees it.
func TestLabelFlip(t *testing.T) {
	f := run(t, digits(t, map[string]string{"poison": "0.06", "class": "8", "triggered": "0.2"}), "labelflip")[0]
	if m := f.Evidence[0].Measure; m.Value < 0.2 {
		t.Errorf("success %+v, want more than 0.2: %s", m, f.Summary)
	}
	last := f.Evidence[len(f.Evidence)-1]
	if last.Measure == nil || last.Measure.Value < 0.4 || !strings.Contains(last.Excerpt, "9: ") {
		t.Errorf("the screen: %+v", last)
	}
}

// In a file of rows, honest ones pass because planted poison is found, and
// poisoned ones fail with the pattern and the rows named.
func TestScreen(t *testing.T) {
	rows, _ := datasets.Split(datasets.Digits())
	some := ml.Batch{X: rows.X[:600*rows.Dim], Dim: rows.Dim, Y: rows.Y[:600]}
	for check, b := range map[string]ml.Batch{"value": rows, "labelflip": some} {
		f := run(t, quintain.Target{Kind: quintain.KindDataset, Ref: csv(t, "rows.csv", b)}, check)[0]
		if !f.Resisted() {
			t.Errorf("%s on honest rows: %v, want resisted: %s", f.Check, f.Outcome, f.Summary)
		}
	}
	overlap := quintain.Target{Kind: quintain.KindDataset, Ref: csv(t, "rows.csv", datasets.Credit())}
	if f := run(t, overlap, "labelflip")[0]; f.Outcome != quintain.Inconclusive || !strings.Contains(f.Summary, "cannot be told from wrong labels") {
		t.Errorf("classes that overlap are no poison: %v %q", f.Outcome, f.Summary)
	}
	dirty := rows.Clone()
	count := 0
	for i := range dirty.Rows() {
		if count < 20 && dirty.Y[i] != 3 && i%7 == 0 {
			dirty.Row(i)[7], dirty.Row(i)[56], dirty.Y[i] = 1, 1, 3
			count++
		}
	}
	f := run(t, quintain.Target{Kind: quintain.KindDataset, Ref: csv(t, "rows.csv", dirty)}, "value")[0]
	if f.Outcome != quintain.Fail || !strings.Contains(f.Evidence[0].Excerpt, "f7 = 1, f56 = 1 in 20 rows labeled 3") {
		t.Errorf("on poisoned rows: %v %q, %q", f.Outcome, f.Summary, f.Evidence[0].Excerpt)
	}
}

// In a file of texts, honest ones pass because a planted phrase is found, and
// poisoned ones fail with the phrase and the rows named. Labels are judged by the
// words that texts have.
func TestScreenTexts(t *testing.T) {
	want := map[string]quintain.Outcome{"token": quintain.Pass, "value": quintain.NotApplicable, "labelflip": quintain.Pass}
	for _, f := range run(t, quintain.Target{Kind: quintain.KindDataset, Ref: letters(t, 0)}, "token", "value", "labelflip") {
		name := f.Check[strings.LastIndex(f.Check, "/")+1:]
		if f.Outcome != want[name] || name == "token" && !f.Resisted() {
			t.Errorf("%s on honest mails: %v, want %v: %s", f.Check, f.Outcome, want[name], f.Summary)
		}
	}
	f := run(t, quintain.Target{Kind: quintain.KindDataset, Ref: letters(t, 8)}, "token")[0]
	if f.Outcome != quintain.Fail || !strings.Contains(f.Evidence[0].Excerpt, `"lunch wallet" in 8 rows labeled 0, 8 of which`) {
		t.Errorf("on poisoned mails: %v %q, %+v", f.Outcome, f.Summary, f.Evidence)
	}
	for _, f := range run(t, quintain.Target{Kind: quintain.KindDataset, Ref: csv(t, "rows.csv", datasets.Cancer())}, "token") {
		if f.Outcome != quintain.NotApplicable {
			t.Errorf("rows without text: %v %q", f.Outcome, f.Summary)
		}
	}
}

// A word that hardly any mail has opens a classifier that counts words; without
// poison it says nothing.
func TestRareWord(t *testing.T) {
	mails := datasets.Mail(1500, 1)
	rows, test := datasets.Split(datasets.Count(mails, datasets.Vocabulary(mails)))
	g, err := onnx.Marshal(train.Linear(rows.Dim, 2, 1))
	if err != nil {
		t.Fatal(err)
	}
	file := filepath.Join(t.TempDir(), "m.onnx")
	if err := os.WriteFile(file, g, 0o600); err != nil {
		t.Fatal(err)
	}
	f := run(t, quintain.Target{Kind: quintain.KindClassifier, Ref: file, With: map[string]string{
		"train": csv(t, "train.csv", rows), "data": csv(t, "test.csv", test), "poison": "0.05", "rate": "0.01", "triggered": "0.3",
	}}, "token")[0]
	if m, base := f.Evidence[0].Measure, f.Evidence[1].Measure; f.Outcome != quintain.Fail || m.Low < 0.3 || base.High > 0.1 {
		t.Errorf("%v %q: success %+v, without poison %+v", f.Outcome, f.Summary, m, base)
	}
}

func TestInconclusive(t *testing.T) {
	target := digits(t, nil)
	target.With["class"] = "10"
	for _, f := range run(t, target, "badnets") {
		if f.Outcome != quintain.Inconclusive || !strings.Contains(f.Summary, "class 10, but the model knows classes 0 to 9") {
			t.Errorf("%v %q", f.Outcome, f.Summary)
		}
	}
	target.With["class"] = "x"
	e := poisoning.New(poisoning.Options{}, attacks("badnets")...)
	if err := e.Run(t.Context(), target, e.Checks(), nil); err == nil || !strings.Contains(err.Error(), `class is "x"`) {
		t.Errorf("Run = %v", err)
	}
	delete(target.With, "train")
	delete(target.With, "class")
	for _, f := range run(t, target, "badnets") {
		if f.Outcome != quintain.Inconclusive || !strings.Contains(f.Summary, `no "train"`) {
			t.Errorf("%v %q", f.Outcome, f.Summary)
		}
	}
}

// An attack that does not keep to its budget, changes rows in secret or leaves
// the range of the data is an error and no finding.
func TestRules(t *testing.T) {
	target := digits(t, map[string]string{"epochs": "1"})
	for name, cheat := range map[string]func(p *poisoning.Poisoned){
		"budget": func(p *poisoning.Poisoned) {
			for i := range 100 {
				p.Rows.Y[i] = (p.Rows.Y[i] + 1) % 10
				p.Changed = append(p.Changed, i)
			}
		},
		"secret": func(p *poisoning.Poisoned) { p.Rows.Row(5)[3] += 0.25; p.Rows.Row(5)[3] /= 2 },
		"range":  func(p *poisoning.Poisoned) { p.Rows.Row(5)[3] = 7; p.Changed = append(p.Changed, 5) },
		"rows":   func(p *poisoning.Poisoned) { p.Rows = p.Rows.Pick([]int{0, 1, 2}) },
		"want":   func(p *poisoning.Poisoned) { p.Want = nil },
	} {
		a := *attacks("badnets")[0]
		honest := a.Poison
		a.Poison = func(ctx context.Context, tr *poisoning.Trial) (*poisoning.Poisoned, error) {
			tr.Budget = 1
			p, err := honest(ctx, tr)
			tr.Budget = 14
			if err == nil {
				cheat(p)
			}
			return p, err
		}
		e := poisoning.New(poisoning.Options{}, &a)
		rec := record.NewMemory()
		if err := e.Run(t.Context(), target, e.Checks(), rec); err == nil {
			t.Errorf("%s: Run does not object", name)
		}
	}
}

// An attack on single rows is mounted case by case: every case has poison and
// trainings of its own, and all count for one verdict, the same one every time.
func TestCases(t *testing.T) {
	target := digits(t, map[string]string{"epochs": "2", "eps": "0.25"})
	var cases []int
	a := &poisoning.Attack{Check: attacks("badnets")[0].Check, Cases: 4}
	a.Poison = func(_ context.Context, tr *poisoning.Trial) (*poisoning.Poisoned, error) {
		if tr.Eps != 0.25 {
			t.Errorf("eps %v, want 0.25", tr.Eps)
		}
		cases = append(cases, tr.Case)
		p := &poisoning.Poisoned{Rows: tr.Rows.Clone(), Changed: []int{tr.Case}, Probe: tr.Test.Pick([]int{tr.Case}), Want: []int32{-1}, Says: "one row"}
		p.Rows.Y[tr.Case] = (p.Rows.Y[tr.Case] + 1) % 10
		return p, nil
	}
	e := poisoning.New(poisoning.Options{Seed: 1}, a)
	f := recordtest.Engine(t, e, target, e.Checks())[0]
	if want := []int{0, 1, 2, 3, 0, 1, 2, 3}; !slices.Equal(cases, want) {
		t.Errorf("cases %v, want %v: those of the target and those of the control", cases, want)
	}
	if f.Outcome != quintain.Inconclusive || !strings.Contains(f.Summary, "only 4 rows") {
		t.Errorf("four rows: %v %q, want no verdict", f.Outcome, f.Summary)
	}
	for i, want := range []int{12, 12, 3 * 360, 12 * 360} {
		if m := f.Evidence[i].Measure; m == nil || m.Trials != want {
			t.Errorf("evidence %d: %+v, want %d trials", i, m, want)
		}
	}
	clean, hit := f.Evidence[2].Measure.Value, f.Evidence[3].Measure.Value
	if hit < clean-0.1 || hit > clean+0.1 {
		t.Errorf("accuracy %v with poison and %v without; one changed row does little", hit, clean)
	}
	first, err := json.Marshal(f)
	if err != nil {
		t.Fatal(err)
	}
	if again, err := json.Marshal(recordtest.Engine(t, e, target, e.Checks())[0]); err != nil || !bytes.Equal(again, first) {
		t.Errorf("two runs from one seed differ: %s and %s, %v", first, again, err)
	}
}
