package cli

import (
	"context"
	"fmt"
	"strconv"
	"strings"
	"text/tabwriter"

	"github.com/spf13/cobra"

	"quintain/internal/regular"
	"quintain/scan/sheet"
)

// An inspectFlags says what to show of a file.
type inspectFlags struct{ json, ops, disasm bool }

func modelInspectCommand(env *Env) *cobra.Command {
	var o inspectFlags
	cmd := &cobra.Command{
		Use:   "inspect <file>",
		Short: "Show what a model file holds, and what loading it would ask for",
		Long: `Show the data sheet of a model file: its format, told by the content and not by the name,
its tensors, and what a loader would import, run or render. Known are ` + strings.Join(sheet.Formats(), ", ") + `.

Nothing is executed, imported or deserialized: pickles are followed on paper. --disasm lists
every opcode of every pickle with its offset in its member; the offset of a call is that of
REDUCE, NEWOBJ, OBJ, INST or BUILD. A data sheet is no verdict; that is what scan is for.`,
		Example: "  quintain model inspect model.pt\n  quintain model inspect model.pt --disasm\n  quintain model inspect model.onnx --ops --json",
		Args:    args(cobra.ExactArgs(1)),
		RunE: func(cmd *cobra.Command, a []string) error {
			return runInspect(cmd.Context(), env, &o, a[0])
		},
	}
	f := cmd.Flags()
	f.BoolVar(&o.json, "json", false, "the sheet as JSON")
	f.BoolVar(&o.ops, "ops", false, "list operators, layers and imports, and not the tensors")
	f.BoolVar(&o.disasm, "disasm", false, "list the opcodes of all pickles")
	return cmd
}

func runInspect(ctx context.Context, env *Env, o *inspectFlags, name string) error {
	f, err := regular.Open(name)
	if err != nil {
		return err
	}
	defer f.Close() //nolint:errcheck // only read
	info, err := f.Stat()
	if err != nil {
		return err
	}
	s, err := sheet.Read(ctx, f, info.Size())
	if err != nil {
		return fmt.Errorf("%s: %w", name, err)
	}
	switch {
	case o.json:
		return encode(env, s)
	case o.disasm:
		return writeListings(env, s)
	}
	fmt.Fprintf(env.Stdout, "%s: %s", oneLine(name), s.Format)
	if s.Version != "" {
		fmt.Fprintf(env.Stdout, ", version %s", oneLine(s.Version))
	}
	fmt.Fprintf(env.Stdout, ", %d bytes, %d parameters in %s\n", s.Bytes, s.Parameters, plural(len(s.Tensors), "tensor"))
	if !o.ops {
		if err := writeTensors(env, s); err != nil {
			return err
		}
	}
	return writeDemands(env, s)
}

func plural(n int, noun string) string {
	if n == 1 {
		return "1 " + noun
	}
	return strconv.Itoa(n) + " " + noun + "s"
}

// maxShownTensors is how many tensors are listed for people; JSON has them all.
const maxShownTensors = 200

func writeTensors(env *Env, s *sheet.Sheet) error {
	w := tabwriter.NewWriter(env.Stdout, 0, 0, 2, ' ', 0)
	for i, t := range s.Tensors {
		if i == maxShownTensors {
			fmt.Fprintf(w, "  and %d more, which --json lists\n", len(s.Tensors)-i)
			break
		}
		fmt.Fprintf(w, "  %s\t%s\t%s\n", oneLine(t.Name), oneLine(t.DType), shapeText(t.Shape))
	}
	return w.Flush()
}

func shapeText(shape []int64) string {
	parts := make([]string, len(shape))
	for i, d := range shape {
		parts[i] = strconv.FormatInt(d, 10)
	}
	return "[" + strings.Join(parts, ", ") + "]"
}

// writeDemands shows what a loader is asked to do.
func writeDemands(env *Env, s *sheet.Sheet) error {
	w := tabwriter.NewWriter(env.Stdout, 0, 0, 2, ' ', 0)
	for _, p := range s.Pickles {
		fmt.Fprintf(w, "pickle in %s at 0x%x, protocol %d: imports %d, calls %d\n", oneLine(p.Name()), p.Offset, p.Protocol, len(p.Imports), len(p.Calls))
		for _, im := range p.Imports {
			fmt.Fprintf(w, "  0x%x\t%s\n", im.Offset, oneLine(im.Name))
		}
		if p.Broken != "" {
			fmt.Fprintf(w, "  not followed to its end: %s\n", oneLine(p.Broken))
		}
	}
	counts := func(title string, list []sheet.Count) {
		if len(list) > 0 {
			fmt.Fprintln(w, title)
		}
		for _, c := range list {
			fmt.Fprintf(w, "  %d\t%s\n", c.N, oneLine(c.Name))
		}
	}
	counts("operators that the graph runs", s.Operators)
	counts("classes and functions that the configuration names", s.Layers)
	for _, t := range s.Templates {
		fmt.Fprintf(w, "template %s, which is rendered at every chat\n", oneLine(t.Name))
		for line := range strings.Lines(t.Text) {
			fmt.Fprintf(w, "  | %s\n", oneLine(line))
		}
	}
	for _, at := range s.Outside {
		fmt.Fprintf(w, "numbers that are read from another file: %s\n", oneLine(strconv.Quote(at)))
	}
	for i, m := range s.Members {
		if i == maxShownTensors {
			fmt.Fprintf(w, "and %d more members\n", len(s.Members)-i)
			break
		}
		fmt.Fprintf(w, "member %s\n", oneLine(strconv.Quote(m)))
	}
	return w.Flush()
}

// writeListings lists the opcodes of all pickles.
func writeListings(env *Env, s *sheet.Sheet) error {
	if len(s.Pickles) == 0 {
		fmt.Fprintf(env.Stdout, "there is no pickle in it; its format is %s\n", s.Format)
		return nil
	}
	for _, p := range s.Pickles {
		fmt.Fprintf(env.Stdout, "pickle in %s at 0x%x, protocol %d\n", oneLine(p.Name()), p.Offset, p.Protocol)
		for in, err := range p.Listing() {
			if err != nil {
				fmt.Fprintf(env.Stdout, "  0x%04x  stops here: %s\n", in.Offset, oneLine(err.Error()))
				break
			}
			line := strings.TrimSpace(in.Name + " " + in.Arg)
			if _, err := fmt.Fprintf(env.Stdout, "  0x%04x  %s\n", in.Offset, line); err != nil {
				return err
			}
		}
	}
	return nil
}
