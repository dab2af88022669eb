package inbox

import (
	"fmt"
	"regexp"
	"slices"
	"strings"
	"unicode"

	"quintain/llm/gloss"
)

// A Policy says what is done to a message before anybody reads it, and which
// words keep it from the assistant.
type Policy struct {
	// Normalize are names of [Steps], done in this order. The text that comes
	// out is what the filter and the assistant both get.
	Normalize []string `yaml:"normalize"`

	// Languages are those that the step translate reads; see [gloss.Languages].
	Languages []string `yaml:"languages"`

	// Alphabet denies messages with letters of another: "any" or nothing,
	// "latin", or "ascii".
	Alphabet string `yaml:"alphabet"`

	// Deny are words and phrases; Allow are phrases that are passed over when
	// they are looked for. Case does not matter.
	Deny  []string `yaml:"deny"`
	Allow []string `yaml:"allow"`
}

// Limits of a policy.
const (
	maxSteps  = 24
	maxWords  = 400
	maxPhrase = 100 // bytes
)

// Validate says what is wrong with p, if anything.
func (p *Policy) Validate() error {
	if len(p.Normalize) > maxSteps || len(p.Deny)+len(p.Allow) > maxWords {
		return fmt.Errorf("%d steps and %d words, want at most %d and %d", len(p.Normalize), len(p.Deny)+len(p.Allow), maxSteps, maxWords)
	}
	for _, name := range p.Normalize {
		if step(name) == nil {
			return fmt.Errorf("there is no step %q (have %s)", name, stepNames())
		}
	}
	for _, code := range p.Languages {
		if !slices.Contains(gloss.Languages(), code) {
			return fmt.Errorf("there is no language %q (have %s)", code, strings.Join(gloss.Languages(), ", "))
		}
	}
	if !slices.Contains([]string{"", "any", "latin", "ascii"}, p.Alphabet) {
		return fmt.Errorf("there is no alphabet %q (have any, latin, ascii)", p.Alphabet)
	}
	for _, w := range slices.Concat(p.Deny, p.Allow) {
		if len(w) > maxPhrase || words(w) == "  " {
			return fmt.Errorf("%.40q is no word or phrase of at most %d bytes", w, maxPhrase)
		}
	}
	return nil
}

var wordForm = regexp.MustCompile(`[\pL\pM\pN]+`)

// words returns the words of s in lower case, each between two spaces or more.
func words(s string) string {
	return " " + strings.Join(wordForm.FindAllString(strings.ToLower(s), -1), "  ") + " "
}

// denied returns the first word of the list that text has, or "".
func (p *Policy) denied(text string) string {
	all := words(text)
	for _, w := range p.Allow {
		all = strings.ReplaceAll(all, words(w), " ")
	}
	for _, w := range p.Deny {
		if strings.Contains(all, words(w)) {
			return w
		}
	}
	return ""
}

// foreign returns the alphabet that text breaks, or "".
func (p *Policy) foreign(text string) string {
	for _, r := range text {
		if p.Alphabet == "ascii" && r > unicode.MaxASCII || p.Alphabet == "latin" && unicode.IsLetter(r) && !unicode.Is(unicode.Latin, r) {
			return "alphabet " + p.Alphabet
		}
	}
	return ""
}
