package cli

import (
	"bytes"
	"strconv"
	"strings"

	"quintain/attack/evasion"
	"quintain/internal/regular"
	"quintain/ml/data"
)

// An advRows are the rows of a table, those that an attack turned as it left
// them, in the order of the table.
type advRows struct {
	table  *data.Table
	turned map[int]bool
}

func readAdvRows(name string) (*advRows, error) {
	f, err := regular.Open(name)
	if err != nil {
		return nil, err
	}
	defer f.Close() //nolint:errcheck // only read
	t, err := data.Read(f)
	if err != nil {
		return nil, err
	}
	return &advRows{table: t, turned: make(map[int]bool)}, nil
}

// take keeps what became of a row. Of several attacks that turn it, the first
// counts.
func (r *advRows) take(s evasion.Sample) {
	at := s.Row - 1
	if !s.Success || at < 0 || at >= r.table.Rows() || r.turned[at] || len(s.Values) != len(r.table.Features) {
		return
	}
	r.turned[at] = true
	copy(r.table.Row(at), s.Values)
}

// csv writes the rows so that reading them gives the same numbers again.
func (r *advRows) csv() []byte {
	var out bytes.Buffer
	for _, f := range r.table.Features {
		if strings.ContainsAny(f, "\",\r\n") {
			f = `"` + strings.ReplaceAll(f, `"`, `""`) + `"`
		}
		out.WriteString(f + ",")
	}
	out.WriteString("label\n")
	var cell []byte
	for i, y := range r.table.Y {
		for _, v := range r.table.Row(i) {
			cell = strconv.AppendFloat(cell[:0], float64(v), 'g', -1, 32)
			out.Write(append(cell, ','))
		}
		out.WriteString(strconv.Itoa(int(y)) + "\n")
	}
	return out.Bytes()
}

// keepRows has the rows that attacks turn kept for --adv-out. The function it
// returns writes them, if there is anything to write.
func (o *attackFlags) keepRows(w *wiring) (write func() error, err error) {
	if o.adv == "" {
		return func() error { return nil }, nil
	}
	rows, err := readAdvRows(o.data)
	if err != nil {
		return nil, err
	}
	also, seen := w.evasion.Sample, false
	w.evasion.Sample = func(s evasion.Sample) error {
		seen = true
		rows.take(s)
		if also != nil {
			return also(s)
		}
		return nil
	}
	return func() error {
		if !seen {
			return nil
		}
		return writeFile(o.adv, rows.csv())
	}, nil
}
