package keras

import (
	"encoding/base64"
	"slices"
	"strconv"
	"strings"
)

// What text can hide.
const (
	isNothing = iota
	isCode
	isPickled
)

const (
	maxDecoded = 1 << 20
	maxNames   = 12
	minHidden  = 24 // of base64: less is no code
)

// hiddenIn decodes text as base64 and says what it holds, and which names code
// in it uses. Code is not unmarshalled.
func hiddenIn(text string) (what int, names []string) {
	if len(text) < minHidden {
		return isNothing, nil
	}
	compact := strings.NewReplacer("\n", "", "\r", "", "-", "+", "_", "/", "=", "").Replace(text[:min(len(text), maxDecoded)])
	b, err := base64.RawStdEncoding.DecodeString(compact[:len(compact)&^3])
	if err != nil || len(b) < minHidden/2 {
		return isNothing, nil
	}
	// Code from Python's marshal begins with its type and the number of its arguments.
	if b[0]&0x7f == 'c' && b[2] == 0 && b[3] == 0 && b[4] == 0 {
		return isCode, namesIn(b)
	}
	if b[0] == 0x80 && b[1] >= 2 && b[1] <= 5 {
		return isPickled, nil
	}
	return isNothing, nil
}

// namesIn returns identifiers in code from Python's marshal: short strings that
// their length stands before.
func namesIn(b []byte) []string {
	var out []string
	for i := 0; i+2 < len(b) && len(out) < maxNames; i++ {
		if k := b[i] & 0x7f; k != 'z' && k != 'Z' {
			continue
		}
		n := int(b[i+1])
		if n == 0 || n > len(b)-i-2 {
			continue
		}
		if s := string(b[i+2 : i+2+n]); identifier(s) && !slices.Contains(out, strconv.Quote(s)) {
			out = append(out, strconv.Quote(s))
		}
	}
	return out
}

// identifier reports whether s can be a name in Python, in ASCII.
func identifier(s string) bool {
	for i, c := range []byte(s) {
		letter := c == '_' || c|0x20 >= 'a' && c|0x20 <= 'z'
		if !letter && (i == 0 || c < '0' || c > '9') {
			return false
		}
	}
	return s != ""
}
