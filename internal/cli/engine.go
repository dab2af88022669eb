package cli

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"quintain"
	"quintain/record"
	doc "quintain/report"
)

// A job is what scan, attack and probe have in common: one engine, some
// targets, some checks, one report.
type job struct {
	out       *output
	kind      string
	engine    quintain.Engine
	targets   []quintain.Target
	checks    []string // names or prefixes; none means all that accept the target
	command   []string
	undecided bool // let the gate pass what could not be decided
	digest    func(context.Context, quintain.Target) (quintain.Digest, error)
	keep      func(*doc.Document) // called before the report is written
}

func (j *job) run(ctx context.Context, env *Env, cat *catalog) error {
	format, failOn, grant, err := j.out.parse(cat)
	if err != nil {
		return err
	}
	d := &doc.Document{
		Schema: doc.SchemaName, Tool: doc.Tool{Name: "quintain", Version: version()},
		Command: j.command, Kind: j.kind, Seed: j.out.seed, Complete: true,
	}
	rec := record.NewMemory()
	for _, t := range j.targets {
		checks, err := j.choose(t, grant)
		if err != nil {
			return err
		}
		for _, c := range checks {
			d.Explain(c)
		}
		if j.digest != nil {
			if t.Digest, err = j.digest(ctx, t); err != nil {
				return err
			}
		}
		if err := j.engine.Run(ctx, t, checks, rec); err != nil {
			if ctx.Err() == nil {
				return fmt.Errorf("%s %s: %w", j.kind, t.Ref, err)
			}
			d.Complete, d.Incomplete = false, "interrupted at "+t.Ref
			break
		}
	}
	d.Findings, d.Components = rec.Findings(), rec.Components()
	d.Blobs = make(map[quintain.Digest]doc.Blob)
	for _, f := range d.Findings {
		for _, e := range f.Evidence {
			if b, ok := rec.Blob(e.Blob); ok {
				d.Blobs[e.Blob] = doc.NewBlob(b.MediaType, b.Data)
			}
		}
	}
	d.Judge(failOn, j.undecided)
	if j.keep != nil {
		j.keep(d)
	}
	if err := j.out.write(env, format, d); err != nil {
		return err
	}
	return status(d)
}

// choose returns the checks asked for that accept t, and refuses what was not
// granted before anything runs.
func (j *job) choose(t quintain.Target, grant quintain.Need) ([]*quintain.Check, error) {
	var out []*quintain.Check
	known := false
	for _, c := range j.engine.Checks() {
		if len(j.checks) > 0 && !slices.ContainsFunc(j.checks, func(n string) bool {
			return n == c.Name || strings.HasPrefix(c.Name, strings.TrimSuffix(n, "/")+"/")
		}) {
			continue
		}
		known = true
		if !c.AcceptsKind(t.Kind) {
			continue
		}
		if missing := (c.Needs | needs(c, t)) &^ grant; missing != 0 {
			return nil, hint(fmt.Errorf("%s on %s needs %s, which was not granted", c.Name, t.Ref, missing), "--grant %s", missing)
		}
		out = append(out, c)
	}
	switch {
	case !known:
		return nil, hint(usagef("no check is called %q", j.checks), "quintain checks %s", j.kind)
	case len(out) == 0:
		return nil, usagef("no check of %q accepts a target of kind %s", j.checks, t.Kind)
	}
	return out, nil
}
