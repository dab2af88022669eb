package quintain

import (
	"errors"
	"fmt"
	"regexp"
	"slices"
	"strings"
)

// A Check describes one test: what it looks for, in which targets, and what a
// failing result would demonstrate. It is pure description, so listing,
// selecting, documenting and planning never run anything.
//
// A Check is declared once, inside a plug-in's package-level variable, and is
// never modified.
type Check struct {
	// Name identifies the check in flags, reports and URLs. It is the import
	// path of the declaring package below the module root, such as
	// "scan/pickle" or "attack/evasion/pgd".
	Name string

	// Doc is the manual page in Markdown. The first line is the title: lower
	// case, at most 72 characters, no full stop. A blank line separates it
	// from the rest.
	Doc string

	// Techniques are the taxonomy entries that a failing Finding
	// demonstrates, most specific first. There is at least one.
	Techniques []Technique

	// Accepts lists the kinds of target the check can be run against.
	Accepts []Kind

	// Needs states what the check does beyond reading its target. A runner
	// refuses a check whose needs the operator has not granted.
	Needs Need
}

// Title returns the first line of the manual page.
func (c *Check) Title() string {
	title, _, _ := strings.Cut(c.Doc, "\n")
	return strings.TrimSpace(title)
}

// AcceptsKind reports whether the check can be run against a target of kind k.
func (c *Check) AcceptsKind(k Kind) bool {
	return slices.Contains(c.Accepts, k)
}

var checkName = regexp.MustCompile(`^[a-z][a-z0-9]*(/[a-z0-9]+)+$`)

// Validate reports every rule that the check breaks, joined. Whether its
// techniques exist is for package taxonomy to say.
func (c *Check) Validate() error {
	var errs []error
	if !checkName.MatchString(c.Name) {
		errs = append(errs, fmt.Errorf("check %q: the name is not a path of lower-case words", c.Name))
	}
	title, rest, _ := strings.Cut(c.Doc, "\n")
	switch {
	case title == "":
		errs = append(errs, fmt.Errorf("check %q: no manual page", c.Name))
	case len(title) > 72 || strings.HasSuffix(title, ".") || strings.HasPrefix(title, "#"):
		errs = append(errs, fmt.Errorf("check %q: title %q is longer than 72 bytes, a heading, or ends in a full stop", c.Name, title))
	case rest != "" && !strings.HasPrefix(rest, "\n"):
		errs = append(errs, fmt.Errorf("check %q: no blank line after the title", c.Name))
	}
	if len(c.Techniques) == 0 {
		errs = append(errs, fmt.Errorf("check %q: no technique", c.Name))
	}
	if len(c.Accepts) == 0 {
		errs = append(errs, fmt.Errorf("check %q: accepts no kind of target", c.Name))
	}
	return errors.Join(errs...)
}

// A Technique is the identifier of one entry in a public taxonomy, such as
// "AML.T0051.001" (MITRE ATLAS) or "LLM01:2025" (OWASP, always with its
// edition). It is only a name: package taxonomy knows which names exist, what
// they mean, and how they correspond.
type Technique string

// A Need is a set of things a check does beyond reading its target.
type Need uint8

// The needs.
const (
	NeedNetwork Need = 1 << iota // talks to something outside this machine
	NeedSpend                    // uses paid tokens or compute
	NeedWrite                    // changes the target
	NeedExecute                  // runs code found in the target
)

var needNames = []string{"network", "spend", "write", "execute"}

// String lists the needs, comma separated; none is "nothing".
func (n Need) String() string {
	var s []string
	for i, name := range needNames {
		if n&(1<<i) != 0 {
			s = append(s, name)
		}
	}
	if s == nil {
		return "nothing"
	}
	return strings.Join(s, ",")
}

// ParseNeeds parses a comma-separated list such as "network,spend".
func ParseNeeds(s string) (Need, error) {
	var n Need
next:
	for _, word := range strings.FieldsFunc(s, func(r rune) bool { return r == ',' || r == ' ' }) {
		for i, name := range needNames {
			if word == name {
				n |= 1 << i
				continue next
			}
		}
		return 0, fmt.Errorf("unknown need %q (have %s)", word, strings.Join(needNames, ", "))
	}
	return n, nil
}
