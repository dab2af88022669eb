package jar

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"quintain/lab"
	"quintain/lab/internal/artifact"
)

// An entry is the data sheet of one file, as answers.yaml has it.
type entry struct {
	File       string    `yaml:"file" need:"true"`
	Format     string    `yaml:"format"`
	Version    string    `yaml:"version"`
	Parameters int64     `yaml:"parameters"`
	Shapes     [][]int64 `yaml:"shapes"`
	Load       string    `yaml:"load"`
	Globals    []string  `yaml:"globals"`
}

const answers = "answers.yaml"

// read returns the sheets that were handed in, in the order of the shelf. Every
// file needs one, and there are no others.
func read(a *lab.Attempt) ([]entry, []jar, error) {
	var got struct {
		Files []entry `yaml:"files" need:"true"`
	}
	if err := a.YAML(answers, &got); err != nil {
		return nil, nil, err
	}
	six := shelf(a.Source)
	out := make([]entry, len(six))
	for _, e := range got.Files {
		i := slices.IndexFunc(six, func(j jar) bool { return j.name == e.File })
		switch {
		case i < 0:
			return nil, nil, lab.Faultf(answers, "there is no file %q", e.File)
		case out[i].File != "":
			return nil, nil, lab.Faultf(answers, "two sheets for %q", e.File)
		}
		out[i] = e
	}
	for i, e := range out {
		if e.File == "" {
			f := lab.Faultf(answers, "no sheet for %q", six[i].name)
			f.Hint = "one entry for each of the six files"
			return nil, nil, f
		}
	}
	return out, six, nil
}

// each holds every sheet to the truth and names the first file whose sheet is
// wrong, without what would be right.
func each(a *lab.Attempt, what string, right func(e *entry, j *jar) bool) (lab.Reading, error) {
	got, six, err := read(a)
	if err != nil {
		return lab.Reading{}, err
	}
	var wrong []string
	for i := range six {
		if !right(&got[i], &six[i]) {
			wrong = append(wrong, six[i].name)
		}
	}
	if len(wrong) > 0 {
		return lab.Verdict(false, "%d of %d sheets have the wrong %s, %s among them", len(wrong), len(six), what, wrong[0]), nil
	}
	return lab.Verdict(true, "all %d sheets have the right %s", len(six), what), nil
}

func formats(_ context.Context, a *lab.Attempt) (lab.Reading, error) {
	return each(a, "format or version", func(e *entry, j *jar) bool {
		return strings.EqualFold(e.Format, j.format) && e.Version == j.version
	})
}

func shapes(_ context.Context, a *lab.Attempt) (lab.Reading, error) {
	return each(a, "parameters or shapes", func(e *entry, j *jar) bool {
		var want, got []string
		for i := range j.tensors {
			want = append(want, fmt.Sprint(j.tensors[i].Shape))
		}
		for _, s := range e.Shapes {
			got = append(got, fmt.Sprint(s))
		}
		slices.Sort(want)
		slices.Sort(got)
		return slices.Equal(got, want) && e.Parameters == artifact.Parameters(j.tensors)
	})
}

func risks(_ context.Context, a *lab.Attempt) (lab.Reading, error) {
	return each(a, "answer to what loading could set off", func(e *entry, j *jar) bool { return e.Load == j.load })
}

func globals(_ context.Context, a *lab.Attempt) (lab.Reading, error) {
	return each(a, "imports", func(e *entry, j *jar) bool {
		got := slices.Clone(e.Globals)
		slices.Sort(got)
		return slices.Equal(got, j.globals)
	})
}
