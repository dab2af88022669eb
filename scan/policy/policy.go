// Package policy decides which findings of a scan somebody has accepted.
//
// A policy is a file in YAML with one list:
//
//	accept:
//	  - check: scan/pickle
//	    digest: sha256:4f1c…          # of the artifact that was looked at
//	    why: the reducer is ours, reviewed in PR 112
//	    by: m.keller
//	    until: 2027-01-31
//
// An entry names a check (the ruleId in SARIF), a digest or a path or both, and
// optionally a location inside the artifact. It holds through its last day, in
// UTC. Three rules keep it honest:
//
//   - It accepts demonstrated weaknesses only. What could not be analyzed may
//     hold anything, and nobody can have accepted that.
//   - Bound to a digest it holds for those bytes. Change one and it is void.
//   - Without a digest it holds for weaknesses below high only, because other
//     bytes may come to lie at the same path.
//
// An accepted finding stays a finding, and the judgment on its artifact stays
// what it is; the gate does not count it.
package policy

import (
	"path"
	"slices"
	"strings"
	"time"

	"quintain"
)

// A Policy is what somebody accepts.
type Policy struct {
	File    string
	Entries []Entry
}

// An Entry accepts the findings of one check about one artifact.
type Entry struct {
	Check    string          `yaml:"check" need:"yes"` // name of the check, such as "scan/pickle"
	Digest   quintain.Digest `yaml:"digest"`           // of the artifact; may be empty if Path is not
	Path     string          `yaml:"path"`             // pattern of [path.Match] for the end of the artifact's path, or all of it if it begins with "/"
	Location string          `yaml:"location"`         // in the artifact: a place, or a member for all places in it; empty for all
	Why      string          `yaml:"why" need:"yes"`
	By       string          `yaml:"by" need:"yes"`    // who accepted
	Until    time.Time       `yaml:"until" need:"yes"` // the last day

	Line, Col int // in the file
}

// A State is what became of an entry.
type State int

// The states.
const (
	Unmatched State = iota // no finding is as the entry says
	Expired                // its last day has passed
	Unbound                // it fits only findings that need a digest
	Used                   // it accepts a finding
)

// A Result is what a policy makes of findings.
type Result struct {
	Accepted map[int]*Entry // by index of the finding
	States   []State        // by index of the entry
}

// Apply decides which findings are accepted at a time. Of several entries that
// accept a finding, the first counts. Nothing is changed.
func (p *Policy) Apply(findings []quintain.Finding, now time.Time) Result {
	r := Result{Accepted: make(map[int]*Entry), States: make([]State, len(p.Entries))}
	for i := range p.Entries {
		e := &p.Entries[i]
		expired := !now.Before(e.Until.AddDate(0, 0, 1))
		if expired {
			r.States[i] = Expired
			continue
		}
		for n := range findings {
			switch f := &findings[n]; {
			case !e.matches(f):
			case e.Digest == "" && f.Severity >= quintain.High:
				r.States[i] = max(r.States[i], Unbound)
			default:
				r.States[i] = Used
				if r.Accepted[n] == nil {
					r.Accepted[n] = e
				}
			}
		}
	}
	return r
}

// matches reports whether the entry is about f.
func (e *Entry) matches(f *quintain.Finding) bool {
	return f.Outcome == quintain.Fail && f.Check == e.Check && f.Target.Kind == quintain.KindArtifact &&
		(e.Digest == "" || e.Digest == f.Target.Digest) &&
		(e.Path == "" || matchPath(e.Path, f.Target.Ref)) &&
		(e.Location == "" || len(f.Evidence) > 0 && !slices.ContainsFunc(f.Evidence, func(x quintain.Evidence) bool {
			member := x.Location
			if i := strings.LastIndex(member, "@0x"); i >= 0 {
				member = member[:i]
			}
			return e.Location != x.Location && e.Location != member
		}))
}

// matchPath reports whether as many elements at the end of ref as the pattern
// has match it, or all of ref if the pattern begins with a slash.
func matchPath(pattern, ref string) bool {
	ref = path.Clean(strings.ReplaceAll(ref, `\`, "/"))
	if !strings.HasPrefix(pattern, "/") {
		elems := strings.Split(ref, "/")
		n := strings.Count(pattern, "/") + 1
		if n > len(elems) {
			return false
		}
		ref = strings.Join(elems[len(elems)-n:], "/")
	}
	ok, err := path.Match(pattern, ref)
	return ok && err == nil
}
