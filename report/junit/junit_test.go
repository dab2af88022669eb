package junit_test

import (
	"encoding/xml"
	"testing"

	"github.com/google/go-cmp/cmp"

	"quintain/report/junit"
	"quintain/report/reporttest"
)

func Test(t *testing.T) { reporttest.Run(t, junit.Format) }

type file struct {
	Tests    int `xml:"tests,attr"`
	Failures int `xml:"failures,attr"`
	Errors   int `xml:"errors,attr"`
	Skipped  int `xml:"skipped,attr"`
	Suites   []struct {
		Name  string `xml:"name,attr"`
		Tests int    `xml:"tests,attr"`
		Cases []struct {
			Name    string    `xml:"name,attr"`
			Failure *struct{} `xml:"failure"`
			Error   *struct{} `xml:"error"`
			Skipped *struct{} `xml:"skipped"`
		} `xml:"testcase"`
	} `xml:"testsuite"`
}

// Nothing without a verdict is a pass.
func TestCounts(t *testing.T) {
	want := map[string][4]int{ // tests, failures, errors, skipped
		"assess":      {9, 2, 3, 2}, // one loose finding passes, one threat resists
		"interrupted": {4, 1, 3, 0},
		"scan":        {4, 1, 1, 1},
		"attack":      {2, 1, 1, 0},
		"folder":      {23, 1, 3, 12},
		"probe":       {1, 0, 0, 0},
		"undecided":   {3, 0, 1, 2},
		"hostile":     {10, 2, 4, 3}, // finding 4 is loose
	}
	got := make(map[string][4]int)
	for name, d := range reporttest.Samples(t) {
		var f file
		if err := xml.Unmarshal(reporttest.Render(t, junit.Format, d), &f); err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		got[name] = [4]int{f.Tests, f.Failures, f.Errors, f.Skipped}
		var counted [4]int
		for _, s := range f.Suites {
			if s.Tests != len(s.Cases) {
				t.Errorf("%s: suite %q says %d tests, has %d", name, s.Name, s.Tests, len(s.Cases))
			}
			for _, c := range s.Cases {
				counted[0]++
				switch {
				case c.Failure != nil:
					counted[1]++
				case c.Error != nil:
					counted[2]++
				case c.Skipped != nil:
					counted[3]++
				}
			}
		}
		if counted != got[name] {
			t.Errorf("%s: says %v, has %v", name, got[name], counted)
		}
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("tests, failures, errors, skipped (-want +got):\n%s", diff)
	}
}
