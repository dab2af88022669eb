package pickle

import (
	"strings"

	"quintain/scan/internal/marshal"
)

// This file looks into code objects that a pickle brings along: marshaled, or
// as the arguments of the type of code objects, as dill and cloudpickle write
// functions.

const (
	maxCode      = 1 << 20 // bytes of marshaled code
	maxCodeNames = 40      // that are listed
)

// marshaled notes what the code in marshaled bytes looks up by name.
func (m *machine) marshaled(v value) {
	b, ok := m.bytesOf(v, maxCode)
	if !ok {
		return
	}
	c, err := marshal.Parse(b)
	if err != nil {
		m.flaw(doubt, "the marshaled code cannot be read: %v", err)
		return
	}
	m.brings(c.Name, c.All())
}

// bytesOf returns bytes that are in the file, at most limit. They are valid
// until the next read of the source.
func (m *machine) bytesOf(v value, limit uint32) ([]byte, bool) {
	switch v.code {
	case data, dataLatin, dataRaw, byteArray, str:
	default:
		return nil, false
	}
	if v.off < 0 || v.n > limit {
		return nil, false
	}
	b, err := m.src.at(v.off, int(v.n))
	if err == nil {
		b, err = v.code.narrow(b)
	}
	return b, err == nil
}

// built notes what the code looks up by name that the type of code objects
// makes of args. The names stand behind the bytecode and the constants.
func (m *machine) built(args value) {
	elems, _ := m.ring.elems(args)
	for i := 0; i+2 < len(elems); i++ {
		if c := elems[i].code; c != data && c != dataLatin && c != dataRaw && c != str && c != strEscaped || elems[i+1].code != tuple {
			continue
		}
		names, ok := m.ring.elems(elems[i+2])
		var texts []string
		for _, n := range names {
			s, isText := m.textOf(n)
			texts, ok = append(texts, s), ok && isText
		}
		if ok {
			m.brings("", texts)
			return
		}
	}
}

// brings notes code and the names that it uses.
func (m *machine) brings(name string, uses []string) {
	what := "code"
	if name != "" {
		what += " " + quoteName(name)
	}
	if len(uses) == 0 {
		m.flaw(medium, "brings %s along that uses no names", what)
		return
	}
	more := ""
	if len(uses) > maxCodeNames {
		uses, more = uses[:maxCodeNames], ", …"
	}
	quoted := make([]string, len(uses))
	for i, s := range uses {
		quoted[i] = quoteName(s)
	}
	m.flaw(medium, "brings %s along that uses %s%s", what, strings.Join(quoted, ", "), more)
}
