package taxonomy

import (
	"slices"
	"strings"
	"unicode"
)

// generic are words that say nothing about which entry is meant: connecting
// words, and those that occur in names all over these catalogs.
var generic = wordSet(`a an and as at by for from in into of on or the to with without via
	ai ml llm genai gen model models data system systems attack attacks risk risks owasp mitre atlas nist cwe`)

func wordSet(s string) map[string]bool {
	set := make(map[string]bool)
	for w := range strings.FieldsSeq(s) {
		set[w] = true
	}
	return set
}

// irregular maps nouns to the verbs they are interchangeable with in names.
var irregular = map[string]string{"evasion": "evade", "theft": "steal", "denial": "deny", "harvest": "harvesting"}

// words splits a name into lower-case words, without their plural s.
func words(name string) []string {
	fields := strings.FieldsFunc(strings.ToLower(name), func(r rune) bool {
		return !unicode.IsLetter(r) && !unicode.IsDigit(r)
	})
	for i, w := range fields {
		if verb, ok := irregular[w]; ok {
			w = verb
		}
		if len(w) > 3 && strings.HasSuffix(w, "s") && !strings.HasSuffix(w, "ss") {
			w = strings.TrimSuffix(w, "s")
		}
		fields[i] = w
	}
	return fields
}

// content returns the words of a name that tell it from others, or all of
// them when none does, as in "AI Agent".
func content(name string) []string {
	var list []string
	all := words(name)
	for _, w := range all {
		if !generic[w] && !slices.Contains(list, w) {
			list = append(list, w)
		}
	}
	if list == nil {
		return all
	}
	return list
}

// alike reports whether two words have the same stem: a common beginning of
// five letters that is at least half of the longer one.
func alike(a, b string) bool {
	if a == b {
		return true
	}
	n := 0
	for n < min(len(a), len(b)) && a[n] == b[n] {
		n++
	}
	return n >= 5 && 2*n >= max(len(a), len(b))
}

// overlap reports whether a label can mean the entry called name: it must
// cover more than half of the words of the name, or two fifths of its own
// words must come from the name.
func overlap(label, name []string) bool {
	if len(label) == 0 || len(name) == 0 {
		return false
	}
	common := 0
	for _, w := range label {
		if slices.ContainsFunc(name, func(v string) bool { return alike(v, w) }) {
			common++
		}
	}
	return common > 0 && (2*common > len(name) || 5*common >= 2*len(label))
}

// key makes names comparable: spelling, case, plural and the abbreviations
// AI and ML do not count.
func key(name string) string {
	list := words(name)
	for i, w := range list {
		if w == "ml" {
			list[i] = "ai"
		}
	}
	return strings.Join(slices.DeleteFunc(list, func(w string) bool { return w == "and" || w == "the" }), " ")
}

// A nameIndex finds entries by what they are and were called.
type nameIndex struct {
	byKey map[string][]string   // ids
	own   map[string][][]string // the content of every name an id ever had
	keys  map[string][]string   // the keys of every name an id ever had, the current one last
}

func newNameIndex(s *Set) *nameIndex {
	x := &nameIndex{
		byKey: make(map[string][]string),
		own:   make(map[string][][]string),
		keys:  make(map[string][]string),
	}
	add := func(id, name string) {
		k := key(name)
		if k == "" {
			return
		}
		if !slices.Contains(x.byKey[k], id) {
			x.byKey[k] = append(x.byKey[k], id)
		}
		x.own[id] = append(x.own[id], content(name))
		x.keys[id] = append(x.keys[id], k)
	}
	for _, id := range s.order {
		e := s.entries[id]
		if p, ok := s.entries[e.Parent]; ok && e.Kind == kindSub {
			add(id, p.Name+": "+e.Name)
			for _, n := range s.Names(p.ID) {
				add(id, n.Name+": "+e.Name)
			}
		}
		for _, n := range s.Names(id) {
			add(id, n.Name)
		}
		if e.Name != "" {
			add(id, e.Name)
		}
	}
	return x
}

// called returns the entries with a name, current ones first.
func (x *nameIndex) called(s *Set, name string) []Entry {
	var list, retired []Entry
	for _, id := range x.byKey[key(name)] {
		if e := s.entries[id]; e.Retired {
			retired = append(retired, e)
		} else {
			list = append(list, e)
		}
	}
	return append(list, retired...)
}

// fits reports whether the label can be a name of id, and whether it is one
// that the entry no longer has. Sub-techniques may carry the name of their
// parent before their own.
func (x *nameIndex) fits(e Entry, label string) (ok, old bool) {
	k := key(label)
	if k == key(e.Name) {
		return true, false
	}
	if slices.Contains(x.keys[e.ID], k) {
		// "LLM Prompt Injection: Indirect" is not an old name of "Indirect".
		return true, !strings.HasSuffix(k, key(e.Name))
	}
	c := content(label)
	for _, name := range x.own[e.ID] {
		if overlap(c, name) {
			return true, false
		}
	}
	return false, false
}
