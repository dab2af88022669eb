package taxonomy

import (
	"bytes"
	"regexp"
	"strings"
	"unicode"
	"unicode/utf8"
)

// A label is text beside a reference that may be the name of its entry.
type label struct {
	text string
	sure bool // it can hardly be anything else
}

// The limits in bytes of what counts as beside a reference, and of a label.
const (
	beside   = 240
	maxLabel = 120
)

// labels returns what may be the name of the reference from start to end, the
// surest first.
func (l *linter) labels(start, end int) []label {
	after := l.text[end:min(end+beside, len(l.text))]
	before := l.text[max(0, start-beside):start]
	var list []label
	add := func(text string, sure bool) {
		text = spaced(strings.TrimSpace(text))
		if len(text) <= maxLabel && says(text) && !reference.MatchString(text) {
			list = append(list, label{text, sure})
		}
	}
	if idKey.Match(before[max(0, len(before)-24):]) {
		if m := nameAfter.FindSubmatch(after); m != nil {
			add(string(m[2]), string(m[1]) != "title")
		}
		if m := nameBefore.FindSubmatch(before); m != nil {
			add(string(m[1]), false)
		}
	}
	if line, _, _ := bytes.Cut(after, []byte("\n")); len(line) > 0 {
		text, sure := l.follows(string(line), end)
		add(text, sure)
	}
	if i := bytes.LastIndexByte(before, '\n'); i >= 0 {
		before = before[i+1:]
	}
	add(precedes(string(before)), false)
	return list
}

// reference finds another reference in what is no label then.
var reference = regexp.MustCompile(`AML\.|\b(?:LLM|ML|ASI|DSGAI)\d\d\b|AID-|CWE-`)

// Ids and names in JSON, YAML and code.
var (
	idKey      = regexp.MustCompile(`(?i)(?:\bid|_id|-id|[a-z]ID)["']?\s*[:=]\s*["']?$`)
	nameAfter  = regexp.MustCompile(`^["']?\s*,?\s*["']?(name|label|title|technique[_-]?name)["']?\s*[:=]\s*["']?([^"'\n]+)`)
	nameBefore = regexp.MustCompile(`\b(?:name|label|technique[_-]?name)["']?\s*[:=]\s*["']?([^"'\n]+?)["']?\s*,?\s*["']?[A-Za-z_-]*(?:id|ID)["']?\s*[:=]\s*["']?$`)
)

// The text between a reference and its name: what closes the reference, what
// divides the two, and what opens the name.
var (
	closes = regexp.MustCompile("^(?:\\]\\([^()\\s]*\\)|[\\]`*\"'_]){0,3}")
	divide = regexp.MustCompile("^(?:[ \\t]*(:|\\||=>|->|=|\\()[ \\t]*|[ \\t]+(-|–|—)[ \\t]+|[ \\t]+)[\"'`*_\\[]{0,3}")
	ends   = regexp.MustCompile(`[|"` + "`" + `()\[\],;<>{}*\\\t]|\.(?:\s|$)| [-–—/] |$`)
)

// follows returns the label in what comes after a reference that ends at end.
func (l *linter) follows(rest string, end int) (text string, sure bool) {
	rest = rest[len(closes.FindString(rest)):]
	m := divide.FindStringSubmatch(rest)
	if m == nil {
		return "", false
	}
	rest = rest[len(m[0]):]
	at := ends.FindStringIndex(rest)
	if at[0] == len(rest) && at[0] >= maxLabel {
		return "", false
	}
	text = rest[:at[0]]
	sure = titled(text)
	if i := strings.LastIndex(text, ": "); i > 0 && !sure && titled(text[:i]) {
		text, sure = text[:i], true
	}
	switch m[1] {
	case "=>", "->", "=", "(":
		sure = false
	case "|":
		sure = sure && l.nameColumn(end)
	}
	return text, sure
}

// precedes returns the label in what comes before a reference: "Name (" or
// the text of a Markdown link whose address holds the reference.
func precedes(before string) string {
	if i := strings.LastIndex(before, "]("); i >= 0 && !strings.ContainsAny(before[i+2:], " ()") {
		return before[strings.LastIndexByte(before[:i], '[')+1 : i]
	}
	before = strings.TrimRight(before, "`*[_")
	name, ok := strings.CutSuffix(before, "(")
	if !ok {
		return ""
	}
	fields := strings.Fields(strings.TrimRight(name, " `*_\"]"))
	i := len(fields)
	for i > 0 && len(fields)-i < 12 && titled(fields[i-1]) {
		i--
	}
	for i < len(fields) && small[strings.ToLower(fields[i])] {
		i++
	}
	return strings.TrimLeft(strings.Join(fields[i:], " "), "*_`\"[|-")
}

// small are the words that stay small in a title.
var small = wordSet(`a an and as at by for from in into of on or over the to via vs with without & / - – —`)

// titled reports whether text is written like a title: every word but the
// small ones begins with a capital or a digit.
func titled(text string) bool {
	fields := strings.Fields(text)
	for i, w := range fields {
		r, _ := utf8.DecodeRuneInString(strings.TrimLeft(w, `'"(&/-`))
		if !unicode.IsUpper(r) && !unicode.IsDigit(r) && (i == 0 || !small[w]) {
			return false
		}
	}
	return len(fields) > 0 && len(fields) <= 14
}

// nolabel are words that stand beside references without being names.
var nolabel = wordSet(`high medium low critical severe informational none yes no true false n/a na partial partially
	full fully covered coverage pass passed fail failed open closed mitigated accepted tested untested unknown todo
	tbd supported unsupported enabled disabled active inactive draft new retired deprecated renamed test testing
	example detection mitigation overview description reference case study note summary detail impact scope status
	result evidence control owner technique tactic sub subtechnique id name top list project entry category version
	feasible demonstrated realized applicable not see also and or the in of for only`)

// says reports whether a label says anything that could be a name.
func says(text string) bool {
	for _, w := range words(text) {
		if !nolabel[w] && !generic[w] && strings.Trim(w, "0123456789v") != "" {
			return true
		}
	}
	return false
}

// spaced takes a CamelCase word apart.
func spaced(text string) string {
	if strings.ContainsRune(text, ' ') {
		return text
	}
	var b strings.Builder
	var last rune
	for _, r := range text {
		if unicode.IsUpper(r) && unicode.IsLower(last) {
			b.WriteByte(' ')
		}
		b.WriteRune(r)
		last = r
	}
	return b.String()
}

// A table is a Markdown table that references were found in.
type table struct {
	header [2]int // where its first line is
	last   int    // where the last line begins that is known to belong to it
}

// nameColumn reports whether the cell after the one that offset is in belongs
// to a column of names, going by the header of the table.
func (l *linter) nameColumn(offset int) bool {
	start, ok := l.lineStart(offset)
	if !ok {
		return false
	}
	first := start
	for first > 0 {
		if first == l.table.last && l.table.header[1] > 0 {
			first = l.table.header[0]
			break
		}
		previous, ok := l.lineStart(first - 1)
		if !ok || bytes.IndexByte(l.text[previous:first], '|') < 0 {
			break
		}
		first = previous
	}
	n := bytes.IndexByte(l.text[first:], '\n')
	if n < 0 || first == start {
		return false
	}
	l.table = table{header: [2]int{first, first + n}, last: start}
	column := bytes.Count(l.text[start:offset], []byte("|")) + 1
	cells := bytes.Split(l.text[first:first+n], []byte("|"))
	return column < len(cells) && nameHeader.Match(cells[column])
}

var nameHeader = regexp.MustCompile(`(?i)\b(?:name|technique|title|label|risk|threat)\b`)

// maxRow is how long in bytes a line may be that is taken for a row of a table.
const maxRow = 4096

// lineStart returns where the line begins that offset is in, unless that is
// far away.
func (l *linter) lineStart(offset int) (int, bool) {
	from := max(0, offset-maxRow)
	i := bytes.LastIndexByte(l.text[from:offset], '\n')
	return from + i + 1, i >= 0 || from == 0
}
