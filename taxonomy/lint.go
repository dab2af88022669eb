package taxonomy

import (
	"bytes"
	"cmp"
	"fmt"
	"unicode/utf8"
)

// The kinds of an [Issue].
const (
	KindUnknown     = "unknown"     // no edition has the id
	KindRetired     = "retired"     // the id is no longer part of its framework
	KindUnqualified = "unqualified" // an OWASP id without its edition
	KindEdition     = "edition"     // the edition does not exist, or does not have the id
	KindSpelling    = "spelling"    // the id is not written as it should be
	KindWrongName   = "wrong-name"  // the name beside the id never was its name
	KindStaleName   = "stale-name"  // the name beside the id is a former one
	KindTooMany     = "too-many"    // the rest of the text was not checked
)

// An Issue is a reference to an entry of a framework that is not right.
type Issue struct {
	File    string `json:"file"`
	Line    int    `json:"line"`   // from 1
	Column  int    `json:"column"` // in characters, from 1
	Kind    string `json:"kind"`
	Message string `json:"message"`        // one line, with all foreign text quoted
	Hint    string `json:"hint,omitempty"` // what could have been meant
}

// String returns the issue as compilers write theirs.
func (i Issue) String() string {
	return fmt.Sprintf("%s:%d:%d: %s: %s", i.File, i.Line, i.Column, i.Kind, i.Message)
}

// maxIssues bounds how many issues one text can have.
const maxIssues = 10_000

// Lint returns what is wrong with the references in a text, in its order. The
// text may be of any format and need not be valid UTF-8; name is only put into
// the issues. Time and memory grow with the length of the text and no faster.
//
// References to ATLAS, the OWASP lists, NIST AI 100-2 and AIDEFEND are
// checked, and those to the NIST AI RMF where the text mentions it. A name is
// compared with what stands beside the id, as in "AML.T0051 LLM Prompt
// Injection", "AML.T0051: LLM Prompt Injection" or "id: AML.T0051" followed by
// "name: LLM Prompt Injection"; one that only may be a name, such as a cell of
// a table or words before the id, is reported only if it is that of another
// entry. Names of CWE entries are not checked.
func (s *Set) Lint(name string, data []byte) []Issue {
	l := &linter{set: s, file: name, text: data, rmf: bytes.Contains(data, []byte("RMF")), line: 1, column: 1, end: -1}
	for i := 0; i < len(data) && len(l.issues) < maxIssues; i++ {
		if !l.wordStart(i) {
			continue
		}
		for f := range forms {
			if n := forms[f].read(l, i); n > 0 {
				l.end = i + n
				i = l.end - 1
				break
			}
		}
	}
	if len(l.issues) == maxIssues {
		l.report(l.end, KindTooMany, "", "%d issues; the rest of the text was not checked", maxIssues)
	}
	return l.issues
}

// A linter goes through one text.
type linter struct {
	set    *Set
	file   string
	text   []byte
	rmf    bool // the text is about the NIST AI RMF, among others
	issues []Issue

	end    int   // of the last reference
	place  int   // the offset that line and column are of
	line   int   //
	column int   //
	table  table // that the last reference in a table is in
}

// wordStart reports whether a word begins at i. Escaped white space, as in
// the strings of JSON, comes before a word too.
func (l *linter) wordStart(i int) bool {
	if c := l.text[i] | 0x20; c < 'a' || c > 'z' {
		return false
	}
	if i == 0 || !isWord(l.text[i-1]) {
		return true
	}
	return i > 1 && l.text[i-2] == '\\' && bytes.IndexByte([]byte("nrt"), l.text[i-1]) >= 0
}

func isWord(c byte) bool { return isAlnum(c) || c == '_' }

func isAlnum(c byte) bool {
	return c >= '0' && c <= '9' || c|0x20 >= 'a' && c|0x20 <= 'z'
}

// window is how far a form looks ahead. The longest reference has 44 bytes.
const window = 96

// match matches a form at i and returns the places of its groups in the text,
// or nil.
func (l *linter) match(f *form, i int) *groups {
	rest := l.text[i:min(i+window, len(l.text))]
	for _, p := range f.prefixes {
		if len(rest) > len(p) && bytes.EqualFold(rest[:len(p)], []byte(p)) {
			if at := f.re.FindSubmatchIndex(rest); at != nil {
				return &groups{rest, at}
			}
			return nil
		}
	}
	return nil
}

// groups are the parts of a reference.
type groups struct {
	text []byte
	at   []int
}

// get returns group n, "" if it did not take part.
func (g *groups) get(n int) string {
	if g.at[2*n] < 0 {
		return ""
	}
	return string(g.text[g.at[2*n]:g.at[2*n+1]])
}

// report adds an issue at an offset.
func (l *linter) report(offset int, kind, hint, format string, args ...any) {
	for l.place < offset {
		_, n := utf8.DecodeRune(l.text[l.place:])
		l.column++
		if l.text[l.place] == '\n' {
			l.line, l.column = l.line+1, 1
		}
		l.place += n
	}
	l.issues = append(l.issues, Issue{
		File: l.file, Line: l.line, Column: l.column, Kind: kind,
		Message: fmt.Sprintf(format, args...), Hint: hint,
	})
}

// checkName compares what stands beside a reference with the names of e.
func (l *linter) checkName(e Entry, start, end int) {
	for _, b := range l.labels(start, end) {
		ok, old := l.set.names().fits(e, b.text)
		switch {
		case ok && old && !e.Retired:
			l.report(start, KindStaleName, fmt.Sprintf("write %q", l.set.Short(e.ID)),
				"%s is no longer called %q", e.ID, b.text)
			return
		case ok:
			return
		case b.sure && !l.set.isTactic(e, b.text), l.set.otherName(e, b.text) != nil:
			l.report(start, KindWrongName, l.set.meant(l.set.otherName(e, b.text)),
				"%s is %q, not %q", e.ID, l.set.Short(e.ID), b.text)
			return
		}
	}
}

// otherName returns the entries like e that have the name, or had it.
func (s *Set) otherName(e Entry, name string) []Entry {
	var list []Entry
	for _, o := range s.names().called(s, name) {
		if o.ID != e.ID && o.Framework == e.Framework && rank(o.Kind) == rank(e.Kind) && (o.Kind == kindTactic) == (e.Kind == kindTactic) {
			list = append(list, o)
		}
	}
	return list
}

// isTactic reports whether the name is that of a tactic, and e is none: then
// it says where e belongs, not what it is called.
func (s *Set) isTactic(e Entry, name string) bool {
	for _, o := range s.names().called(s, name) {
		if o.Kind == kindTactic && e.Kind != kindTactic {
			return true
		}
	}
	return false
}

// meant makes a hint of what could have been meant.
func (s *Set) meant(entries []Entry) string {
	if len(entries) == 0 {
		return ""
	}
	return "perhaps " + s.list(entries)
}

// nameHint makes a hint of the first label beside a reference that is the
// name of an entry like e, or of the candidates.
func (l *linter) nameHint(e Entry, start, end int, candidates []Entry) string {
	for _, b := range l.labels(start, end) {
		if hint := l.set.meant(l.set.otherName(e, b.text)); hint != "" {
			return hint
		}
	}
	return cmp.Or(l.set.meant(candidates))
}
