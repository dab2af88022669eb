package cli

import (
	"cmp"
	"fmt"
	"io"
	"slices"
	"strconv"
	"strings"
	"text/tabwriter"

	"quintain/lab"
	"quintain/ml/diff"
)

// maxShownChanges and maxShownUnits are how many lines a list has for people;
// JSON has them all.
const (
	maxShownChanges = 40
	maxShownUnits   = 64
)

func (c *comparison) write(out io.Writer, o *diffFlags) error {
	w := tabwriter.NewWriter(out, 0, 0, 2, ' ', 0)
	for _, m := range []struct {
		when string
		modelFile
	}{{"before", c.Before}, {"after", c.After}} {
		fmt.Fprintf(w, "%s\t%s\t%s\t%d parameters\n", m.when, oneLine(m.File), m.Digest.Short(), m.Parameters)
	}
	if err := w.Flush(); err != nil {
		return err
	}
	switch {
	case c.Identical:
		fmt.Fprintln(out, "\nidentical, byte for byte")
	case c.Same:
		fmt.Fprintln(out, "\nthe files differ; they compute the same with the same numbers")
	}
	if !c.Identical {
		c.writeGraph(out)
	}
	if !c.Same {
		if err := c.writeTensors(w); err != nil {
			return err
		}
		for i := range c.Layers {
			if err := c.writeLayer(w, i, o.all); err != nil {
				return err
			}
		}
		if c.Omitted > 0 {
			fmt.Fprintf(out, "\n%s more, which are too large to compare unit by unit\n", plural(c.Omitted, "layer"))
		}
	}
	if c.Behavior != nil {
		return c.writeBehavior(w, o.data)
	}
	return nil
}

// writeGraph says how the structure differs.
func (c *comparison) writeGraph(out io.Writer) {
	g := &c.Graph
	if g.Same() {
		var ops []string
		for _, op := range g.Operators {
			ops = append(ops, fmt.Sprintf("%d %s", op.Counts[0], oneLine(op.Name)))
		}
		fmt.Fprintf(out, "\ngraph: the same %s (%s)\n", plural(g.Nodes[0], "node"), strings.Join(ops, ", "))
		return
	}
	fmt.Fprintf(out, "\ngraph: %d nodes before, %d after, and they differ\n", g.Nodes[0], g.Nodes[1])
	if g.Opset[0] != g.Opset[1] {
		fmt.Fprintf(out, "  ~ operators of version %d, and now %d\n", g.Opset[0], g.Opset[1])
	}
	for i, ch := range g.Changes {
		if i == maxShownChanges {
			fmt.Fprintf(out, "  and %d more, which --json lists\n", len(g.Changes)-i)
			return
		}
		name := strings.TrimSpace(ch.Op + " " + ch.Name)
		switch ch.Kind {
		case diff.Removed:
			fmt.Fprintf(out, "  - node %d, %s\n", ch.Before, oneLine(name))
		case diff.Added:
			fmt.Fprintf(out, "  + node %d, %s\n", ch.After, oneLine(name))
		case diff.Port:
			fmt.Fprintf(out, "  ~ %s has another shape\n", ch.What)
		case diff.Attribute:
			fmt.Fprintf(out, "  ~ node %d, %s: another %s\n", ch.After, oneLine(name), oneLine(strconv.Quote(ch.What)))
		case diff.Wiring:
			if ch.Op == "" {
				fmt.Fprintf(out, "  ~ %s comes from elsewhere\n", ch.What)
			} else {
				fmt.Fprintf(out, "  ~ node %d, %s: %s comes from elsewhere\n", ch.After, oneLine(name), ch.What)
			}
		}
	}
}

// writeTensors lists what changed of the constants.
func (c *comparison) writeTensors(w *tabwriter.Writer) error {
	fmt.Fprintln(w)
	changed, shown := 0, 0
	for i := range c.Tensors {
		t := &c.Tensors[i]
		if t.Both() && t.Changed == 0 {
			continue
		}
		if changed++; changed == 1 {
			fmt.Fprintln(w, "TENSOR\tSHAPE\tCHANGED\tNORM\tCHANGE\tLARGEST")
		}
		if shown == maxShownTensors {
			continue
		}
		shown++
		name, shape := t.Before, dimensions(t.Shape)
		switch {
		case t.After == "":
			fmt.Fprintf(w, "%s\t%s\tonly before\n", oneLine(name), shape)
			continue
		case t.Before == "":
			fmt.Fprintf(w, "%s\t%s\tonly after\n", oneLine(t.After), shape)
			continue
		case t.After != t.Before:
			name += " (now " + t.After + ")"
		}
		fmt.Fprintf(w, "%s\t%s\t%d of %d\t%s\t%s\t%s at %s", oneLine(name), shape, t.Changed, t.Values, lab.Number(t.Norm), lab.Number(t.Change), lab.Number(t.Largest), dimensions(t.At))
		if t.NotFinite > 0 {
			fmt.Fprintf(w, ", and %d that are no finite numbers", t.NotFinite)
		}
		fmt.Fprintln(w)
	}
	if err := w.Flush(); err != nil {
		return err
	}
	if changed > shown {
		fmt.Fprintf(w, "and %d more, which --json lists\n", changed-shown)
	}
	if same := len(c.Tensors) - changed; same > 0 {
		fmt.Fprintf(w, "%s did not change\n", plural(same, "tensor"))
	}
	return w.Flush()
}

func dimensions(d []int) string {
	wide := make([]int64, len(d))
	for i, n := range d {
		wide[i] = int64(n)
	}
	return shapeText(wide)
}

// writeLayer lists the units of a layer that stand out, or all.
func (c *comparison) writeLayer(w *tabwriter.Writer, i int, all bool) error {
	l := &c.Layers[i]
	var units []*diff.Unit
	odd, moved := 0, false
	for k := range l.Units {
		u := &l.Units[k]
		moved = moved || u.Change() > 0
		if u.Odd {
			odd++
		}
		if u.Odd || all {
			units = append(units, u)
		}
	}
	if !moved && !all {
		return nil
	}
	what := "units"
	if l.Last {
		what = "logits"
	}
	stand := fmt.Sprintf("%d stand out", odd)
	switch odd {
	case 0:
		stand = "none stands out"
	case 1:
		stand = "1 stands out"
	}
	fmt.Fprintf(w, "\nlayer %s, %d %s: median change %s, %s\n", oneLine(l.Weights), len(l.Units), what, lab.Number(l.Median), stand)
	if err := w.Flush(); err != nil || len(units) == 0 {
		return err
	}
	if !all {
		slices.SortStableFunc(units, func(a, b *diff.Unit) int { return cmp.Compare(b.Score, a.Score) })
	}
	head := "UNIT\tIN\tOUT\tSCORE\t"
	if units[0].Activity != nil {
		head += "MEAN BEFORE\tAFTER\tFIRES BEFORE\tAFTER\t"
	}
	fmt.Fprintln(w, head+"READS")
	for k, u := range units {
		if k == maxShownUnits && !all {
			fmt.Fprintf(w, "and %d more, which --all lists\n", len(units)-k)
			break
		}
		fmt.Fprintf(w, "%d\t%s\t%s\t%.1f\t", u.Index, lab.Number(u.In), lab.Number(u.Out), u.Score)
		if a := u.Activity; a != nil {
			fmt.Fprintf(w, "%s\t%s\t%.1f %%\t%.1f %%\t", lab.Number(a.Mean[0]), lab.Number(a.Mean[1]), 100*a.Fires[0], 100*a.Fires[1])
		}
		fmt.Fprintln(w, c.reads(i, u))
	}
	return w.Flush()
}

// reads names the inputs that a unit reads, with the signs of its weights. The
// first layer reads features, which may have names.
func (c *comparison) reads(layer int, u *diff.Unit) string {
	var names []string
	for _, in := range u.Inputs {
		name := strconv.Itoa(in.Index)
		if layer == 0 && in.Index < len(c.features) {
			name = oneLine(c.features[in.Index])
		}
		sign := "+"
		if in.Weight < 0 {
			sign = "-"
		}
		names = append(names, sign+name)
	}
	if u.Reads > len(names) {
		return plural(u.Reads, "input")
	}
	return fmt.Sprintf("%s: %s", plural(u.Reads, "input"), strings.Join(names, " "))
}

// writeBehavior says what both models make of the rows.
func (c *comparison) writeBehavior(w *tabwriter.Writer, name string) error {
	b := c.Behavior
	differ := lab.Reading{Value: b.Disagree.Value, Low: b.Disagree.Low, High: b.Disagree.High, Trials: b.Rows}
	fmt.Fprintf(w, "\n%s, %s: the models disagree on %s\n", oneLine(name), plural(b.Rows, "row"), lab.Value(differ))
	fmt.Fprintf(w, "accuracy %s before, %s after\n\n", lab.Value(lab.Rate(b.Right[0], b.Rows, 0)), lab.Value(lab.Rate(b.Right[1], b.Rows, 0)))
	fmt.Fprintln(w, "CLASS\tROWS\tDISAGREE\tRIGHT BEFORE\tAFTER\tANSWERED BEFORE\tAFTER")
	for _, cl := range b.Classes {
		fmt.Fprintf(w, "%d\t%d\t%d\t%d\t%d\t%d\t%d\n", cl.Label, cl.Rows, cl.Disagree, cl.Right[0], cl.Right[1], cl.Answers[0], cl.Answers[1])
	}
	return w.Flush()
}
