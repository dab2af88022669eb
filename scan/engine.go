package scan

import (
	"cmp"
	"context"
	"fmt"
	"runtime"
	"slices"
	"sync"

	"quintain"
)

// Options say how to scan. The zero Options are ready to use.
type Options struct {
	Jobs int // files inspected at once; 0 means as many as there are processors
}

// engine implements [quintain.Engine].
type engine struct {
	jobs    int
	formats []*Format // sorted by name

	mu       sync.Mutex
	controls map[*Format]*quintain.Control
}

// New returns the engine that inspects files and folders in formats. Targets
// are of kind artifact. A finding about a file in a folder has that file as
// its target.
func New(o Options, formats ...*Format) quintain.Engine { return newEngine(o, formats) }

func newEngine(o Options, formats []*Format) *engine {
	e := &engine{jobs: o.Jobs, formats: slices.Clone(formats), controls: make(map[*Format]*quintain.Control)}
	if e.jobs <= 0 {
		e.jobs = runtime.GOMAXPROCS(0)
	}
	slices.SortFunc(e.formats, func(a, b *Format) int { return cmp.Compare(a.Name, b.Name) })
	return e
}

// Checks implements [quintain.Engine].
func (e *engine) Checks() []*quintain.Check {
	out := make([]*quintain.Check, len(e.formats))
	for i, f := range e.formats {
		out[i] = &f.Check
	}
	return out
}

// Run implements [quintain.Engine]. What it records, and in which order, does
// not depend on the number of jobs. When ctx ends early, it returns the error
// of ctx; the files before have been recorded.
func (e *engine) Run(ctx context.Context, t quintain.Target, checks []*quintain.Check, rec quintain.Recorder) error {
	selected, err := e.pick(checks)
	if err != nil {
		return err
	}
	if t.Kind != quintain.KindArtifact {
		return fmt.Errorf("scan %s: not an artifact", t)
	}
	files, err := walk(ctx, t)
	if err != nil {
		return fmt.Errorf("scan: %w", err)
	}
	spoken := make(map[string]bool)
	var git gitCount
	for r, err := range e.scanAll(ctx, files, selected) {
		if err != nil {
			return err
		}
		git.add(&r)
		if r.component != nil {
			if err := rec.Describe(*r.component); err != nil {
				return err
			}
		}
		for _, f := range r.findings {
			spoken[f.Check] = true
			if err := rec.Record(f); err != nil {
				return err
			}
		}
	}
	for _, f := range git.findings(t.Kind, checks) {
		if err := rec.Record(f); err != nil {
			return err
		}
	}
	for _, c := range checks {
		if spoken[c.Name] {
			continue
		}
		spoken[c.Name] = true
		f := quintain.Finding{
			Check: c.Name, Target: t, Outcome: quintain.NotApplicable, Techniques: c.Techniques,
			Summary: fmt.Sprintf("no file is in this format (%s)", Count(len(files), "file")),
		}
		if err := rec.Record(f); err != nil {
			return err
		}
	}
	return nil
}

// pick returns the formats of checks.
func (e *engine) pick(checks []*quintain.Check) (map[*Format]bool, error) {
	out := make(map[*Format]bool)
	for _, c := range checks {
		i := slices.IndexFunc(e.formats, func(f *Format) bool { return f.Name == c.Name })
		if i < 0 {
			return nil, fmt.Errorf("check %q is no format", c.Name)
		}
		out[e.formats[i]] = true
	}
	return out, nil
}

// controlOf returns the positive control of a format, which is made once.
func (e *engine) controlOf(ctx context.Context, f *Format) (*quintain.Control, error) {
	e.mu.Lock()
	defer e.mu.Unlock()
	if c, ok := e.controls[f]; ok {
		return c, nil
	}
	c, err := e.control(ctx, f)
	if err == nil {
		e.controls[f] = c
	}
	return c, err
}
