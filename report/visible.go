package report

import (
	"fmt"
	"strings"
	"unicode"
	"unicode/utf8"
)

// Visible returns s with everything that does not show, or that changes how
// the rest shows, written out as an escape: control characters and terminal
// escape sequences, bidirectional controls, invisible and tag characters,
// bytes that are not UTF-8. Newlines and tabs stay.
func Visible(s string) string {
	return visible(s, func(r rune) bool { return r != '\n' && r != '\t' && hidden(r) })
}

// Line returns s like [Visible], on one line: newlines and tabs are escaped
// too.
func Line(s string) string { return visible(s, hidden) }

func visible(s string, hide func(rune) bool) string {
	clean := utf8.ValidString(s) && !strings.ContainsFunc(s, hide)
	if clean {
		return s
	}
	var b strings.Builder
	for i := 0; i < len(s); {
		r, n := utf8.DecodeRuneInString(s[i:])
		switch {
		case r == utf8.RuneError && n == 1:
			fmt.Fprintf(&b, `\x%02x`, s[i])
		case hide(r):
			b.WriteString(escape(r))
		default:
			b.WriteString(s[i : i+n])
		}
		i += n
	}
	return b.String()
}

// hidden reports whether r does not show as itself.
func hidden(r rune) bool {
	switch {
	case r >= ' ' && r < 0x7f: // nearly all of a text, and dear to look up in tables
		return false
	case r == '\u200c' || r == '\u200d': // joiners, part of words and emoji
		return false
	case r >= 0xe0100 && r <= 0xe01ef: // variation selectors that carry smuggled bytes
		return true
	case r&0xfffe == 0xfffe || r >= 0xfdd0 && r <= 0xfdef: // no characters at all
		return true
	case r == '\u115f' || r == '\u1160' || r == '\u3164' || r == '\uffa0': // blank letters
		return true
	}
	return unicode.In(r, unicode.Cc, unicode.Cf, unicode.Zl, unicode.Zp, unicode.Co, unicode.Cs)
}

func escape(r rune) string {
	switch {
	case r == '\n':
		return `\n`
	case r == '\t':
		return `\t`
	case r == '\r':
		return `\r`
	case r < 0x80:
		return fmt.Sprintf(`\x%02x`, r)
	case r < 0x10000:
		return fmt.Sprintf(`\u%04x`, r)
	}
	return fmt.Sprintf(`\U%08x`, r)
}

// Shell returns args as one line for a POSIX shell. Arguments with characters
// that do not show are quoted as $'...', which bash and zsh read back.
func Shell(args []string) string {
	words := make([]string, len(args))
	for i, a := range args {
		words[i] = shellWord(a)
	}
	return strings.Join(words, " ")
}

func shellWord(s string) string {
	plain := func(r rune) bool {
		return r < utf8.RuneSelf && (unicode.IsLetter(r) || unicode.IsDigit(r) || strings.ContainsRune("-_./:,=+@%^", r))
	}
	switch {
	case s != "" && !strings.ContainsFunc(s, func(r rune) bool { return !plain(r) }):
		return s
	case Line(s) == s:
		return "'" + strings.ReplaceAll(s, "'", `'\''`) + "'"
	}
	return "$'" + Line(strings.NewReplacer(`\`, `\\`, `'`, `\'`).Replace(s)) + "'"
}

// Clip cuts s to at most n runes, the last being an ellipsis if any are
// missing. n is at least 1.
func Clip(s string, n int) string {
	if utf8.RuneCountInString(s) <= n {
		return s
	}
	r := []rune(s)
	return strings.TrimRight(string(r[:n-1]), " ") + "…"
}
