package review

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"quintain/lab"
)

// solutions are the reference, and the ways in which people get it wrong.
var solutions = []lab.Solution{
	{Name: "marked and repaired", Pass: true, Make: func(_ context.Context, w *lab.Setup) error { return solve(w, nil) }},
	{Name: "an empty folder", Fails: "a/find", Make: func(_ context.Context, w *lab.Setup) error {
		all, err := w.Files()
		for _, n := range all {
			if err == nil {
				err = w.Remove(n)
			}
		}
		return err
	}},
	{Name: "only what opens files", Fails: "a/find", Make: func(_ context.Context, w *lab.Setup) error {
		return mark9(w, newWorld(w.Source), func(kind string) bool {
			return slices.Contains([]string{"unsafe-load", "unsafe-keras", "unsafe-unpickle", "unsafe-yaml", "remote-code", "no-data-hash"}, kind)
		})
	}},
	{Name: "every line that loads something marked as everything", Fails: "a/find", Make: func(_ context.Context, w *lab.Setup) error {
		var out strings.Builder
		for _, s := range newWorld(w.Source).scripts {
			n := 0
			for line := range strings.Lines(s.text) {
				if n++; strings.Contains(line, "load") {
					for _, kind := range kinds[:8] {
						fmt.Fprintf(&out, "%s,%d,%s\n", s.name, n, kind)
					}
				}
			}
		}
		return w.Writef(marksFile, "%s", out.String())
	}},
	{Name: "marks of a neighbor", Fails: "a/find", Make: func(_ context.Context, w *lab.Setup) error {
		return mark9(w, newWorld(lab.NewSource(lab.DeriveKey([]byte("neighbor"), "x", "F04", int(w.Seed("neighbor")%1000)))), nil)
	}},
	{Name: "a hostile table", Fails: "a/find", Make: func(_ context.Context, w *lab.Setup) error {
		return w.Write(marksFile, []byte(strings.Repeat("train_torch.py,1,no-seed\n", 1<<16)))
	}},
	{Name: "found and not repaired", Fails: "b/rules", Make: func(_ context.Context, w *lab.Setup) error {
		return mark9(w, newWorld(w.Source), nil)
	}},
	{Name: "the secret moved into a text", Fails: "b/rules", Make: func(_ context.Context, w *lab.Setup) error {
		return solve(w, func(s *script) string {
			return strings.Replace(s.clean, "log = logging", "secret = \"hf_abcdefghijklmnopqrstuvwxyz23456789\"\nlog = logging", 1)
		})
	}},
	{Name: "the load call deleted", Fails: "b/function", Make: func(_ context.Context, w *lab.Setup) error {
		return solve(w, func(s *script) string {
			return edited(s, func(line string) string {
				if strings.Contains(line, "(BASE") {
					return ""
				}
				return line
			})
		})
	}},
	{Name: "training commented out", Fails: "b/function", Make: func(_ context.Context, w *lab.Setup) error {
		return solve(w, func(s *script) string {
			return edited(s, func(line string) string {
				if strings.HasPrefix(line, "train(") || strings.HasPrefix(line, "model.fit(") {
					return "# " + line
				}
				return line
			})
		})
	}},
	{Name: "training that never happens", Fails: "b/function", Make: func(_ context.Context, w *lab.Setup) error {
		return solve(w, func(s *script) string {
			return edited(s, func(line string) string {
				if strings.HasPrefix(line, "train(") || strings.HasPrefix(line, "model.fit(") {
					return "if False:\n    " + line
				}
				return line
			})
		})
	}},
	{Name: "a script of one bracket", Fails: "b/rules", Make: func(_ context.Context, w *lab.Setup) error {
		return solve(w, func(*script) string { return strings.Repeat("(", maxScript) })
	}},
}

// edited returns the repaired script with its lines changed.
func edited(s *script, change func(line string) string) string {
	var out strings.Builder
	for line := range strings.Lines(s.clean) {
		out.WriteString(change(line))
	}
	return out.String()
}

// mark9 marks the defects of a world, or those of some kinds.
func mark9(w *lab.Setup, world *world, want func(kind string) bool) error {
	var out strings.Builder
	out.WriteString("file,line,kind\n")
	for _, s := range world.scripts {
		for _, kind := range kinds {
			if lines := s.defects[kind]; len(lines) > 0 && (want == nil || want(kind)) {
				fmt.Fprintf(&out, "%s,%d,%s\n", s.name, lines[0], kind)
			}
		}
	}
	return w.Writef(marksFile, "%s", out.String())
}

// solve marks everything and writes the scripts as repaired, or as changed.
func solve(w *lab.Setup, change func(s *script) string) error {
	world := newWorld(w.Source)
	if err := mark9(w, world, nil); err != nil {
		return err
	}
	for _, s := range world.scripts {
		text := s.clean
		if change != nil {
			text = change(s)
		}
		if err := w.Write(s.name, []byte(text)); err != nil {
			return err
		}
	}
	return nil
}
