package cli

import (
	"bytes"
	"encoding/csv"
	"fmt"
	"io"
	"slices"
	"strconv"
	"strings"

	"quintain/ml"
	"quintain/ml/data"
)

// planFlags say where changed rows go.
type planFlags struct{ plan, output string }

func (f *planFlags) check() error {
	if f.plan == "" && f.output == "" {
		return hint(usagef("nowhere to write to"), "--plan plan.csv writes what changes, -o rows.csv the rows as they are then")
	}
	return nil
}

// write writes a plan, or the rows as it leaves them, or both.
func (f *planFlags) write(w io.Writer, t *data.Table, p *data.Plan) error {
	for _, file := range []struct {
		name string
		make func(io.Writer) error
	}{
		{f.plan, func(w io.Writer) error { return p.Write(w, t.Features) }},
		{f.output, func(w io.Writer) error {
			rows, kept := p.Apply(t.Batch())
			if t.Text != nil {
				return writeTexts(w, t, rows, kept)
			}
			return writeRows(w, t.Features, rows)
		}},
	} {
		if file.name == "" {
			continue
		}
		var b bytes.Buffer
		if err := file.make(&b); err != nil {
			return err
		}
		if err := writeFile(file.name, b.Bytes()); err != nil {
			return err
		}
	}
	dropped := 0
	for _, e := range p.Edits {
		if e.Label == data.Drop {
			dropped++
		}
	}
	_, err := fmt.Fprintf(w, "%d of %d rows changed (%.3g %%), %d of them dropped\n",
		len(p.Edits), t.Rows(), 100*float64(len(p.Edits))/float64(max(t.Rows(), 1)), dropped)
	return err
}

// writeRows writes labeled rows as CSV.
func writeRows(w io.Writer, features []string, b ml.Batch) error {
	var out bytes.Buffer
	for _, name := range features {
		out.WriteString(csvCell(name) + ",")
	}
	out.WriteString("label\n")
	var line []byte
	for i := range b.Rows() {
		line = line[:0]
		for _, v := range b.Row(i) {
			line = append(strconv.AppendFloat(line, float64(v), 'g', -1, 32), ',')
		}
		out.Write(append(strconv.AppendInt(line, int64(b.Y[i]), 10), '\n'))
	}
	_, err := w.Write(out.Bytes())
	return err
}

// writeTexts writes labeled texts as CSV, with the columns of numbers beside
// them: rows are those of t that were kept, as they are now.
func writeTexts(w io.Writer, t *data.Table, rows ml.Batch, kept []int) error {
	out := csv.NewWriter(w)
	numbers := len(t.Features) - t.Words
	if err := out.Write(append(slices.Clone(t.Features[:numbers]), "text", "label")); err != nil {
		return err
	}
	for i, from := range kept {
		var record []string
		for _, v := range rows.Row(i)[:numbers] {
			record = append(record, strconv.FormatFloat(float64(v), 'g', -1, 32))
		}
		if err := out.Write(append(record, t.Text[from], strconv.Itoa(int(rows.Y[i])))); err != nil {
			return err
		}
	}
	out.Flush()
	return out.Error()
}

// csvCell quotes a name where CSV wants it.
func csvCell(name string) string {
	if strings.ContainsAny(name, ",\"\r\n") {
		return `"` + strings.ReplaceAll(name, `"`, `""`) + `"`
	}
	return name
}

// column finds a feature by name.
func column(t *data.Table, name string) (int, error) {
	at := slices.Index(t.Features, name)
	if at < 0 {
		return 0, hint(usagef("no column is called %q", name), "the columns are %s", strings.Join(t.Features[:min(len(t.Features), 12)], ", "))
	}
	return at, nil
}

// equals reads COLUMN=VALUE, where the column may be "label", and returns
// whether a row has it.
func equals(t *data.Table, s string) (func(row int) bool, error) {
	name, text, ok := strings.Cut(s, "=")
	v, err := strconv.ParseFloat(text, 32)
	if !ok || err != nil {
		return nil, usagef("%q, want a column and a number such as annotator=5", s)
	}
	if name == "label" {
		return func(row int) bool { return float64(t.Y[row]) == v }, nil
	}
	at, err := column(t, name)
	if err != nil {
		return nil, err
	}
	return func(row int) bool { return t.Row(row)[at] == float32(v) }, nil
}
