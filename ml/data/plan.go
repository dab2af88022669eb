package data

import (
	"encoding/csv"
	"errors"
	"fmt"
	"io"
	"math"
	"slices"
	"strconv"

	"quintain/ml"
)

// A Plan says how to change the rows of a table: which get another label or
// other values, and which are dropped. It is small where the table is large,
// so that people can read it, argue about it, and keep it as a record.
//
// As a file it is CSV. The column "row" counts rows from 1, without the line of
// names; "label" holds a class, "drop", or nothing; all other columns are
// features, where nothing means as before.
type Plan struct{ Edits []Edit }

// An Edit changes one row.
type Edit struct {
	Row   int   // from 0
	Label int32 // the new one; [Keep] or [Drop]
	Cells []Cell
}

// A Cell is a feature that gets a value.
type Cell struct {
	Feature int
	Value   float32
}

// What the label of an [Edit] may be besides a class.
const (
	Keep int32 = -1
	Drop int32 = -2
)

// dropped is [Drop] as a file has it.
const dropped = "drop"

// ReadPlan reads a plan for a table with the given features and number of rows.
// An error names the line, and wraps [ErrFormat] unless r failed.
func ReadPlan(r io.Reader, features []string, rows int) (*Plan, error) {
	in := csv.NewReader(r)
	in.ReuseRecord = true
	head, err := in.Read()
	if errors.Is(err, io.EOF) {
		return nil, fmt.Errorf("%w: a plan begins with a line such as row,label", ErrFormat)
	}
	if err != nil {
		return nil, asFormat(err)
	}
	columns, err := planColumns(slices.Clone(head), features)
	if err != nil {
		return nil, err
	}
	p, seen := &Plan{}, make(map[int]bool)
	for {
		record, err := in.Read()
		if errors.Is(err, io.EOF) {
			return p, nil
		}
		if err != nil {
			return nil, asFormat(err)
		}
		line, _ := in.FieldPos(0)
		e, err := readEdit(record, columns, rows)
		if err == nil && seen[e.Row] {
			err = fmt.Errorf("row %d is there twice", e.Row+1)
		}
		if err != nil {
			return nil, fmt.Errorf("%w: line %d: %w", ErrFormat, line, err)
		}
		seen[e.Row] = true
		p.Edits = append(p.Edits, e)
	}
}

// asFormat marks what is wrong with the bytes, and leaves other errors alone.
func asFormat(err error) error {
	if _, ok := errors.AsType[*csv.ParseError](err); ok {
		return fmt.Errorf("%w: %w", ErrFormat, err)
	}
	return err
}

// What a column of a plan is, if it is no feature.
const (
	rowColumn   = -1
	labelColumn = -2
)

func planColumns(head, features []string) ([]int, error) {
	at := make(map[string]int, len(features)+2)
	for i, f := range features {
		at[f] = i
	}
	at["row"], at["label"] = rowColumn, labelColumn
	out, seen := make([]int, len(head)), make(map[string]bool)
	for i, name := range head {
		c, ok := at[name]
		switch {
		case !ok:
			return nil, fmt.Errorf("%w: the plan has a column %q, and the rows have not", ErrFormat, name)
		case seen[name]:
			return nil, fmt.Errorf("%w: two columns are called %q", ErrFormat, name)
		}
		seen[name], out[i] = true, c
	}
	if !seen["row"] {
		return nil, fmt.Errorf("%w: the plan has no column \"row\"", ErrFormat)
	}
	return out, nil
}

func readEdit(record []string, columns []int, rows int) (Edit, error) {
	e := Edit{Label: Keep}
	for i, s := range record {
		switch c := columns[i]; {
		case c == rowColumn:
			n, err := strconv.Atoi(s)
			if err != nil || n < 1 || n > rows {
				return e, fmt.Errorf("row %q, want a number from 1 to %d", s, rows)
			}
			e.Row = n - 1
		case s == "":
		case c == labelColumn && s == dropped:
			e.Label = Drop
		case c == labelColumn:
			n, err := strconv.ParseInt(s, 10, 32)
			if err != nil || n < 0 {
				return e, fmt.Errorf("label %q, want a class, %q or nothing", s, dropped)
			}
			e.Label = int32(n)
		default:
			v, err := strconv.ParseFloat(s, 32)
			if err != nil || math.IsNaN(v) || math.IsInf(v, 0) {
				return e, fmt.Errorf("value %q is no number", s)
			}
			e.Cells = append(e.Cells, Cell{c, float32(v)})
		}
	}
	return e, nil
}

// Write writes the plan as [ReadPlan] reads it.
func (p *Plan) Write(w io.Writer, features []string) error {
	used := make(map[int]int) // feature to column
	var order []int
	for _, e := range p.Edits {
		for _, c := range e.Cells {
			if _, ok := used[c.Feature]; !ok {
				used[c.Feature] = 0
				order = append(order, c.Feature)
			}
		}
	}
	slices.Sort(order)
	head := []string{"row", "label"}
	for _, f := range order {
		used[f] = len(head)
		head = append(head, features[f])
	}
	out := csv.NewWriter(w)
	if err := out.Write(head); err != nil {
		return err
	}
	for _, e := range p.Edits {
		record := make([]string, len(head))
		record[0] = strconv.Itoa(e.Row + 1)
		switch {
		case e.Label == Drop:
			record[1] = dropped
		case e.Label >= 0:
			record[1] = strconv.Itoa(int(e.Label))
		}
		for _, c := range e.Cells {
			record[used[c.Feature]] = strconv.FormatFloat(float64(c.Value), 'g', -1, 32)
		}
		if err := out.Write(record); err != nil {
			return err
		}
	}
	out.Flush()
	return out.Error()
}

// Apply returns the rows of b as the plan leaves them, and which of b they are.
// The plan must be one for rows such as these; b stays as it is.
func (p *Plan) Apply(b ml.Batch) (ml.Batch, []int) {
	out := b.Clone()
	gone := make(map[int]bool)
	for _, e := range p.Edits {
		for _, c := range e.Cells {
			out.Row(e.Row)[c.Feature] = c.Value
		}
		if e.Label >= 0 {
			out.Y[e.Row] = e.Label
		}
		gone[e.Row] = e.Label == Drop
	}
	var kept []int
	for i := range b.Rows() {
		if !gone[i] {
			kept = append(kept, i)
		}
	}
	if len(kept) < b.Rows() {
		out = out.Pick(kept)
	}
	return out, kept
}
