// Package assess turns a system model into verdicts: it derives the threats,
// plans the checks that settle them, runs the checks, and computes the status
// of every threat from the evidence.
package assess

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"quintain"
	"quintain/record"
	"quintain/report"
	"quintain/threat"
)

// Options say how to assess. Engines and Rules are what the program was built
// with; the rest is the operator's.
type Options struct {
	Engines []quintain.Engine
	Rules   []*threat.Rule

	Seed      uint64
	Grant     quintain.Need     // what checks may do beyond reading their targets
	FailOn    quintain.Severity // the gate fails on threats of this severity and above
	AllowOpen bool              // the gate lets threats pass that no evidence has settled

	// Needs returns what running c against t needs beyond c.Needs: a target
	// on another machine needs the network. It may be nil.
	Needs func(c *quintain.Check, t quintain.Target) quintain.Need

	// Digest binds targets that are no files. It is asked first and answers
	// with the empty digest for a target that is none of its business. It may
	// be nil.
	Digest func(ctx context.Context, t quintain.Target) (quintain.Digest, error)

	// Prior is evidence from an earlier run. When it is set nothing is run.
	Prior *report.Document

	Tool     report.Tool
	Command  []string
	Now      func() time.Time
	Progress func(Progress) // may be nil
}

// Progress says how far an assessment has come.
type Progress struct {
	Done, Total int    // steps
	Doing       string // the checks and the target at work; empty when done
}

func (o *Options) refuse(c *quintain.Check, t quintain.Target) string {
	need := c.Needs
	if o.Needs != nil {
		need |= o.Needs(c, t)
	}
	if missing := need &^ o.Grant; missing != 0 {
		return fmt.Sprintf("needs %s, which was not granted (--grant %s)", missing, missing)
	}
	return ""
}

func (o *Options) digest(ctx context.Context, t quintain.Target) (quintain.Digest, error) {
	if o.Digest != nil {
		if d, err := o.Digest(ctx, t); err != nil || d != "" {
			return d, err
		}
	}
	return Bind(ctx, t)
}

// Run assesses m and returns the report. The report is valid and says so when
// ctx ends before the assessment does; Run returns an error only if nothing
// could be assessed at all.
func Run(ctx context.Context, m *threat.Model, o *Options) (*report.Document, error) {
	plan := NewPlan(m, o)
	doc := &report.Document{
		Schema: report.SchemaName, Tool: o.Tool, Command: o.Command, Kind: "assess", Seed: o.Seed, Complete: true,
		System: &report.System{Name: m.Name, Ref: m.File, Description: m.Description, Digest: m.Digest()},
	}
	rec := record.NewMemory()
	var steps []Settled
	var err error
	if o.Prior != nil {
		doc.Seed = o.Prior.Seed // what the evidence was made with
		steps, err = recall(ctx, plan, o, rec)
	} else {
		steps, err = execute(ctx, plan, o, rec, doc)
	}
	if err != nil {
		return nil, err
	}
	for _, s := range plan.Steps {
		doc.Explain(s.Check)
	}
	doc.Findings = rec.Findings()
	doc.Components = rec.Components()
	doc.Blobs = blobs(rec, doc.Findings, o.Prior)
	for i := range plan.Threats {
		doc.Threats = append(doc.Threats, conclude(m, &plan.Threats[i], plan, steps, doc.Findings, o))
	}
	if len(doc.Threats) == 0 {
		return nil, errors.New("no rule applies to this system: nothing to assess")
	}
	doc.Judge(o.FailOn, o.AllowOpen)
	doc.Diagram = diagram(m, doc.Threats)
	return doc, doc.Validate()
}

// execute runs the steps, grouped by engine and target, and returns what is
// known about each.
func execute(ctx context.Context, p *Plan, o *Options, rec *record.Memory, doc *report.Document) ([]Settled, error) {
	steps := make([]Settled, len(p.Steps))
	done := 0
	for _, group := range p.Groups() {
		known := steps[done : done+len(group)]
		if ctx.Err() == nil {
			o.progress(Progress{Done: done, Total: len(p.Steps), Doing: describe(group)})
		}
		if err := executeGroup(ctx, group, known, o, rec); err != nil {
			return nil, err
		}
		for k, s := range group {
			state, why := "ran", ""
			switch {
			case s.Refused != "":
				state, why = "refused", s.Refused
			case known[k].Why != "" && ctx.Err() != nil:
				state, why = "skipped", known[k].Why
			case known[k].Why != "":
				state, why = "failed", known[k].Why
			}
			doc.Steps = append(doc.Steps, report.Step{Check: s.Check.Name, Target: known[k].Target, State: state, Why: why})
		}
		done += len(group)
	}
	if ctx.Err() != nil {
		doc.Complete, doc.Incomplete = false, "interrupted: "+context.Cause(ctx).Error()
	}
	o.progress(Progress{Done: done, Total: len(p.Steps)})
	return steps, nil
}

func (o *Options) progress(p Progress) {
	if o.Progress != nil {
		o.Progress(p)
	}
}

// describe names a group of steps for a person.
func describe(group []Step) string {
	if len(group) == 1 {
		return group[0].Check.Name + " on " + group[0].Target.Ref
	}
	return fmt.Sprintf("%s and %d more on %s", group[0].Check.Name, len(group)-1, group[0].Target.Ref)
}

// executeGroup runs steps that share engine and target and fills known. An
// engine that cannot run leaves its reason and an Inconclusive finding, not a
// lost assessment.
func executeGroup(ctx context.Context, group []Step, known []Settled, o *Options, rec *record.Memory) error {
	var checks []*quintain.Check
	for i, s := range group {
		known[i] = Settled{Check: s.Check.Name, Target: s.Target, Why: s.Refused}
		if s.Refused == "" {
			checks = append(checks, s.Check)
		}
	}
	digest, err := o.digest(ctx, group[0].Target)
	for i := range known {
		known[i].Current = digest
		known[i].Target.Digest = digest
	}
	if len(checks) == 0 {
		return nil
	}
	if err == nil {
		err = ctx.Err()
	}
	own := record.NewMemory()
	if err == nil {
		target := group[0].Target
		target.Digest = digest
		err = group[0].Engine.Run(ctx, target, checks, record.Tee(own))
	}
	if after, derr := o.digest(ctx, group[0].Target); err == nil && (derr != nil || after != digest) {
		err = fmt.Errorf("%s changed while it was tested", group[0].Target.Ref)
	}
	return collect(ctx, checks, group[0].Target, digest, own, err, known, rec)
}

// collect moves what one engine recorded into rec, bound to digest, and sees
// to it that no check is left without a finding.
func collect(ctx context.Context, checks []*quintain.Check, target quintain.Target, digest quintain.Digest, own *record.Memory, runErr error, known []Settled, rec *record.Memory) error {
	target.Digest = digest
	heard := make(map[string]bool)
	for _, f := range own.Findings() {
		if runErr != nil && f.Outcome == quintain.Pass {
			continue // a run that broke off has not finished resisting
		}
		heard[f.Check] = true
		f.Target = target
		for _, e := range f.Evidence {
			if err := copyBlob(ctx, own, rec, e.Blob); err != nil {
				return err
			}
		}
		if err := rec.Record(f); err != nil {
			return err
		}
	}
	for _, c := range own.Components() {
		if err := rec.Describe(c); err != nil {
			return err
		}
	}
	for _, c := range checks {
		why := "the engine recorded nothing"
		if runErr != nil {
			why = "could not run: " + runErr.Error()
		}
		for i := range known {
			if known[i].Check == c.Name && runErr != nil {
				known[i].Why = why
			}
		}
		if heard[c.Name] {
			continue // it says itself how far it came
		}
		f := quintain.Finding{Check: c.Name, Target: target, Techniques: c.Techniques, Summary: why}
		if err := rec.Record(f); err != nil {
			return err
		}
	}
	return nil
}

// recall takes the evidence from an earlier report and binds it to the targets
// as they are now.
func recall(ctx context.Context, p *Plan, o *Options, rec *record.Memory) ([]Settled, error) {
	steps := make([]Settled, len(p.Steps))
	for i, s := range p.Steps {
		digest, err := o.digest(ctx, s.Target)
		if err != nil {
			return nil, err
		}
		steps[i] = Settled{Check: s.Check.Name, Target: s.Target, Current: digest, Why: "the earlier run has no evidence"}
	}
	for _, f := range o.Prior.Findings {
		if err := rec.Record(f); err != nil {
			return nil, err
		}
	}
	for _, c := range o.Prior.Components {
		if err := rec.Describe(c); err != nil {
			return nil, err
		}
	}
	return steps, nil
}

// conclude computes the verdict on one threat.
func conclude(m *threat.Model, t *threat.Threat, p *Plan, steps []Settled, findings []quintain.Finding, o *Options) report.Threat {
	out := report.Threat{
		ID: t.ID, Rule: t.Rule.Name, Title: t.Rule.Title(), Severity: t.Severity, Reason: t.Why, Path: t.Path,
		Techniques: t.Rule.Techniques, Mitigations: t.Rule.Mitigations, Doc: t.Rule.Doc,
	}
	for _, e := range t.Elements {
		out.Elements = append(out.Elements, e.ID)
	}
	c := Case{Unreachable: t.Unreachable, Accepted: m.Acceptance(t)}
	for _, n := range p.For[t.ID] {
		s := steps[n]
		out.Checks = append(out.Checks, s.Check)
		for i, f := range findings {
			if f.Check == s.Check && Key(f.Target) == Key(s.Target) {
				s.Findings = append(s.Findings, f)
				out.Findings = append(out.Findings, i)
			}
		}
		c.Steps = append(c.Steps, s)
	}
	slices.Sort(out.Checks)
	out.Checks = slices.Compact(out.Checks)
	slices.Sort(out.Findings)
	out.Status, out.Why = Status(&c, o.Now())
	if out.Status == report.StatusAccepted {
		out.Accepted = &report.Acceptance{By: c.Accepted.By, Why: c.Accepted.Why, Until: c.Accepted.Until.Format(time.DateOnly)}
	}
	return out
}

// worst orders statuses for coloring an element that has several threats.
var worst = []report.Status{
	report.StatusUnreachable, report.StatusResisted, report.StatusAccepted, report.StatusOpen, report.StatusStale, report.StatusFailed,
}

// diagram draws the system with each element in the class of the worst status
// of the threats that it is the subject of.
func diagram(m *threat.Model, threats []report.Threat) string {
	status := make(map[string]report.Status)
	for _, t := range threats {
		if len(t.Elements) == 0 {
			continue
		}
		id := t.Elements[0]
		if old, ok := status[id]; !ok || slices.Index(worst, t.Status) > slices.Index(worst, old) {
			status[id] = t.Status
		}
	}
	return string(m.SVG(threat.SVGOptions{
		Title: m.Name,
		Class: func(id string) string {
			if s, ok := status[id]; ok {
				return "el-" + string(s)
			}
			return ""
		},
	}))
}
