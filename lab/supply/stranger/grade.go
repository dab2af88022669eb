package stranger

import (
	"bytes"
	"context"
	"slices"
	"strconv"
	"strings"

	"quintain"
	"quintain/lab"
	"quintain/lab/internal/artifact"
	"quintain/scan"
	"quintain/scan/all"
	"quintain/scan/sheet"
)

// A findings is what findings.yaml holds.
type findings struct {
	Member    string `yaml:"member" need:"true"`
	Callable  string `yaml:"callable" need:"true"`
	Argument  string `yaml:"argument" need:"true"`
	Offset    string `yaml:"offset"`
	Indicator string `yaml:"indicator"`
}

const answers = "findings.yaml"

func read(a *lab.Attempt) (findings, error) {
	var got findings
	err := a.YAML(answers, &got)
	return got, err
}

func callable(_ context.Context, a *lab.Attempt) (lab.Reading, error) {
	got, err := read(a)
	if err != nil {
		return lab.Reading{}, err
	}
	g := newWorld(a.Source).gadget
	switch {
	case !slices.Contains(g.Accept, strings.TrimSuffix(strings.TrimSpace(got.Callable), "()")):
		return lab.Verdict(false, "%q is not what is called in the end; write it as module.name", got.Callable), nil
	case strings.TrimSpace(got.Argument) != g.Argument:
		return lab.Verdict(false, "%s is called, and your argument is not, letter for letter, what it is given", got.Callable), nil
	}
	return lab.Verdict(true, "%s would be called with your argument", got.Callable), nil
}

func offset(_ context.Context, a *lab.Attempt) (lab.Reading, error) {
	got, err := read(a)
	if err != nil {
		return lab.Reading{}, err
	}
	n, err := strconv.ParseInt(strings.TrimSpace(got.Offset), 0, 64)
	if err != nil {
		f := lab.Faultf(answers, "offset is %q, want a number such as 0x1c or 28", got.Offset)
		f.Hint = "the first column of the listing"
		return lab.Reading{}, f
	}
	g := newWorld(a.Source).gadget
	switch {
	case got.Member != g.Member:
		return lab.Verdict(false, "the call is not in member %q", got.Member), nil
	case n != int64(g.Offset):
		return lab.Verdict(false, "0x%x is not where the call is made; the import is not the call", n), nil
	}
	return lab.Verdict(true, "the opcode at 0x%x makes the call", n), nil
}

func indicator(_ context.Context, a *lab.Attempt) (lab.Reading, error) {
	got, err := read(a)
	if err != nil {
		return lab.Reading{}, err
	}
	g := newWorld(a.Source).gadget
	host := strings.ToLower(strings.TrimSpace(got.Indicator))
	host = strings.TrimPrefix(strings.TrimPrefix(host, "https://"), "http://")
	host, _, _ = strings.Cut(host, "/")
	if host != g.Indicator {
		return lab.Verdict(false, "%q is not the host that the argument hides", got.Indicator), nil
	}
	return lab.Verdict(true, "%s is what to look for in the logs", host), nil
}

func untouched(_ context.Context, a *lab.Attempt) (lab.Reading, error) {
	for _, e := range a.Ledger.Events() {
		if e.Name == touched {
			return lab.Verdict(false, "the checkpoint was loaded, and its payload ran (event %d)", e.Seq), nil
		}
	}
	names, err := a.Files()
	if err != nil {
		return lab.Reading{}, err
	}
	for _, n := range names {
		if strings.HasPrefix(n, artifact.Canary) {
			return lab.Verdict(false, "%s is in your folder, so the payload ran", n), nil
		}
	}
	return lab.Verdict(true, "no canary was touched"), nil
}

const clean = "clean.safetensors"

// sheetOf reads what was handed in without loading it.
func sheetOf(ctx context.Context, a *lab.Attempt) (*sheet.Sheet, []byte, error) {
	b, err := a.File(clean)
	if err != nil {
		return nil, nil, err
	}
	s, err := sheet.Read(ctx, bytes.NewReader(b), int64(len(b)))
	if ctx.Err() != nil {
		return nil, nil, ctx.Err()
	}
	if err != nil {
		return nil, nil, lab.Faultf(clean, "%s", err)
	}
	return s, b, nil
}

func format(ctx context.Context, a *lab.Attempt) (lab.Reading, error) {
	s, b, err := sheetOf(ctx, a)
	if err != nil {
		return lab.Reading{}, err
	}
	if s.Format != "safetensors" {
		return lab.Verdict(false, "the file is in format %s, whatever its name says", s.Format), nil
	}
	found, err := scan.Inspect(ctx, clean, bytes.NewReader(b), int64(len(b)), all.Formats...)
	if err != nil {
		return lab.Reading{}, err
	}
	for i := range found {
		if found[i].Outcome != quintain.Pass {
			return lab.Verdict(false, "the scanner says: %s", found[i].Summary), nil
		}
	}
	return lab.Verdict(true, "%d bytes of safetensors, and the scanner passes all of them", len(b)), nil
}

func tensors(ctx context.Context, a *lab.Attempt) (lab.Reading, error) {
	s, _, err := sheetOf(ctx, a)
	if err != nil {
		return lab.Reading{}, err
	}
	want := make(map[string]*artifact.Tensor)
	w := newWorld(a.Source)
	for i := range w.tensors {
		want[w.tensors[i].Name] = &w.tensors[i]
	}
	same, strange := 0, 0
	for i := range s.Tensors {
		t := &s.Tensors[i]
		orig := want[t.Name]
		if orig == nil {
			strange++
			continue
		}
		b, err := t.Bytes()
		if err != nil {
			return lab.Reading{}, lab.Faultf(clean, "%s", err)
		}
		if t.DType == "F32" && slices.Equal(t.Shape, orig.Shape) && bytes.Equal(b, orig.Bytes()) {
			same++
		}
	}
	r := lab.Rate(same, len(want)+strange, a.Seed("checkpoint"))
	r.Saw = strconv.Itoa(same) + " of " + strconv.Itoa(len(want)) + " tensors are as the stranger made them, and " + strconv.Itoa(strange) + " are not the stranger's"
	return r, nil
}
