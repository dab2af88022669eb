package markdown_test

import (
	"regexp"
	"strings"
	"testing"

	"quintain/report/markdown"
	"quintain/report/reporttest"
)

func Test(t *testing.T) { reporttest.Run(t, markdown.Format) }

// Nothing that a run quotes becomes markup, a link or a mention.
func TestHostileTextIsText(t *testing.T) {
	got := string(reporttest.Render(t, markdown.Format, reporttest.Samples(t)["hostile"]))
	own := regexp.MustCompile(`<!-- -->|<br>|</?(details|summary|sub|code)>|\\[[:punct:]]`)
	for _, bad := range []string{"<", "](", "![", "://", "@e", "**b", "`"} {
		if i := strings.Index(strings.ReplaceAll(own.ReplaceAllString(got, "·"), "**This run broke off", ""), bad); i >= 0 {
			t.Errorf("%q is live in the output", bad)
		}
	}
	for i, line := range strings.Split(got, "\n") {
		if !strings.HasPrefix(line, "|") {
			continue
		}
		if n := strings.Count(strings.ReplaceAll(line, `\|`, ""), "|"); n != 5 {
			t.Errorf("line %d: a row with %d bars, want 5: %s", i+1, n, line)
		}
	}
}

// A comment has a limit of 65536 characters.
func TestFitsIntoAComment(t *testing.T) {
	d := reporttest.Samples(t)["hostile"]
	for range 5 {
		d.Threats = append(d.Threats, d.Threats...)
		d.Gate.Reasons = append(d.Gate.Reasons, d.Gate.Reasons...)
	}
	if n := len([]rune(string(reporttest.Render(t, markdown.Format, d)))); n > 65536 {
		t.Errorf("a run with %d threats gives a comment of %d characters", len(d.Threats), n)
	}
}
