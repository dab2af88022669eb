// Package json writes a run as the JSON that can be read again.
package json

import (
	"io"
	"slices"

	"quintain"
	"quintain/report"
)

// Format writes the whole document; every other format can be made from it.
var Format = &report.Format{
	Name:  "json",
	Doc:   "the whole run, to be kept and read again; quintain report --schema describes it",
	Write: write,
}

func write(w io.Writer, d *report.Document) error { return report.WriteJSON(w, whole(d)) }

// whole returns d with its lists never nil, so that they are written as lists.
func whole(d *report.Document) *report.Document {
	c := *d
	c.Command = list(c.Command)
	c.Findings = list(c.Findings)
	c.Threats = slices.Clone(c.Threats)
	for i := range c.Threats {
		t := &c.Threats[i]
		t.Elements = list(t.Elements)
		t.Techniques = list[quintain.Technique](t.Techniques)
	}
	return &c
}

func list[T any](s []T) []T {
	if s == nil {
		return []T{}
	}
	return s
}
