package threat

import (
	"strconv"
	"strings"
)

// num writes a measure with at most one decimal.
func num(x float64) string {
	s := strconv.FormatFloat(x, 'f', 1, 64)
	return strings.TrimSuffix(s, ".0")
}

// textWidth estimates how wide s is at a font size, on the generous side.
func textWidth(s string, size float64) float64 {
	w := 0.0
	for _, r := range s {
		switch {
		case strings.ContainsRune("iljt.,:;'|!()[] ", r):
			w += 0.33
		case strings.ContainsRune("mwMW@%", r):
			w += 0.88
		case r >= 'A' && r <= 'Z':
			w += 0.68
		case r >= 0x1100:
			w++
		default:
			w += 0.57
		}
	}
	return w * size
}

// fit shortens s to a width.
func fit(s string, size, width float64) string {
	if textWidth(s, size) <= width {
		return s
	}
	r := []rune(s)
	for len(r) > 0 && textWidth(string(r)+"…", size) > width {
		r = r[:len(r)-1]
	}
	return strings.TrimRight(string(r), " ·,") + "…"
}

// wrap breaks s into at most two lines of a width.
func wrap(s string, size, width float64) []string {
	words := strings.Fields(s)
	first := ""
	for len(words) > 0 && (first == "" || textWidth(first+" "+words[0], size) <= width) {
		first = strings.TrimSpace(first + " " + words[0])
		words = words[1:]
	}
	lines := []string{fit(first, size, width)}
	if len(words) > 0 {
		lines = append(lines, fit(strings.Join(words, " "), size, width))
	}
	return lines
}
