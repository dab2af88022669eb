package json_test

import (
	"strings"
	"testing"

	"quintain/report"
	"quintain/report/json"
	"quintain/report/reporttest"
)

// The golden of a sample is the sample: reading and writing loses nothing.
func Test(t *testing.T) { reporttest.Run(t, json.Format) }

// Readers in other languages find lists where the schema promises them.
func TestListsAreNeverNull(t *testing.T) {
	d := &report.Document{Threats: []report.Threat{{ID: "x"}}}
	if got := string(reporttest.Render(t, json.Format, d)); strings.Contains(got, "null") {
		t.Errorf("null in %s", got)
	}
	if d.Findings != nil || d.Threats[0].Elements != nil {
		t.Error("writing a document changed it")
	}
}
