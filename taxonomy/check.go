package taxonomy

import (
	"errors"
	"fmt"
	"regexp"
	"strings"

	"quintain"
)

// CheckTechniques reports every identifier that is unknown, retired or
// without its edition, joined, with what could have been meant.
func (s *Set) CheckTechniques(ids []quintain.Technique) error {
	var errs []error
	for _, t := range ids {
		id := string(t)
		e, ok := s.entries[id]
		switch {
		case ok && !e.Retired:
		case ok && e.Successor != "":
			errs = append(errs, fmt.Errorf("technique %q: retired, use %q", id, s.plain(e.Successor)))
		case ok:
			errs = append(errs, fmt.Errorf("technique %q: retired without a successor", id))
		case bareID.MatchString(id):
			errs = append(errs, fmt.Errorf("technique %q: does not say of which edition, use one of %s", id, s.list(s.Candidates(id))))
		default:
			errs = append(errs, fmt.Errorf("technique %q: unknown%s", id, s.orElse(s.Candidates(id))))
		}
	}
	return errors.Join(errs...)
}

var (
	bareID  = regexp.MustCompile(`^(LLM|ML|ASI|DSGAI)\d{2}$`)
	looseID = regexp.MustCompile(`(?i)^(?:AML[.\- ]?)?(TA|T|M)(\d{4}(?:\.\d{3})?)$`)
	owaspID = regexp.MustCompile(`(?i)^(LLM|ML|ASI|DSGAI)[ -]?0*(\d{1,2})(?:[:\-_ /(.v]*(\d{4}).*)?$`)
)

// maxCandidates bounds how many entries an error offers.
const maxCandidates = 5

// Candidates returns the entries that a reference which is not a legal
// identifier may mean, best first: the editions of "LLM03", the
// sub-techniques of a technique where a wrong one is given, or the entries
// with that name.
func (s *Set) Candidates(ref string) []Entry {
	ref = strings.TrimSpace(ref)
	if m := owaspID.FindStringSubmatch(ref); m != nil {
		num := strings.ToUpper(m[1]) + fmt.Sprintf("%02s", m[2]) + ":"
		var exact, others []Entry
		for _, id := range s.order {
			if !strings.HasPrefix(id, num) {
				continue
			}
			if m[3] != "" && strings.HasSuffix(id, m[3]) {
				exact = append(exact, s.entries[id])
			} else {
				others = append(others, s.entries[id])
			}
		}
		if exact != nil {
			return exact
		}
		return others
	}
	if m := looseID.FindStringSubmatch(ref); m != nil {
		id := "AML." + strings.ToUpper(m[1]) + m[2]
		if e, ok := s.entries[id]; ok {
			return s.current(e)
		}
		parent, _, isSub := strings.Cut(strings.TrimPrefix(id, "AML."), ".")
		if !isSub {
			return nil
		}
		var list []Entry
		if e, ok := s.entries["AML."+parent]; ok {
			list = s.current(e)
		}
		for _, other := range s.order {
			if e := s.entries[other]; e.Parent == "AML."+parent && len(list) < maxCandidates {
				list = append(list, e)
			}
		}
		return list
	}
	return s.names().called(s, ref)
}

// current returns e, or what replaced it.
func (s *Set) current(e Entry) []Entry {
	if next, ok := s.entries[e.Successor]; e.Retired && ok {
		return []Entry{next}
	}
	return []Entry{e}
}

// plain returns the id and the name of an entry.
func (s *Set) plain(id string) string {
	if e, ok := s.entries[id]; ok {
		return strings.TrimSpace(id + " " + s.Short(id) + map[bool]string{true: " (retired)"}[e.Retired])
	}
	return id
}

func (s *Set) list(entries []Entry) string {
	var names []string
	for _, e := range entries[:min(len(entries), maxCandidates)] {
		names = append(names, s.plain(e.ID))
	}
	return strings.Join(names, ", ")
}

func (s *Set) orElse(entries []Entry) string {
	if len(entries) == 0 {
		return ""
	}
	return ", perhaps " + s.list(entries)
}
