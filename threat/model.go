package threat

import (
	"path/filepath"
	"slices"
	"strings"
	"time"

	"quintain"
)

// A Model is a system, as its makers describe it in system.yaml: the elements
// it is made of, the flows of data between them, and the threats that somebody
// has accepted for a while.
//
// The doc tags of this type and of those below it are the descriptions in the
// JSON Schema, and the errors of [Parse] follow from the same tags.
type Model struct {
	Name        string       `yaml:"name" need:"yes" doc:"Name of the system, as reports show it."`
	Description string       `yaml:"description" doc:"What the system does and for whom, in a sentence or two."`
	Elements    []Element    `yaml:"elements" need:"yes" doc:"The parts of the system and of the world around it."`
	Flows       []Flow       `yaml:"flows" doc:"What moves from one element to another."`
	Accepted    []Acceptance `yaml:"accepted" doc:"Threats that somebody has decided to live with, until a date."`

	// File is the path the model was loaded from. Paths in the model are
	// relative to its folder.
	File string
}

// An Element is one part of a system: a model, a tool, a store, a person.
type Element struct {
	ID          string     `yaml:"id" need:"yes" pattern:"id" doc:"Short name that flows refer to: lower-case letters, digits and dashes, such as mail-tool. Part of the ids of threats, so keep it."`
	Kind        Kind       `yaml:"kind" need:"yes" doc:"What the element is."`
	Name        string     `yaml:"name" doc:"Name for people; the id if it is left out."`
	Description string     `yaml:"description" doc:"What the element does, in a sentence."`
	Trust       Trust      `yaml:"trust" doc:"Who decides what the element contains and says. Left out: internal, and untrusted for an external element. People have to say."`
	Task        Task       `yaml:"task" doc:"What a model is for. Models have to say; guards and judges say so if they are models."`
	Data        []Data     `yaml:"data" doc:"Classes of data that the element holds."`
	Can         []Ability  `yaml:"can" doc:"What the element is able to do."`
	Format      string     `yaml:"format" doc:"File format of an artifact, such as pickle, safetensors, onnx or gguf. Left out: judged by the extension of the file that is tested."`
	Provenance  Provenance `yaml:"provenance" doc:"Where the element comes from, and how anybody would notice that it was replaced."`
	Test        *Test      `yaml:"test" doc:"The real thing that checks run against. An element without a test is described and never tested."`
}

// A Provenance says where an element comes from.
type Provenance struct {
	Origin  Origin `yaml:"origin" doc:"Who made it. Left out: in-house."`
	Source  string `yaml:"source" doc:"Where it was obtained: a URL, a registry, a supplier."`
	Signed  bool   `yaml:"signed" doc:"Whether a signature is verified before use."`
	Digest  string `yaml:"digest" pattern:"digest" doc:"The digest that is compared before use: sha256: and 64 hexadecimal digits."`
	License string `yaml:"license" doc:"License, as an SPDX identifier."`
}

// A Test names the real thing behind an element.
type Test struct {
	Kind quintain.Kind     `yaml:"kind" need:"yes" doc:"What the thing is to a check."`
	Ref  string            `yaml:"ref" need:"yes" doc:"A path relative to this file, a URL, or builtin: and the name of an application that comes with the program."`
	With map[string]string `yaml:"with" doc:"What the test needs besides. classifier: data (path of labeled rows that it has not seen), train (path of the rows it was trained on), constraints, eps, robust, and the limits that the manual pages of the checks name. chat and agent: prompt (path of the system prompt), profile, model."`
}

// A Flow is data that moves from one element to another.
type Flow struct {
	From    string   `yaml:"from" need:"yes" doc:"Id of the element that the data comes from."`
	To      string   `yaml:"to" need:"yes" doc:"Id of the element that the data goes to."`
	Label   string   `yaml:"label" doc:"What moves, in a few words: booking requests."`
	Data    []Data   `yaml:"data" doc:"Classes of data that move."`
	Through []string `yaml:"through" doc:"Ids of the guards and approvals that stand between the two, in order."`
	Returns bool     `yaml:"returns" doc:"Whether something comes back the same way: the result of a tool, an answer."`
}

// An Acceptance is somebody's decision to live with a threat until a date.
type Acceptance struct {
	Threat string    `yaml:"threat" need:"yes" pattern:"threat" doc:"Id of the threat, such as T-K3XQ7A2M."`
	By     string    `yaml:"by" need:"yes" doc:"Who accepts it."`
	Why    string    `yaml:"why" need:"yes" doc:"The reason, in a sentence."`
	Until  time.Time `yaml:"until" need:"yes" doc:"The last day on which the acceptance holds, such as 2027-01-31."`
}

// Title returns the name of the element for people.
func (e *Element) Title() string {
	if e.Name != "" {
		return e.Name
	}
	return e.ID
}

// Acceptance returns the acceptance that names t, or nil. Whether it still
// holds is for the caller's clock to say.
func (m *Model) Acceptance(t *Threat) *Acceptance {
	for i := range m.Accepted {
		if m.Accepted[i].Threat == t.ID {
			return &m.Accepted[i]
		}
	}
	return nil
}

// Dangling returns the acceptances that name none of threats: the system or a
// rule has changed, and what they accepted is no longer asked.
func (m *Model) Dangling(threats []Threat) []Acceptance {
	var out []Acceptance
	for _, a := range m.Accepted {
		if !slices.ContainsFunc(threats, func(t Threat) bool { return t.ID == a.Threat }) {
			out = append(out, a)
		}
	}
	return out
}

// Targets returns what checks can be run against to test el: the target that
// its test names and, where a classifier is a file, that file as an artifact.
// Paths are resolved against the folder of the system file, so that they work
// from where the model was loaded.
func (m *Model) Targets(el *Element) []quintain.Target {
	if el.Test == nil {
		return nil
	}
	t := quintain.Target{Kind: el.Test.Kind, Ref: el.Test.Ref}
	local := !remote(t.Ref)
	if local {
		t.Ref = m.path(t.Ref)
	}
	for k, v := range el.Test.With {
		if t.With == nil {
			t.With = make(map[string]string)
		}
		if testKeys[k].path {
			v = m.path(v)
		}
		t.With[k] = v
	}
	targets := []quintain.Target{t}
	if local && t.Kind == quintain.KindClassifier {
		targets = append(targets, quintain.Target{Kind: quintain.KindArtifact, Ref: t.Ref})
	}
	return targets
}

// path resolves a path of the system file against its folder.
func (m *Model) path(p string) string {
	p = filepath.FromSlash(p)
	if filepath.IsAbs(p) {
		return filepath.Clean(p)
	}
	return filepath.Join(filepath.Dir(m.File), p)
}

// remote reports whether ref is no path.
func remote(ref string) bool {
	return strings.HasPrefix(ref, "builtin:") || strings.Contains(ref, "://")
}
