package html_test

import (
	"bytes"
	"crypto/sha256"
	"encoding/base64"
	"encoding/xml"
	"errors"
	"io"
	"regexp"
	"slices"
	"strings"
	"testing"

	"quintain/report/html"
	"quintain/report/reporttest"
)

func Test(t *testing.T) { reporttest.Run(t, html.Format) }

var (
	styles  = regexp.MustCompile(`(?s)<style>(.*?)</style>`)
	scripts = regexp.MustCompile(`(?s)<script>(.*?)</script>`)
	policy  = regexp.MustCompile(`<meta http-equiv="Content-Security-Policy" content="([^"]*)">`)
)

// The page consists of what the templates consist of, whatever the run says:
// no element and no attribute comes from data.
func TestNothingLiveFromData(t *testing.T) {
	allowed := strings.Fields("html head meta title link style body svg symbol path circle use g rect line text a header div span nav ul ol li main section h1 h2 h3 p code pre table caption thead tbody tr th td figure figcaption details summary dl dt dd article strong b i button footer script")
	for name, d := range reporttest.Samples(t) {
		page := reporttest.Render(t, html.Format, d)
		if n, m := len(styles.FindAll(page, -1)), len(scripts.FindAll(page, -1)); n != 1 || m != 1 {
			t.Errorf("%s: %d styles and %d scripts, want one of each", name, n, m)
		}
		page = scripts.ReplaceAll(styles.ReplaceAll(page, nil), nil)
		dec := xml.NewDecoder(bytes.NewReader(page))
		dec.Strict, dec.AutoClose, dec.Entity = false, xml.HTMLAutoClose, xml.HTMLEntity
		for {
			tok, err := dec.RawToken()
			if errors.Is(err, io.EOF) {
				break
			}
			if err != nil {
				t.Fatalf("%s: %v", name, err)
			}
			e, ok := tok.(xml.StartElement)
			if !ok {
				continue
			}
			if !slices.Contains(allowed, e.Name.Local) {
				t.Errorf("%s: element %q", name, e.Name.Local)
			}
			for _, a := range e.Attr {
				attr := strings.ToLower(a.Name.Local)
				link := attr == "href" || attr == "src" || attr == "xlink" || attr == "action"
				switch {
				case strings.HasPrefix(attr, "on") || attr == "style" || attr == "srcdoc":
					t.Errorf("%s: attribute %s of %s", name, attr, e.Name.Local)
				case link && !strings.HasPrefix(a.Value, "#") && !strings.HasPrefix(a.Value, "https://") && !strings.HasPrefix(a.Value, "data:image/svg+xml;base64,"):
					t.Errorf("%s: link to %q", name, a.Value)
				case link && strings.Contains(a.Value, "evil"):
					t.Errorf("%s: link to %q, which the run made up", name, a.Value)
				}
			}
		}
	}
}

// The policy names the very bytes of the style and the script.
func TestPolicyNamesTheBytes(t *testing.T) {
	page := reporttest.Render(t, html.Format, reporttest.Samples(t)["hostile"])
	m := policy.FindSubmatch(page)
	if m == nil {
		t.Fatal("no policy")
	}
	got := strings.NewReplacer("&#39;", "'", "&#43;", "+", "&#34;", `"`).Replace(string(m[1]))
	hash := func(re *regexp.Regexp) string {
		sum := sha256.Sum256(re.FindSubmatch(page)[1])
		return "'sha256-" + base64.StdEncoding.EncodeToString(sum[:]) + "'"
	}
	want := "default-src 'none'; style-src " + hash(styles) + "; script-src " + hash(scripts) + "; img-src data:; base-uri 'none'; form-action 'none'"
	if got != want {
		t.Errorf("policy\n got %s\nwant %s", got, want)
	}
	if bytes.Index(page, m[0]) > 200 {
		t.Error("the policy is not at the top of the page")
	}
}

// The verdict is said in words, and a run that broke off says so first.
func TestVerdictInWords(t *testing.T) {
	for sample, want := range map[string]string{
		"assess": "Gate failed", "probe": "Gate passed", "interrupted": "Incomplete", "undecided": "Undecided",
	} {
		page := string(reporttest.Render(t, html.Format, reporttest.Samples(t)[sample]))
		if !strings.Contains(page, `<h2 id="verdict">`+want+`</h2>`) {
			t.Errorf("%s: the page does not say %q", sample, want)
		}
		if got, want := strings.Contains(page, "not the whole picture"), sample == "interrupted"; got != want {
			t.Errorf("%s: says that it is not the whole picture: %v, want %v", sample, got, want)
		}
	}
}

// Every measure is drawn, and printed with interval, trials and seed.
func TestMeasures(t *testing.T) {
	page := string(reporttest.Render(t, html.Format, reporttest.Samples(t)["probe"]))
	for _, want := range []string{
		`attack success rate <b>0</b> <span class="soft">95% interval 0 to 0.0377, clopper-pearson, 96 trials, seed 7</span>`,
		`attack success rate <b>0.74</b> <span class="soft">95% interval 0.64 to 0.824, clopper-pearson, 96 trials, seed 7</span>`, // of the control
		`<rect class="band" x="8" y="7" width="10" height="10"`,                                                                    // 0.0377 of 264
	} {
		if !strings.Contains(page, want) {
			t.Errorf("the page lacks %s", want)
		}
	}
	if n := strings.Count(page, `<figure class="chart">`); n != 2 {
		t.Errorf("%d charts, want 2", n)
	}
}

// A finding and a transcript are shown once and pointed to afterwards.
func TestShownOnce(t *testing.T) {
	d := reporttest.Samples(t)["assess"]
	d.Threats[1].Findings = []int{2, 4}
	page := string(reporttest.Render(t, html.Format, d))
	for _, id := range []string{`id="f-2"`, `id="b-a53e6382147a"`} {
		if n := strings.Count(page, id); n != 1 {
			t.Errorf("%s occurs %d times", id, n)
		}
	}
	if !strings.Contains(page, `<a href="#f-2">`) {
		t.Error("the second threat does not point to the finding")
	}
}
