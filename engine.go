// Package quintain is the vocabulary that the rest of the program shares.
//
// Six words carry it. A [Target] is the thing under test. A [Check] describes
// one test. An [Engine] runs checks. A [Finding] is what a check concluded,
// [Evidence] is why one should believe it, and a [Recorder] receives both.
//
// The package does no I/O and imports only the standard library.
package quintain

//go:generate go run ./internal/listgen

import (
	"context"
	"io"
)

// An Engine runs a family of checks. It is all that the rest of the program
// knows about scanning, attacking, probing or any other way of testing.
type Engine interface {
	// Checks returns every check the engine can run, sorted by name.
	Checks() []*Check

	// Run runs checks, all of them its own, against t and records what they
	// conclude.
	//
	// An error means the run could not be carried out. A check that fails, or
	// cannot decide, is not an error but a Finding whose Outcome says so.
	// Before it returns nil, Run has recorded at least one Finding for every
	// check it was given: silence is never a pass.
	Run(ctx context.Context, t Target, checks []*Check, rec Recorder) error
}

// An Estimator is an Engine that can say what a run would cost before it
// starts. It reads nothing but the sizes of files.
type Estimator interface {
	Estimate(t Target, checks []*Check) Cost
}

// A Cost is the most that a run is expected to ask of its target.
type Cost struct {
	Conversations int   // held with an application
	Rows          int   // attacked, counted once for each attack
	Bytes         int64 // read
}

// A Recorder receives what a run produces, as it is produced. Reports, the
// store, the live view and tests are all Recorders. Its methods may be called
// concurrently.
type Recorder interface {
	// Record adds a finding. The Recorder may retain it. A finding that does
	// not pass [Finding.Validate] is refused.
	Record(Finding) error

	// Describe adds a component seen in a target, for the bill of materials.
	Describe(Component) error

	// Attach keeps the bytes behind a piece of evidence and returns their
	// digest, for use in [Evidence.Blob].
	Attach(ctx context.Context, mediaType string, r io.Reader) (Digest, error)
}

// A Component is a part of a system worth naming in a bill of materials: a
// model, a dataset, a tokenizer, a library. The word is CycloneDX's.
type Component struct {
	Kind       Kind              `json:"kind"`
	Name       string            `json:"name"`
	Version    string            `json:"version,omitempty"`
	Digest     Digest            `json:"digest,omitzero"`
	Properties map[string]string `json:"properties,omitempty"` // "format", "parameters", "license"
}
