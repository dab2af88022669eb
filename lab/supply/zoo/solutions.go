package zoo

import (
	"bytes"
	"context"
	"strings"

	"quintain"
	"quintain/lab"
	"quintain/lab/internal/artifact"
	"quintain/scan"
	"quintain/scan/all"
)

// solutions are the reference, and the ways in which people get it wrong.
var solutions = []lab.Solution{
	{Name: "read every file", Pass: true, Make: func(_ context.Context, w *lab.Setup) error {
		return write(w, func(f file) verdict { return verdict{f.does != none, f.does} })
	}},
	{Name: "one benign file held back", Pass: true, Make: func(_ context.Context, w *lab.Setup) error {
		held := false
		return write(w, func(f file) verdict {
			if f.does == none && !held {
				held = true
				return verdict{true, call}
			}
			return verdict{f.does != none, f.does}
		})
	}},
	{Name: "an empty folder", Fails: "a/tpr", Make: func(_ context.Context, w *lab.Setup) error {
		names, err := w.Files()
		for _, n := range names {
			if err == nil {
				err = w.Remove(n)
			}
		}
		return err
	}},
	{Name: "everything let through", Fails: "a/tpr", Make: func(_ context.Context, w *lab.Setup) error {
		return write(w, func(file) verdict { return verdict{false, none} })
	}},
	{Name: "verdicts by the ending of the name", Fails: "a/tpr", Make: func(_ context.Context, w *lab.Setup) error {
		return write(w, func(f file) verdict {
			pickle := strings.HasSuffix(f.name, ".pt") || strings.HasSuffix(f.name, ".pkl") || strings.HasSuffix(f.name, ".ckpt")
			return verdict{pickle, call}
		})
	}},
	{Name: "verdicts of a neighbor", Fails: "a/tpr", Make: func(_ context.Context, w *lab.Setup) error {
		other := files(lab.NewSource(lab.DeriveKey([]byte("neighbor"), "x", "S02", int(w.Seed("neighbor")%1000))))
		at := make(map[string]file)
		for _, f := range other {
			stem, _, _ := strings.Cut(f.name, ".")
			at[stem] = f
		}
		return write(w, func(f file) verdict {
			stem, _, _ := strings.Cut(f.name, ".")
			return verdict{at[stem].does != none, at[stem].does}
		})
	}},
	{Name: "a hostile table", Fails: "a/tpr", Make: func(_ context.Context, w *lab.Setup) error {
		return w.Write(handIn, append([]byte("file,verdict,mechanism\n../../etc/passwd,malicious,none\n\""), bytes.Repeat([]byte{0, '"', '\n'}, 1<<16)...))
	}},
	{Name: "flag everything", Fails: "a/fpr", Make: func(_ context.Context, w *lab.Setup) error {
		return write(w, func(f file) verdict {
			if f.does == none {
				return verdict{true, call}
			}
			return verdict{true, f.does}
		})
	}},
	{Name: "scanner output pasted unread", Fails: "a/fpr", Make: pasted},
	{Name: "every reason a pickle", Fails: "a/reason", Make: func(_ context.Context, w *lab.Setup) error {
		return write(w, func(f file) verdict { return verdict{f.does != none, call} })
	}},
	{Name: "one file loaded to see what happens", Fails: "a/canary", Make: func(ctx context.Context, w *lab.Setup) error {
		for _, f := range files(w.Source) {
			if f.does != none {
				if err := w.Act(ctx, "load", f.name); err != nil {
					return err
				}
				break
			}
		}
		return write(w, func(f file) verdict { return verdict{f.does != none, f.does} })
	}},
	{Name: "one file loaded in the folder", Fails: "a/canary", Make: func(_ context.Context, w *lab.Setup) error {
		if err := w.Writef("zoo/"+artifact.Canary+"x", ""); err != nil {
			return err
		}
		return write(w, func(f file) verdict { return verdict{f.does != none, f.does} })
	}},
}

// write writes a verdict for each file.
func write(w *lab.Setup, of func(f file) verdict) error {
	var out strings.Builder
	out.WriteString("file,verdict,mechanism\n")
	for _, f := range files(w.Source) {
		v := of(f)
		word := "benign"
		if v.stop {
			word = "malicious"
		}
		out.WriteString(f.name + "," + word + "," + string(v.does) + "\n")
	}
	return w.Writef(handIn, "%s", out.String())
}

// pasted stops every file that the scanner does not call clean.
func pasted(ctx context.Context, w *lab.Setup) error {
	flagged := make(map[string]bool)
	for _, f := range files(w.Source) {
		s, err := severity(ctx, f.name, f.data)
		if err != nil {
			return err
		}
		flagged[f.name] = s > 0
	}
	return write(w, func(f file) verdict { return verdict{flagged[f.name], f.does} })
}

// severity returns the worst that the scanner says of a file: 0 if it passes, 1
// if something could not be decided, and more for a weakness.
func severity(ctx context.Context, name string, b []byte) (int, error) {
	found, err := scan.Inspect(ctx, name, bytes.NewReader(b), int64(len(b)), all.Formats...)
	worst := 0
	for i := range found {
		switch f := &found[i]; f.Outcome {
		case quintain.Inconclusive:
			worst = max(worst, 1)
		case quintain.Fail:
			worst = max(worst, 1+int(f.Severity))
		default:
		}
	}
	return worst, err
}
