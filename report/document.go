// Package report is the document that a run leaves behind, and the formats it
// can be written in.
//
// A [Document] is complete: every format is a pure function of it, so a run
// that was kept as JSON can be turned into any other format later.
package report

import (
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"maps"
	"slices"
	"unicode/utf8"

	"quintain"
)

// SchemaName names the version of the document's JSON.
const SchemaName = "quintain.run/1"

// A Format is one way to write a document.
type Format struct {
	Name string // as in --format: "sarif"
	Doc  string // one line for people, no full stop

	// Write renders d. What a model or an artifact said is hostile text;
	// Write makes it harmless for whatever reads the format.
	Write func(w io.Writer, d *Document) error
}

// A Document is everything one run produced.
type Document struct {
	Schema     string   `json:"schema"`
	Tool       Tool     `json:"tool"`
	Command    []string `json:"command"` // that repeats the run
	Kind       string   `json:"kind"`    // assess, scan, attack or probe
	Seed       uint64   `json:"seed"`
	Complete   bool     `json:"complete"`
	Incomplete string   `json:"incomplete,omitempty"` // why the run broke off

	System  *System  `json:"system,omitempty"` // of an assessment
	Gate    Gate     `json:"gate"`
	Threats []Threat `json:"threats,omitempty"` // of an assessment
	Steps   []Step   `json:"steps,omitempty"`   // what was planned, and what became of it

	Findings   []quintain.Finding       `json:"findings"`
	Artifacts  []Artifact               `json:"artifacts,omitempty"` // of a scan, as [Artifacts] returns them
	Accepted   []Accepted               `json:"accepted,omitempty"`  // findings that the gate does not count
	Components []quintain.Component     `json:"components,omitempty"`
	Blobs      map[quintain.Digest]Blob `json:"blobs,omitempty"` // the bytes behind the evidence

	// Checks are the manual pages of the checks that were run, for formats
	// that explain them. A document is complete without.
	Checks []Check `json:"checks,omitempty"`

	// Diagram is the system drawn as SVG, its elements in the classes
	// "el-failed", "el-open" and so on.
	Diagram string `json:"diagram,omitempty"`
}

// A Tool is the program that made a document.
type Tool struct {
	Name    string `json:"name"`
	Version string `json:"version"`
}

// A Check is the manual page of a check.
type Check struct {
	Name       string               `json:"name"`
	Doc        string               `json:"doc"` // Markdown, the first line is the title
	Techniques []quintain.Technique `json:"techniques,omitempty"`
}

// Explain adds the manual page of a check, once.
func (d *Document) Explain(c *quintain.Check) {
	for _, have := range d.Checks {
		if have.Name == c.Name {
			return
		}
	}
	d.Checks = append(d.Checks, Check{c.Name, c.Doc, c.Techniques})
}

// A System is the subject of an assessment.
type System struct {
	Name        string          `json:"name"`
	Ref         string          `json:"ref"` // path of the system file
	Description string          `json:"description,omitempty"`
	Digest      quintain.Digest `json:"digest"`
}

// A Gate is the decision of a run, which [Document.Judge] takes. FailOn is
// written as "none" where it is beyond every severity, so that nothing fails.
type Gate struct {
	FailOn    quintain.Severity `json:"failOn"`
	AllowOpen bool              `json:"allowOpen,omitempty"` // what nothing has decided passes
	Passed    bool              `json:"passed"`
	Reasons   []string          `json:"reasons,omitempty"` // why it did not pass
}

// A Status is what the evidence says about a threat. It is computed, never
// typed.
type Status string

// The statuses.
const (
	StatusOpen        Status = "open"        // nothing has settled it
	StatusFailed      Status = "failed"      // the weakness was demonstrated
	StatusResisted    Status = "resisted"    // real attempts failed that beat a weak twin
	StatusStale       Status = "stale"       // the evidence is about other bytes
	StatusAccepted    Status = "accepted"    // by somebody, until a date
	StatusUnreachable Status = "unreachable" // the graph rules it out
)

// Statuses lists the statuses, the worst first.
var Statuses = []Status{StatusFailed, StatusStale, StatusOpen, StatusAccepted, StatusResisted, StatusUnreachable}

// A Threat is the verdict on one threat.
type Threat struct {
	ID          string               `json:"id"`
	Rule        string               `json:"rule"` // name of the rule's check
	Title       string               `json:"title"`
	Severity    quintain.Severity    `json:"severity"`
	Status      Status               `json:"status"`
	Why         string               `json:"why"`    // the status, in one sentence
	Reason      string               `json:"reason"` // why the rule applies to this system
	Elements    []string             `json:"elements"`
	Path        []string             `json:"path,omitempty"` // ids of elements, source first
	Techniques  []quintain.Technique `json:"techniques"`
	Mitigations []string             `json:"mitigations,omitempty"` // ids of ATLAS mitigations
	Checks      []string             `json:"checks,omitempty"`      // that settle it
	Findings    []int                `json:"findings,omitempty"`    // indexes into Document.Findings
	Accepted    *Acceptance          `json:"accepted,omitempty"`
	Doc         string               `json:"doc"` // manual page of the rule, Markdown
}

// An Acceptance is somebody's decision to live with a threat for a while.
type Acceptance struct {
	By    string `json:"by"`
	Why   string `json:"why"`
	Until string `json:"until"` // a date, such as 2027-01-31
}

// A Step is one planned check and what became of it.
type Step struct {
	Check  string          `json:"check"`
	Target quintain.Target `json:"target"`
	State  string          `json:"state"` // ran, refused, skipped or failed
	Why    string          `json:"why,omitempty"`
}

// A Blob is the bytes behind a piece of evidence.
type Blob struct {
	MediaType string `json:"mediaType"`
	Data      string `json:"data"`
	Encoding  string `json:"encoding,omitempty"` // of Data: "base64", or none for text
}

// NewBlob keeps b.
func NewBlob(mediaType string, b []byte) Blob {
	if utf8.Valid(b) {
		return Blob{MediaType: mediaType, Data: string(b)}
	}
	return Blob{MediaType: mediaType, Data: base64.StdEncoding.EncodeToString(b), Encoding: "base64"}
}

// Bytes returns what was kept.
func (b Blob) Bytes() ([]byte, error) {
	switch b.Encoding {
	case "":
		return []byte(b.Data), nil
	case "base64":
		return base64.StdEncoding.Strict().DecodeString(b.Data)
	}
	return nil, fmt.Errorf("unknown encoding %q", b.Encoding)
}

// Validate reports every rule that the document breaks, joined.
func (d *Document) Validate() error {
	var errs []error
	if d.Schema != SchemaName {
		errs = append(errs, fmt.Errorf("schema %q, want %q", d.Schema, SchemaName))
	}
	if (d.Kind == "assess") != (d.System != nil) || d.System == nil && len(d.Threats) > 0 {
		errs = append(errs, errors.New("an assessment has a system, and nothing else has one or threats"))
	}
	if d.Complete != (d.Incomplete == "") {
		errs = append(errs, errors.New("a run is complete or says why not"))
	}
	for i := range d.Findings {
		if err := d.Findings[i].Validate(); err != nil {
			errs = append(errs, fmt.Errorf("finding %d: %w", i, err))
		}
		for _, e := range d.Findings[i].Evidence {
			if _, kept := d.Blobs[e.Blob]; e.Blob != "" && !kept {
				errs = append(errs, fmt.Errorf("finding %d: the bytes %q behind its evidence are not in the document", i, string(e.Blob)))
			}
		}
	}
	for i := range d.Threats {
		errs = append(errs, d.Threats[i].validate(d.Findings))
	}
	errs = append(errs, d.validateArtifacts())
	if d.System != nil {
		errs = append(errs, d.System.Digest.Validate())
	}
	for _, c := range d.Components {
		errs = append(errs, c.Digest.Validate())
	}
	for _, digest := range slices.Sorted(maps.Keys(d.Blobs)) {
		b, err := d.Blobs[digest].Bytes()
		switch {
		case err != nil:
			errs = append(errs, fmt.Errorf("blob %s: %w", digest.Short(), err))
		case quintain.DigestOf(b) != digest:
			errs = append(errs, fmt.Errorf("blob %q holds other bytes than its digest names", string(digest)))
		}
	}
	if want := d.judge(d.Gate.FailOn, d.Gate.AllowOpen); d.Gate.Passed != want.Passed || !slices.Equal(d.Gate.Reasons, want.Reasons) {
		errs = append(errs, errors.New("the gate is not what follows from the findings and threats"))
	}
	return errors.Join(errs...)
}

// validate checks a threat of a document with these findings. A status that the
// findings contradict was typed.
func (t *Threat) validate(findings []quintain.Finding) error {
	var errs []error
	if t.ID == "" || t.Status == "" || t.Why == "" {
		errs = append(errs, fmt.Errorf("threat %q: no id, status or reason", t.ID))
	}
	if !slices.Contains(Statuses, t.Status) {
		errs = append(errs, fmt.Errorf("threat %q: unknown status %q (have %q)", t.ID, t.Status, Statuses))
	}
	failed, resisted, undecided := 0, 0, 0
	for _, n := range t.Findings {
		if n < 0 || n >= len(findings) {
			errs = append(errs, fmt.Errorf("threat %q: there is no finding %d", t.ID, n))
			continue
		}
		switch f := &findings[n]; {
		case f.Outcome == quintain.NotApplicable:
		case f.Outcome == quintain.Fail:
			failed++
		case f.Resisted():
			resisted++
		default:
			undecided++
		}
	}
	if t.Status == StatusFailed && failed == 0 || t.Status == StatusResisted && (resisted == 0 || failed+undecided > 0) {
		errs = append(errs, fmt.Errorf("threat %q: its findings do not say that it is %s", t.ID, t.Status))
	}
	return errors.Join(errs...)
}

// maxDocument is the size limit in bytes of a document that is read.
const maxDocument = 256 << 20

// Decode reads a document from its JSON. Unknown fields are errors.
func Decode(r io.Reader) (*Document, error) {
	lr := &io.LimitedReader{R: r, N: maxDocument + 1}
	dec := json.NewDecoder(lr)
	dec.DisallowUnknownFields()
	var d Document
	if err := dec.Decode(&d); err != nil {
		if lr.N <= 0 {
			return nil, fmt.Errorf("document is larger than %d bytes", maxDocument)
		}
		return nil, fmt.Errorf("not a run of this program: %w", err)
	}
	if _, err := dec.Token(); !errors.Is(err, io.EOF) {
		return nil, errors.New("not a run of this program: more follows the document")
	}
	if err := d.Validate(); err != nil {
		return nil, err
	}
	return &d, nil
}
