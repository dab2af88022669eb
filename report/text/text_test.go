package text_test

import (
	"strings"
	"testing"

	"quintain/report/reporttest"
	"quintain/report/text"
)

func Test(t *testing.T) { reporttest.Run(t, text.Format) }

// A build server that prints the report obeys nothing in it.
func TestNoCommandsForBuildServers(t *testing.T) {
	d := reporttest.Samples(t)["scan"]
	d.Findings[0].Summary = "::error file=x::y"
	d.Findings[0].Evidence[0].Excerpt = "\n::set-output name=a::b\n##[error]c\n"
	d.Gate.Reasons = []string{"##[command]x", "a " + strings.Repeat("b", 86) + " ::warning::wrapped to the start"}
	got := string(reporttest.Render(t, text.Format, d))
	for line := range strings.Lines(got) {
		if strings.HasPrefix(strings.TrimSpace(line), "::") || strings.Contains(line, "##[") {
			t.Errorf("a command: %q", line)
		}
	}
	for _, want := range []string{`\x3a:error`, `::set-output`, `#\x23[error]`} {
		if !strings.Contains(got, want) {
			t.Errorf("the report lacks %s:\n%s", want, got)
		}
	}
}

// Lines stay within 100 columns, apart from commands.
func TestWidth(t *testing.T) {
	for name, d := range reporttest.Samples(t) {
		for line := range strings.Lines(string(reporttest.Render(t, text.Format, d))) {
			if n := len([]rune(line)); n > 100 && !strings.Contains(line, "$ ") && name != "hostile" {
				t.Errorf("%s: %d columns: %s", name, n, line)
			}
		}
	}
}
