// Package jinja finds what is hostile in chat templates, which are programs in
// the template language Jinja that model runtimes run on every message.
//
// A template is parsed and evaluated abstractly: over what its values can be,
// not over values. Texts that it puts together out of constants, in whatever
// way, are known; what the caller will pass is not. Nothing is rendered.
package jinja

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"

	"quintain"
	"quintain/scan"
)

// MaxSize is the size of the largest template that is analyzed, in bytes. Real
// ones have a tenth of it.
const MaxSize = 256 << 10

// A Note is something to report about a template.
type Note struct {
	Offset   int               // in bytes from the beginning of the template
	Severity quintain.Severity // None for something that could not be decided
	Text     string
}

// Check returns what is to be said about a template, in its order. It returns
// a [*SyntaxError] with the notes so far if src is no template, and the error
// of ctx if that ends.
func Check(ctx context.Context, src string) ([]Note, error) {
	if len(src) > MaxSize {
		return nil, &SyntaxError{MaxSize, fmt.Sprintf("template of %d bytes, more than %d", len(src), MaxSize)}
	}
	in := newInterp(ctx, len(src))
	in.invisible(src)
	body, err := parse(src)
	if err != nil {
		in.names(src)
		return in.report(), err
	}
	in.run(body)
	return in.report(), ctx.Err()
}

// Report reports to f what Check says about a template inside of it, which is
// called label if the file has several. The function at turns an offset in the
// template into one in the file. Its only error is that of ctx.
func Report(ctx context.Context, f *scan.File, label, src string, at func(int) int64) error {
	notes, err := Check(ctx, src)
	if ctx.Err() != nil {
		return ctx.Err()
	}
	if label != "" {
		label = fmt.Sprintf("template %q: ", label)
	}
	for _, n := range notes {
		if n.Severity == quintain.None {
			f.Doubtf(at(n.Offset), "%s%s", label, n.Text)
		} else {
			f.Reportf(n.Severity, at(n.Offset), "%s%s", label, n.Text)
		}
	}
	if syntax := (*SyntaxError)(nil); errors.As(err, &syntax) {
		f.Doubtf(at(syntax.Offset), "%snot analyzed: %v", label, err)
	}
	return nil
}

// Is reports whether a text has tags of Jinja in it.
func Is(s string) bool { return strings.Contains(s, "{%") || strings.Contains(s, "{{") }

// The steps that the evaluation of a template may take. Real ones take up to
// fifteen for a byte.
const (
	freeSteps    = 30_000
	stepsPerByte = 48
)

// An interp evaluates one template.
type interp struct {
	ctx   context.Context //nolint:containedctx // lives as long as one call of Check
	steps int             // taken
	limit int             // of steps
	err   error           // why the evaluation stopped

	scope  *scope
	out    *cell // what is printed, if that matters
	trail  []undo
	exits  *exits
	sites  map[*expr]*object // lists and dicts made in unknown loops
	macros []*object
	made   map[*stmt]*object // the macro of a statement
	calls  []call            // macros that are being evaluated
	sums   map[*stmt]*summary

	recorders []*recorder
	cells     int // variables so far

	fuzz      int     // unknown conditions and loops around the present place
	loops     int     // unknown loops around it
	unreached int     // conditions around it that cannot be true
	triggers  int     // conditions around it that depend on a phrase
	work      float64 // how often the present place runs, where that is known

	notes   map[string]*Note
	escapes map[int]*escape // by offset
	reached map[int]bool    // offsets of all internal accesses
	stalled bool            // a loop that runs too often was reported
}

func newInterp(ctx context.Context, size int) *interp {
	return &interp{
		ctx: ctx, limit: freeSteps + stepsPerByte*size, scope: &scope{vars: make(map[string]*cell)}, work: 1,
		sites: make(map[*expr]*object), sums: make(map[*stmt]*summary),
		made: make(map[*stmt]*object), notes: make(map[string]*Note), escapes: make(map[int]*escape), reached: make(map[int]bool),
	}
}

// charge counts n steps of work and stops the evaluation when there were too
// many.
func (in *interp) charge(n int) {
	in.steps += n
	if in.err == nil && in.steps > in.limit {
		in.err = errors.New("the evaluation takes too long")
	}
	if in.err == nil && in.steps&0xfff < n {
		in.err = in.ctx.Err()
	}
}

// run evaluates a template and looks at what the evaluation did not reach.
func (in *interp) run(body []*stmt) {
	in.exec(body)
	for i := 0; i < len(in.macros); i++ { // calls can define more
		in.uncalled(in.macros[i])
	}
	if in.err != nil {
		in.note(0, quintain.None, "not analyzed further: %v", in.err)
	}
	walk(body, func(*stmt) {}, func(e *expr) bool {
		if e.op == opAttr && internal(e.name, false) && !in.reached[e.off] {
			in.reach(e.off, value{}, describe(e.args[0]), "."+e.name, false)
		}
		return true
	})
}

// names notes internal names in a text that is no template of this dialect.
func (in *interp) names(src string) {
	for i := 0; i < len(src); {
		n := identifier(src[i:])
		if n == 0 {
			i += max(len(firstRune(src[i:])), 1)
			continue
		}
		if name := src[i : i+n]; strings.HasPrefix(name, "__") && strings.HasSuffix(name, "__") && n > 4 {
			in.note(i, quintain.High, "names %s, in a template that cannot be parsed", short(name))
		}
		i += n
	}
}

// note keeps something to report, once for each place and text.
func (in *interp) note(off int, s quintain.Severity, format string, args ...any) {
	t := fmt.Sprintf(format, args...)
	in.notes[fmt.Sprintf("%d:%s", off, t)] = &Note{off, s, t}
}

// report returns the notes in the order of the template.
func (in *interp) report() []Note {
	var out []Note
	for _, n := range in.notes {
		out = append(out, *n)
	}
	for _, c := range in.escapes {
		out = append(out, c.note())
	}
	slices.SortFunc(out, func(a, b Note) int {
		return cmp.Or(cmp.Compare(a.Offset, b.Offset), -cmp.Compare(a.Severity, b.Severity), cmp.Compare(a.Text, b.Text))
	})
	const most = 50
	if len(out) > most {
		out = out[:most]
	}
	return out
}
