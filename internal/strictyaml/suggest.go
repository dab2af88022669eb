package strictyaml

import (
	"fmt"
	"strings"

	"github.com/goccy/go-yaml/ast"
)

// DidYouMean suggests the candidate nearest to s, or lists them if there are
// few and none is near.
func DidYouMean(s string, candidates []string) string {
	best, least := "", max(2, len(s)/3)+1
	for _, c := range candidates {
		if n := editDistance(s, c, least); n < least {
			best, least = c, n
		}
	}
	switch {
	case best != "":
		return fmt.Sprintf("; did you mean %q?", best)
	case len(candidates) > 0 && len(candidates) <= 8:
		return "; have " + strings.Join(candidates, ", ")
	}
	return ""
}

// editDistance returns the number of insertions, deletions, replacements and
// swaps of neighbors that turn a into b, or limit if it is not smaller.
func editDistance(a, b string, limit int) int {
	if len(a) > 64 || len(b) > 64 || len(a)-len(b) >= limit || len(b)-len(a) >= limit {
		return limit
	}
	var before, row []int
	next := make([]int, len(b)+1)
	for j := range next {
		next[j] = j
	}
	for i := range len(a) {
		before, row, next = row, next, make([]int, len(b)+1)
		next[0] = i + 1
		for j := range len(b) {
			cost := 1
			if a[i] == b[j] {
				cost = 0
			}
			next[j+1] = min(row[j]+cost, row[j+1]+1, next[j]+1)
			if i > 0 && j > 0 && a[i] == b[j-1] && a[i-1] == b[j] {
				next[j+1] = min(next[j+1], before[j-1]+1)
			}
		}
	}
	return min(next[len(b)], limit)
}

// describe names what n is, for errors.
func describe(n ast.Node) string {
	switch n := n.(type) {
	case *ast.StringNode:
		return fmt.Sprintf("%q", Clip(n.Value))
	case *ast.LiteralNode:
		return "a block of text"
	case *ast.SequenceNode:
		return "a list"
	case ast.MapNode:
		return "a mapping"
	case *ast.IntegerNode, *ast.FloatNode, *ast.InfinityNode, *ast.NanNode:
		return "the number " + Clip(n.GetToken().Value)
	case *ast.BoolNode:
		return "the word " + Clip(n.GetToken().Value)
	case *ast.NullNode:
		return "empty"
	}
	return "something else"
}

// Clip shortens s for an error.
func Clip(s string) string {
	if r := []rune(s); len(r) > 40 {
		return string(r[:40]) + "…"
	}
	return s
}

// bracketed shows how a single value is written as a list.
func bracketed(n ast.Node) string {
	if s, ok := stringOf(n); ok && len(s) < 40 && !strings.ContainsAny(s, ",:\n") {
		return ": [" + s + "]"
	}
	return ""
}

// singular names one entry of the list called what.
func (f *File) singular(what string) string {
	if f.o.Singular != nil {
		if one := f.o.Singular(what); one != "" {
			return one
		}
	}
	return strings.TrimSuffix(what, "s")
}

// article puts an article before what.
func (f *File) article(what string) string {
	if what == f.o.Name {
		return "the " + what
	}
	return Article(what)
}

// Article puts an indefinite article before what.
func Article(what string) string {
	if strings.ContainsAny(what[:1], "aeiou") {
		return "an " + what
	}
	return "a " + what
}
