package curriculum

import (
	"encoding/json"
	"errors"
	"fmt"
	"net/url"
	"slices"
	"time"
	"unicode/utf8"
)

// A State is all that is known about a learner. It holds what was said and
// what was proved, apart; levels are never stored but follow from it.
type State struct {
	Version int              `json:"version"` // of this layout: 1
	Name    string           `json:"name,omitempty"`
	Ratings map[string]Level `json:"ratings,omitempty"` // what the learner says; proves nothing
	Proofs  []Proof          `json:"proofs,omitempty"`
	Tries   []Try            `json:"tries,omitempty"`
	Links   []Link           `json:"links,omitempty"`
}

// A Kind is a kind of proof.
type Kind string

// The kinds.
const (
	ByChallenge Kind = "challenge" // a micro-challenge, graded by the machine
	ByStage     Kind = "stage"     // a stage of an exercise
	ByExam      Kind = "exam"      // a stage of an exercise, in an exam
)

// A Proof is one thing that the learner did and a machine graded as passed.
type Proof struct {
	Kind      Kind      `json:"kind"`
	Exercise  string    `json:"exercise,omitempty"`
	Stage     string    `json:"stage,omitempty"`
	Challenge string    `json:"challenge,omitempty"`
	Skills    []string  `json:"skills,omitempty"` // of a challenge; those of a stage are known
	Time      time.Time `json:"time"`
	Seed      uint64    `json:"seed"`
	Hints     int       `json:"hints,omitempty"` // used on the way
	Fresh     bool      `json:"fresh,omitempty"` // the learner had not seen this seed before
	Evidence  string    `json:"evidence"`        // where it can be looked up: a digest, a path, an attempt
}

// A Try is one answer to a micro-challenge. A seed that was tried once proves
// nothing the second time, because by then its answer may be known.
type Try struct {
	Challenge string    `json:"challenge"`
	Seed      uint64    `json:"seed"`
	Right     bool      `json:"right"`
	Time      time.Time `json:"time"`
}

// A Link is something that the learner wants shown in the portfolio.
type Link struct {
	Title string `json:"title"`
	URL   string `json:"url"`
	Note  string `json:"note,omitempty"`
}

// The bounds of a State. A learner who does the whole course twice a year
// stays below them for decades.
const (
	maxList = 20_000
	maxText = 2_000 // bytes of one text
)

// NewState returns the State of somebody of whom nothing is known.
func NewState() *State { return &State{Version: 1} }

// ParseState reads a State that [State.Encode] wrote and checks it against the
// facts.
func (c *Curriculum) ParseState(b []byte) (*State, error) {
	s := new(State)
	if err := strict(b, s); err != nil {
		return nil, err
	}
	return s, c.Validate(s)
}

// Encode returns the State as indented JSON.
func (s *State) Encode() ([]byte, error) {
	b, err := json.MarshalIndent(s, "", "  ")
	return append(b, '\n'), err
}

// Validate reports everything in s that refers to nothing, or is out of range.
func (c *Curriculum) Validate(s *State) error {
	if s.Version != 1 {
		return fmt.Errorf("version %d, where 1 is known", s.Version)
	}
	if max(len(s.Proofs), len(s.Tries), len(s.Links)) > maxList {
		return fmt.Errorf("a list of more than %d", maxList)
	}
	errs := []error{text("name", s.Name)}
	for id, l := range s.Ratings {
		if c.Skill(id) == nil || c.Skill(id).ID != id {
			errs = append(errs, fmt.Errorf("rating of the unknown skill %q", id))
		}
		if l < New || l > Proves {
			errs = append(errs, fmt.Errorf("rating %d of %q is not between 0 and 4", l, id))
		}
	}
	for i := range s.Proofs {
		if err := c.validProof(&s.Proofs[i]); err != nil {
			errs = append(errs, fmt.Errorf("proof %d: %w", i+1, err))
		}
	}
	for i := range s.Links {
		if err := validLink(&s.Links[i]); err != nil {
			errs = append(errs, fmt.Errorf("link %d: %w", i+1, err))
		}
	}
	return errors.Join(errs...)
}

func validLink(l *Link) error {
	if err := errors.Join(text("title", l.Title), text("note", l.Note), text("url", l.URL)); err != nil {
		return err
	}
	if u, err := url.Parse(l.URL); err != nil || u.Scheme != "http" && u.Scheme != "https" || u.Host == "" {
		return fmt.Errorf("%q is not an http or https address", l.URL)
	}
	return nil
}

func text(what, s string) error {
	if len(s) > maxText || !utf8.ValidString(s) {
		return fmt.Errorf("%s of %d bytes: at most %d, in UTF-8", what, len(s), maxText)
	}
	return nil
}

func (c *Curriculum) validProof(p *Proof) error {
	if p.Time.IsZero() || p.Hints < 0 {
		return errors.New("no time, or hints below zero")
	}
	if err := text("evidence", p.Evidence); err != nil || p.Evidence == "" {
		return errors.Join(errors.New("no evidence that can be looked up"), err)
	}
	switch p.Kind {
	case ByChallenge:
		for _, id := range p.Skills {
			if s := c.Skill(id); s == nil || s.ID != id {
				return fmt.Errorf("unknown skill %q", id)
			}
		}
		if !proves(p.Challenge, p.Skills) {
			return fmt.Errorf("challenge %q does not prove %q", p.Challenge, p.Skills)
		}
	case ByStage, ByExam:
		e := c.Exercise(p.Exercise)
		if e == nil {
			return fmt.Errorf("unknown exercise %q", p.Exercise)
		}
		if len(p.Skills) > 0 || !slices.ContainsFunc(e.Stages, func(s Stage) bool { return s.ID == p.Stage }) {
			return fmt.Errorf("exercise %s has no stage %q, or lists skills of its own", e.ID, p.Stage)
		}
	default:
		return fmt.Errorf("unknown kind %q", string(p.Kind))
	}
	return nil
}

// Add records a proof, after checking it.
func (c *Curriculum) Add(s *State, p Proof) error {
	if err := c.validProof(&p); err != nil {
		return err
	}
	s.Proofs = append(s.Proofs, p)
	return nil
}
