package review

import (
	"bytes"
	"context"
	"encoding/csv"
	"fmt"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"quintain/lab"
)

const (
	marksFile = "marks.csv"
	maxMarks  = 200
	maxScript = 256 << 10
)

// A mark is a row of marks.csv.
type mark struct {
	file string
	line int
	kind string
}

func readMarks(a *lab.Attempt) ([]mark, error) {
	b, err := a.File(marksFile)
	if err != nil {
		return nil, err
	}
	r := csv.NewReader(bytes.NewReader(b))
	r.FieldsPerRecord, r.TrimLeadingSpace = 3, true
	rows, err := r.ReadAll()
	if err != nil {
		return nil, lab.Faultf(marksFile, "%s", err)
	}
	if len(rows) > maxMarks {
		return nil, lab.Faultf(marksFile, "%d marks are more than the %d that are read", len(rows), maxMarks)
	}
	var out []mark
	for i, row := range rows {
		if i == 0 && strings.EqualFold(row[0], "file") {
			continue
		}
		m := mark{file: strings.TrimSpace(row[0]), kind: strings.ToLower(strings.TrimSpace(row[2]))}
		if m.line, err = strconv.Atoi(strings.TrimSpace(row[1])); err != nil || !slices.Contains(scripts, m.file) || !slices.Contains(kinds, m.kind) {
			return nil, &lab.Fault{
				File: marksFile, Line: i + 1, Message: fmt.Sprintf("%q is no mark", strings.Join(row, ",")),
				Hint: "each row has a script, a line and one of the kinds in the brief",
			}
		}
		if !slices.Contains(out, m) {
			out = append(out, m)
		}
	}
	return out, nil
}

// find holds the marks to the truth. F1 is the share of 2 hits among 2 hits,
// false marks and misses, and is told with the interval of such a share.
func find(_ context.Context, a *lab.Attempt) (lab.Reading, error) {
	marks, err := readMarks(a)
	if err != nil {
		return lab.Reading{}, err
	}
	w := worldOf(a)
	hit := make(map[string]bool)
	wrong := 0
	for _, m := range marks {
		s := w.scripts[slices.Index(scripts, m.file)]
		if slices.Contains(s.defects[m.kind], m.line) {
			hit[m.file+m.kind] = true
		} else {
			wrong++
		}
	}
	r := lab.Rate(2*len(hit), 2*len(hit)+wrong+seeded-len(hit), a.Seed("scripts"))
	r.Saw = fmt.Sprintf("%d marks: %d hit a defect, %d do not", len(marks), len(marks)-wrong, wrong)
	return r, nil
}

// worldOf makes the world of an attempt once.
func worldOf(a *lab.Attempt) *world {
	w, _ := lab.Once(a, "world", func() (*world, error) { return newWorld(a.Source), nil })
	return w
}

// handed returns the statements of a script that was handed in.
func handed(a *lab.Attempt, name string) ([]statement, error) {
	b, err := a.File(name)
	if err != nil {
		return nil, err
	}
	if len(b) > maxScript {
		return nil, lab.Faultf(name, "has %d bytes, more than a training script needs", len(b))
	}
	return statements(string(b)), nil
}

func left(_ context.Context, a *lab.Attempt) (lab.Reading, error) {
	w := worldOf(a)
	n := 0
	var saw []string
	for _, s := range w.scripts {
		all, err := handed(a, s.name)
		if err != nil {
			return lab.Reading{}, err
		}
		here := 0
		for _, kind := range kinds {
			if rules[kind](all, w.digest) {
				here++
			}
		}
		if here > 0 {
			saw = append(saw, fmt.Sprintf("%d in %s", here, s.name))
		}
		n += here
	}
	return lab.Reading{
		Value: float64(n), Low: float64(n), High: float64(n), Trials: len(kinds) * len(w.scripts), Method: "exact",
		Seed: a.Seed("scripts"), Saw: strings.Join(saw, ", "),
	}, nil
}

// leaving are statements that end a program or a loop before its work is done.
var leaving = regexp.MustCompile(`^(sys\.exit|exit|quit|os\._exit|break|continue|raise SystemExit)\b`)

func function(_ context.Context, a *lab.Attempt) (lab.Reading, error) {
	for _, s := range worldOf(a).scripts {
		all, err := handed(a, s.name)
		if err != nil {
			return lab.Reading{}, err
		}
		if why := s.lost(all); why != "" {
			return lab.Verdict(false, "%s: %s", s.name, why), nil
		}
	}
	return lab.Verdict(true, "both scripts read, build, train and write what they did"), nil
}

// lost says what of a script is no longer done, or nothing.
func (s *script) lost(all []statement) string {
	at, inTrain := 0, false
	must := statements(strings.Join(s.keep, "\n"))
	leaves := 0
	for _, have := range all {
		if have.open {
			return "a bracket or a text is never closed"
		}
		if leaving.MatchString(have.text) {
			leaves++
		}
		if have.indent == 0 {
			inTrain = strings.HasPrefix(have.text, "def train")
		}
		if inTrain && strings.HasPrefix(have.text, "return") {
			return "the training returns before it is done"
		}
		if at < len(must) && have == must[at] {
			at++
		}
	}
	if at < len(must) {
		return fmt.Sprintf("%q is missing, or not where it was", must[at].text)
	}
	before := 0
	for _, had := range statements(s.text) {
		if leaving.MatchString(had.text) {
			before++
		}
	}
	if leaves > before {
		return "it ends earlier than it did"
	}
	for _, re := range s.anchors {
		if !slices.ContainsFunc(all, func(x statement) bool { return re.MatchString(x.text) }) {
			return fmt.Sprintf("nothing does any more what %q looked for", re)
		}
	}
	return ""
}
