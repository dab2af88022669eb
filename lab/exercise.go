// Package lab is the range: exercises in which a learner attacks, analyzes and
// defends small systems, and graders that measure what the learner achieved.
//
// An [Exercise] is a plug-in: facts, embedded texts, and functions that make
// its world from a seed. An [Attempt] is what one learner handed in for it. A
// grade is a pure function of the files handed in, the ledger of what happened
// in the exercise's world, and the seed; it never depends on the clock. The
// [Range] is the facade: it starts attempts, grades them, and keeps what
// happened in a [Store].
package lab

import (
	"context"
	"errors"
	"fmt"
	"io"
	"regexp"
	"strings"

	"quintain"
	"quintain/ledger"
	"quintain/ml"
)

// An Exercise is one task on the range, declared once as a package-level
// variable named Exercise in the folder that is its Name, and never modified.
type Exercise struct {
	ID       string // short and fixed, such as "F01"
	Name     string // the import path below the module root, such as "lab/foundations/alarm"
	Title    string // such as "The alarm that cried fraud"
	Industry string // where the story happens
	Minutes  int    // that a learner needs

	Brief    string // Markdown: the story, the task, what to hand in, the commands
	Lesson   string // Markdown: what the attacker wants, why it works, how the defense works, what it costs, where it happened, what changes at scale
	Solution string // Markdown: the reference solution, told; shown after passing or on request

	Skills      []string             // ids of the curriculum
	Techniques  []quintain.Technique // that are practiced
	Mitigations []quintain.Technique // that are practiced
	Prereq      []string             // ids of exercises to pass before
	Hints       []string             // three: direction, method, near-solution

	Stages []Stage // attack, analyze, defend: at least one

	// Setup writes the files that the learner starts from. It takes all
	// randomness from w, needs no network, and takes at most a second or two.
	Setup func(ctx context.Context, w *Setup) error

	// Shown are the labels of secrets ([Source.Secret]) that a learner's files
	// may hold. The harness refuses a Setup that writes any other.
	Shown []string

	// Acts are what the learner can do in the exercise's world with `quintain
	// lab act`. There may be none.
	Acts []Act

	// Watch returns the canaries that the ledger looks for in everything that
	// leaves the exercise's world. It may be nil.
	Watch func(s *Source) []ledger.Canary

	// Oracle returns the model of the exercise as the learner may ask it. Nil
	// if there is none to be asked.
	Oracle func(ctx context.Context, a *Attempt) (ml.Oracle, error)

	// Picture draws one SVG of what the learner handed in, with classes and no
	// style attributes. Nil if there is nothing to draw.
	Picture func(ctx context.Context, a *Attempt) ([]byte, error)

	// Solutions are the reference and the mistakes that prove the grader.
	Solutions []Solution
}

// A Mode says on which side of the table the learner sits.
type Mode string

// The modes.
const (
	Attack  Mode = "attack"
	Analyze Mode = "analyze"
	Defend  Mode = "defend"
)

// A Stage is one part of an exercise, graded as a whole.
type Stage struct {
	ID     string   // "a", "b", "c"
	Mode   Mode     //
	Goal   string   // one sentence, no full stop
	HandIn []string // files, relative to the learner's folder
	Checks []Check  // in grading order: alive, useful, known attack, held-out attacks, adaptive attacker, invariants
}

// An Act is something a learner does in an exercise's world, such as asking its
// model or sending it a mail. What happened goes to the ledger of the attempt;
// what the learner sees goes to out.
type Act struct {
	Name  string // one lower-case word
	Usage string // of the arguments, such as "FILE"
	Doc   string // one sentence, no full stop
	Run   func(ctx context.Context, a *Attempt, args []string, out io.Writer) error
}

// A Solution proves a grader: the reference, which must pass, or a mistake that
// people make, which must not. Make works as a learner would, in the folder
// that Setup has filled.
type Solution struct {
	Name  string // such as "block everything"
	Pass  bool   // the reference
	Fails string // of a mistake: the check that must be the first to fail, such as "a/fpr"
	Make  func(ctx context.Context, w *Setup) error
}

// Module returns the part of the curriculum that e belongs to, such as
// "foundations".
func (e *Exercise) Module() string {
	parts := strings.Split(e.Name, "/")
	if len(parts) < 2 {
		return ""
	}
	return parts[1]
}

// Stage returns the stage with an id, or nil.
func (e *Exercise) Stage(id string) *Stage {
	for i := range e.Stages {
		if e.Stages[i].ID == id {
			return &e.Stages[i]
		}
	}
	return nil
}

// Act returns the act with a name, or nil.
func (e *Exercise) Act(name string) *Act {
	for i := range e.Acts {
		if e.Acts[i].Name == name {
			return &e.Acts[i]
		}
	}
	return nil
}

var (
	exerciseID   = regexp.MustCompile(`^[A-Z]{1,2}[0-9]{2}$`)
	exerciseName = regexp.MustCompile(`^lab/[a-z]+/[a-z][a-z0-9]*$`)
	wordID       = regexp.MustCompile(`^[a-z][a-z0-9-]*$`)
)

// The lengths that texts keep to, in bytes: long enough to say something, short
// enough to be read.
const (
	minBrief, maxBrief   = 400, 6 << 10
	minLesson, maxLesson = 1200, 16 << 10
)

// Validate reports every rule that e breaks, joined. Whether its techniques and
// prerequisites exist is for others to say.
func (e *Exercise) Validate() error {
	var errs []error
	fail := func(format string, args ...any) {
		errs = append(errs, fmt.Errorf("exercise %q: "+format, append([]any{e.ID}, args...)...))
	}
	if !exerciseID.MatchString(e.ID) || !exerciseName.MatchString(e.Name) {
		fail("id %q or name %q is not as it should be, such as F01 and lab/foundations/alarm", e.ID, e.Name)
	}
	if e.Title == "" || e.Industry == "" || e.Minutes <= 0 || e.Setup == nil {
		fail("no title, industry, time or setup")
	}
	if n := len(e.Brief); n < minBrief || n > maxBrief {
		fail("the brief has %d bytes, want %d to %d", n, minBrief, maxBrief)
	}
	if n := len(e.Lesson); n < minLesson || n > maxLesson {
		fail("the lesson has %d bytes, want %d to %d", n, minLesson, maxLesson)
	}
	if e.Solution == "" {
		fail("no text of the solution")
	}
	if len(e.Hints) != 3 {
		fail("%d hints, want three: direction, method, near-solution", len(e.Hints))
	}
	if len(e.Skills) == 0 || len(e.Stages) == 0 {
		fail("no skill or no stage")
	}
	for i := range e.Stages {
		e.Stages[i].validate(fail)
	}
	e.validateSolutions(fail)
	return errors.Join(errs...)
}

func (s *Stage) validate(fail func(string, ...any)) {
	if !wordID.MatchString(s.ID) || s.Goal == "" || strings.HasSuffix(s.Goal, ".") {
		fail("stage %q: no id or goal, or a goal that ends in a full stop", s.ID)
	}
	if s.Mode != Attack && s.Mode != Analyze && s.Mode != Defend {
		fail("stage %q: unknown mode %q", s.ID, s.Mode)
	}
	if len(s.Checks) == 0 {
		fail("stage %q has no check", s.ID)
	}
	seen := make(map[string]bool)
	for i := range s.Checks {
		c := &s.Checks[i]
		if seen[c.ID] {
			fail("stage %q has two checks %q", s.ID, c.ID)
		}
		seen[c.ID] = true
		if err := c.validate(); err != nil {
			fail("stage %q: %w", s.ID, err)
		}
	}
}

func (e *Exercise) validateSolutions(fail func(string, ...any)) {
	passes, mistakes := 0, 0
	for _, s := range e.Solutions {
		stage, check, _ := strings.Cut(s.Fails, "/")
		switch st := e.Stage(stage); {
		case s.Name == "" || s.Make == nil:
			fail("a solution without a name or without a way to make it")
		case s.Pass:
			passes++
		case st == nil || st.check(check) == nil:
			fail("solution %q fails at %q, which is no check of it", s.Name, s.Fails)
		default:
			mistakes++
		}
	}
	if passes == 0 || mistakes == 0 {
		fail("%d reference solutions and %d mistakes, want at least one of each", passes, mistakes)
	}
}

// check returns the check with an id, or nil.
func (s *Stage) check(id string) *Check {
	for i := range s.Checks {
		if s.Checks[i].ID == id {
			return &s.Checks[i]
		}
	}
	return nil
}
