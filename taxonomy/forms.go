package taxonomy

import (
	"fmt"
	"regexp"
	"strings"
)

// A form is how references to a framework are written, loosely. The pattern is
// tried where a word begins with one of the prefixes, in any case.
type form struct {
	prefixes []string
	re       *regexp.Regexp
	check    func(l *linter, i int, g *groups) int
}

// read reads a reference at i and returns its length, or 0 if there is none.
func (f *form) read(l *linter, i int) int {
	if g := l.match(f, i); g != nil {
		return f.check(l, i, g)
	}
	return 0
}

// release is how a release of ATLAS is written.
const release = `v?(\d{1,4}(?:\.\d{1,2}){1,2})`

var owaspForm = regexp.MustCompile(`(?i)^(OWASP[ \-_./:]+(?:TOP[ \-]?10[ \-_/:]+)?)?(LLM|ML|ASI|DSGAI)([ \-_]?)(\d{1,2})` +
	`(?:([:\-_/ @.])(20\d\d)|( ?\(v?(20\d\d)\)))?(?:[^0-9A-Za-z_%+=]|$)`)

var forms = []form{
	{
		[]string{"AML", "ATLAS"},
		regexp.MustCompile(`(?i)^(ATLAS(?:[ @:]+` + release + `)?[ :_-]+)?(AML[.\-_ ]?)?` +
			`(TA|T|M)(\d{1,5})(?:\.(\d{1,4})|[\-_](\d{3}))?(?:@` + release + `)?(?:[^0-9A-Za-z_]|$)`),
		checkATLAS,
	},
	{
		[]string{"OWASP", "LLM", "ML", "ASI", "DSGAI"},
		owaspForm,
		checkOWASP,
	},
	{
		[]string{"NIST"},
		regexp.MustCompile(`(?i)^NIST[ \-_.]?AML[ \-_.](\d{2,3})(?:[^0-9A-Za-z_]|$)`),
		checkNIST,
	},
	{
		[]string{"GOVERN", "MAP", "MEASURE", "MANAGE"},
		regexp.MustCompile(`^((?:GOVERN|MAP|MEASURE|MANAGE) \d{1,2}(?:\.\d{1,2})?)(?:\.?[^0-9A-Za-z_.%]|\.?$)`),
		checkRMF,
	},
	{
		[]string{"AID-"},
		regexp.MustCompile(`^(AID-(?:M|H|D|I|DV|E|R)-\d{3}(?:\.\d{3})?)(?:[^0-9A-Za-z_]|$)`),
		checkAIDEFEND,
	},
}

// end returns where the last of some groups ends.
func (g *groups) end(groups ...int) int {
	n := 0
	for _, i := range groups {
		n = max(n, g.at[2*i+1])
	}
	return n
}

// checkATLAS checks "AML.T0051.001", also with a release, as in "ATLAS 2026.07
// AML.T0051" and "AML.T0051@2026.07", and what comes close to it.
func checkATLAS(l *linter, i int, g *groups) int {
	release, prefix := g.get(2)+g.get(8), g.get(3)
	if prefix == "" && g.get(1) == "" {
		return 0
	}
	id := "AML." + strings.ToUpper(g.get(4)) + fmt.Sprintf("%04s", g.get(5))
	if sub := g.get(6) + g.get(7); sub != "" {
		id += fmt.Sprintf(".%03s", sub)
	}
	start, n := i, g.end(1, 3, 5, 6, 7, 8)
	if prefix != "" {
		start += g.at[6]
	}
	end := i + g.end(5, 6, 7)
	written := string(l.text[start:end])
	e, ok := l.set.entries[id]
	switch dotted := strings.HasSuffix(prefix, "."); {
	case !ok && !dotted, written == strings.ToLower(written) && !dotted:
		return 0 // not written like a reference, and none
	case !ok:
		l.unknownATLAS(id, release, start, i+n)
		return n
	}
	if release != "" && !l.checkRelease(e, release, start) {
		return n
	}
	switch {
	case e.Retired:
		hint := "it has no successor"
		if e.Successor != "" {
			hint = "use " + l.set.plain(e.Successor)
		}
		l.report(start, KindRetired, hint, "%s %q was retired in ATLAS %s", id, e.Name, l.set.history[id].gone)
	case written != id:
		l.report(start, KindSpelling, "write "+id, "%q is not how %s is written", written, id)
	}
	l.checkName(e, start, i+n)
	return n
}

func (l *linter) unknownATLAS(id, release string, start, end int) {
	kind := atlasKind(id)
	hint := l.nameHint(Entry{Framework: ATLAS, Kind: kind}, start, end, l.set.Candidates(id))
	if release != "" && compareVersions(release, l.set.atlas) > 0 {
		hint = "the data ends with ATLAS " + l.set.atlas + "; it can be updated from a file"
	}
	l.report(start, KindUnknown, hint, "%s is in no release of ATLAS up to %s", id, l.set.atlas)
}

// checkRelease reports whether a release has the entry, as far as is known.
func (l *linter) checkRelease(e Entry, release string, start int) bool {
	if compareVersions(release, l.set.atlas) > 0 {
		return true // nothing is known of it
	}
	p := l.set.history[e.ID]
	switch _, ok := p.at(release); {
	case !knownRelease(release) && release != l.set.atlas:
		l.report(start, KindEdition, "the data is of ATLAS "+l.set.atlas, "ATLAS has no release %q", release)
	case !ok && compareVersions(release, p.since()) < 0:
		l.report(start, KindEdition, "", "%s is newer than ATLAS %s, it came with %s", e.ID, release, p.since())
	default:
		return true
	}
	return false
}

// checkOWASP checks "LLM01:2025" and its like. Other spellings are taken for
// references if they have an edition or the word OWASP before them.
func checkOWASP(l *linter, i int, g *groups) int {
	owasp, list, sep, digits, edition := g.get(1), g.get(2), g.get(3), g.get(4), g.get(6)+g.get(8)
	n := g.end(4, 6, 7)
	number := strings.ToUpper(list) + fmt.Sprintf("%02s", digits)
	candidates := l.set.editions(number)
	tidy := list == strings.ToUpper(list) && sep == "" && len(digits) == 2 && (edition == "" || g.get(5) == ":")
	if !l.alone(i, i+n, edition != "" && tidy) || !tidy && owasp == "" && edition == "" {
		return 0
	}
	start := i + g.at[4]
	end := i + n
	id := number + ":" + edition
	e, ok := l.set.entries[id]
	switch {
	case len(candidates) == 0 && edition != "" && tidy:
		l.report(start, KindUnknown, "", "%s is in no edition of the OWASP lists", id)
	case len(candidates) == 0:
		return 0
	case edition == "":
		hint := "use one of " + l.set.list(candidates)
		if one := l.named(candidates, start, end); one != "" {
			hint = "use " + l.set.plain(one)
		}
		l.report(start, KindUnqualified, hint, "%s does not say of which edition", number)
	case !ok:
		l.report(start, KindEdition, "use one of "+l.set.list(candidates), "%s: no edition %s has it", id, edition)
	default:
		if !tidy {
			l.report(start, KindSpelling, "write "+id, "%q is not how %s is written", l.text[start:end], id)
		}
		l.checkName(e, start, end)
	}
	return n
}

// editions returns the entries with a number such as "LLM03" in all editions.
func (s *Set) editions(number string) []Entry {
	var list []Entry
	for _, src := range s.sources {
		if !strings.HasPrefix(src.Framework, "OWASP ") || !strings.HasPrefix(number, src.Framework[len("OWASP "):]) {
			continue
		}
		for year := firstEdition; year <= lastEdition; year++ {
			if e, ok := s.entries[fmt.Sprintf("%s:%d", number, year)]; ok {
				list = append(list, e)
			}
		}
	}
	return list
}

// The years in which OWASP lists can have appeared.
const (
	firstEdition = 2021
	lastEdition  = 2030
)

// named returns the one candidate that the label beside a reference fits, "".
func (l *linter) named(candidates []Entry, start, end int) string {
	for _, b := range l.labels(start, end) {
		var fit []string
		for _, e := range candidates {
			if ok, _ := l.set.names().fits(e, b.text); ok {
				fit = append(fit, e.ID)
			}
		}
		if len(fit) == 1 {
			return fit[0]
		}
	}
	return ""
}

// alone reports whether the text from i to end is a word on its own, and no
// part of a path, a longer identifier or encoded data. References may be
// joined, as in "LLM01/LLM02". What has its edition is not mistaken for
// anything else.
func (l *linter) alone(i, end int, qualified bool) bool {
	if qualified {
		return true
	}
	if i > 0 && strings.IndexByte(`%+=-./\$@&`, l.text[i-1]) >= 0 && l.end != i-1 {
		return false
	}
	if end+1 >= len(l.text) || strings.IndexByte("-./", l.text[end]) < 0 || !isWord(l.text[end+1]) {
		return true
	}
	return owaspForm.Match(l.text[end+1 : min(end+1+window, len(l.text))])
}

// checkNIST checks "NISTAML.018".
func checkNIST(l *linter, i int, g *groups) int {
	id, n := "NISTAML."+g.get(1), g.end(1)
	written := string(l.text[i : i+n])
	e, ok := l.set.entries[id]
	switch {
	case !ok && written == id:
		l.report(i, KindUnknown, l.nameHint(Entry{Framework: NISTAML}, i, i+n, nil), "%s is not in NIST AI 100-2 E2025", id)
	case !ok:
		return 0
	case written != id:
		l.report(i, KindSpelling, "write "+id, "%q is not how %s is written", written, id)
		fallthrough
	default:
		l.checkName(e, i, i+n)
	}
	return n
}

// checkRMF checks "MEASURE 2.7". Such words may mean anything in a text that
// does not mention the framework.
func checkRMF(l *linter, i int, g *groups) int {
	if !l.rmf {
		return 0
	}
	if _, ok := l.set.entries[g.get(1)]; !ok {
		l.report(i, KindUnknown, "", "%s is not in the NIST AI RMF 1.0", g.get(1))
	}
	return g.end(1)
}

// checkAIDEFEND checks "AID-M-001.002".
func checkAIDEFEND(l *linter, i int, g *groups) int {
	e, ok := l.set.entries[g.get(1)]
	if !ok {
		l.report(i, KindUnknown, "", "%s is not in the AIDEFEND data", g.get(1))
	} else {
		l.checkName(e, i, i+g.end(1))
	}
	return g.end(1)
}
