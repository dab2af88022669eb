package poisoning

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"path/filepath"
	"slices"
	"strconv"

	"quintain"
	"quintain/internal/regular"
	"quintain/ml/data"
	"quintain/stats"
)

// screen looks for traces of attacks in a file of labeled rows.
func (e *engine) screen(ctx context.Context, t quintain.Target, attacks []*Attack, rec quintain.Recorder) error {
	table, err := data.Open(t.Ref)
	trouble := ""
	d := &Data{}
	switch {
	case errors.Is(err, data.ErrFormat):
		trouble = err.Error()
	case err != nil:
		return err
	default:
		d = &Data{Batch: table.Batch(), Names: table.Features, Text: table.Text, Words: table.Words}
	}
	raw, err := regular.Read(t.Ref, data.MaxBytes)
	if err != nil {
		return err
	}
	if err := rec.Describe(quintain.Component{
		Kind: quintain.KindDataset, Name: filepath.Base(t.Ref), Digest: quintain.DigestOf(raw),
		Properties: map[string]string{"rows": strconv.Itoa(len(d.Y))},
	}); err != nil {
		return err
	}
	p := &progress{report: e.o.Progress, total: len(attacks)}
	for _, a := range attacks {
		f := quintain.Finding{Check: a.Name, Target: t, Techniques: a.Techniques, Summary: trouble}
		if trouble == "" {
			if f, err = e.find(ctx, t, a, d); err != nil {
				return fmt.Errorf("%s: %w", a.Name, err)
			}
		}
		if err := rec.Record(f); err != nil {
			return err
		}
		p.step()
	}
	return nil
}

// find looks for the traces of one attack.
func (e *engine) find(ctx context.Context, t quintain.Target, a *Attack, d *Data) (quintain.Finding, error) {
	f := quintain.Finding{Check: a.Name, Target: t, Techniques: a.Techniques}
	seed := a.Seed(e.o.Seed)
	found, err := a.Find(ctx, d, seed)
	if err != nil {
		if ctx.Err() != nil {
			return f, ctx.Err()
		}
		f.Summary = err.Error()
		if errors.Is(err, ErrUnfit) {
			f.Outcome = quintain.NotApplicable
		}
		return f, nil
	}
	var doubt string
	if f.Control, doubt, err = e.plant(ctx, a, d, found, seed); err != nil {
		return f, err
	}
	m := stats.Proportion("rows that carry traces of poison", len(found.Rows), d.Rows(), e.o.Seed)
	f.Evidence = []quintain.Evidence{{
		Summary: fmt.Sprintf("rows listed, of %d", d.Rows()), Location: listed(filepath.Base(t.Ref), found.Rows),
		Excerpt: quintain.Excerpt(found.Says), Measure: &m,
		Repro: []string{"quintain", "data", "screen", t.Ref, "--check", a.Name, "--seed", strconv.FormatUint(e.o.Seed, 10)},
	}}
	if doubt != "" {
		f.Evidence = append(f.Evidence, quintain.Evidence{Summary: doubt})
	}
	switch {
	case found.Doubt != "":
		f.Summary = found.Doubt
	case len(found.Rows) > 0 && m.Low > a.Tolerated:
		f.Outcome, f.Severity = quintain.Fail, quintain.High
		f.Summary = fmt.Sprintf("%d of %d rows carry traces of poison", len(found.Rows), d.Rows())
	case len(found.Rows) == 0 || m.High <= a.Tolerated:
		f.Outcome = quintain.Pass
		f.Summary = fmt.Sprintf("%d of %d rows carry such traces", len(found.Rows), d.Rows())
		if a.Tolerated > 0 {
			f.Summary += fmt.Sprintf(", no more than the %s that honest data has", percent(a.Tolerated))
		}
	default:
		f.Summary = fmt.Sprintf("%d rows cannot tell whether more carry traces than the %s that honest data has: %d do",
			d.Rows(), percent(a.Tolerated), len(found.Rows))
	}
	return f, nil
}

// listed names the first rows, counted from 1.
func listed(file string, rows []int) string {
	const most = 10
	s := file
	for i, r := range rows {
		if i == most {
			return s + fmt.Sprintf(" and %d more", len(rows)-most)
		}
		sep := ", "
		if i == 0 {
			sep = ", rows "
		}
		s += sep + strconv.Itoa(r+1)
	}
	return s
}

const (
	planted    = 0.02 // share of rows poisoned for the control
	leastFound = 0.4  // share of them that has to be found
)

// plant mounts the attack on a copy of the rows and looks again.
func (e *engine) plant(ctx context.Context, a *Attack, d *Data, before *Traces, seed uint64) (*quintain.Control, string, error) {
	if a.Poison == nil {
		return nil, "no positive control: there is no attack to plant", nil
	}
	rng := rand.New(rand.NewPCG(seed, 99))
	low, high := d.Ranges()
	k := int(slices.Max(d.Y)) + 1
	tr := &Trial{
		Rows: d.Batch, Text: d.Text, Test: d.Batch, Low: low, High: high, Shape: []int{d.Dim}, Classes: k,
		Target: d.Y[rng.IntN(d.Rows())], Budget: max(8, int(planted*float64(d.Rows()))), Seed: seed,
	}
	p, err := a.Poison(ctx, tr)
	if errors.Is(err, ErrUnfit) {
		return nil, "no positive control: " + err.Error(), nil
	}
	if err != nil {
		return nil, "", fmt.Errorf("plant: %w", err)
	}
	dirty := &Data{Batch: p.Rows, Names: d.Names, Text: d.Text, Words: d.Words}
	if p.Text != nil {
		dirty.Text = p.Text
	}
	after, err := a.Find(ctx, dirty, seed)
	if err != nil {
		return nil, "", fmt.Errorf("look for what was planted: %w", err)
	}
	caught, fresh := 0, 0
	for _, r := range p.Changed {
		if slices.Contains(before.Rows, r) {
			continue
		}
		fresh++
		if slices.Contains(after.Rows, r) {
			caught++
		}
	}
	m := stats.Proportion("planted rows found", caught, fresh, e.o.Seed)
	if fresh == 0 || m.Value < leastFound {
		return nil, fmt.Sprintf("no positive control: of %d rows that were poisoned in a copy %d are found", fresh, caught), nil
	}
	return &quintain.Control{
		Target:  quintain.Target{Kind: quintain.KindDataset, Ref: "copy with planted poison", Digest: quintain.DigestOf(fmt.Appendf(nil, "%v %v %q", p.Rows.X, p.Rows.Y, p.Text))},
		Outcome: quintain.Fail,
		Summary: fmt.Sprintf("%d of %d rows that were poisoned in a copy are found: %s", caught, fresh, p.Says),
		Measure: &m,
	}, "", nil
}
