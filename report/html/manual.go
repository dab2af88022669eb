package html

import (
	"strings"
)

// A block is a block of a manual page.
type block struct {
	Kind  string // heading, text, code or list
	Spans []span
	Items [][]span
	Text  string // of code
}

// A span is a piece of a line.
type span struct {
	Kind string // "", code or strong
	Text string
}

// blocks reads the little Markdown that manual pages are written in:
// headings, paragraphs, lists, fenced code, `code` and **strong**. Anything
// else is text.
func blocks(doc string) []block {
	var list []block
	var para []string
	flush := func() {
		if len(para) > 0 {
			list = append(list, block{Kind: "text", Spans: spans(strings.Join(para, " "))})
			para = nil
		}
	}
	_, rest, _ := strings.Cut(doc, "\n") // the title is shown already
	lines := strings.Split(rest, "\n")
	for i := 0; i < len(lines); i++ {
		line := strings.TrimRight(lines[i], " \t")
		text := strings.TrimSpace(line)
		last := len(list) - 1
		switch {
		case text == "":
			flush()
		case strings.HasPrefix(text, "```"):
			flush()
			var code []string
			for i++; i < len(lines) && !strings.HasPrefix(strings.TrimSpace(lines[i]), "```"); i++ {
				code = append(code, lines[i])
			}
			list = append(list, block{Kind: "code", Text: strings.Join(code, "\n")})
		case strings.HasPrefix(text, "#"):
			flush()
			list = append(list, block{Kind: "heading", Spans: spans(strings.TrimLeft(text, "# "))})
		case strings.HasPrefix(text, "- ") || strings.HasPrefix(text, "* "):
			flush()
			if last = len(list) - 1; last < 0 || list[last].Kind != "list" {
				list = append(list, block{Kind: "list"})
				last++
			}
			list[last].Items = append(list[last].Items, spans(text[2:]))
		case line != text && len(para) == 0 && last >= 0 && list[last].Kind == "list":
			items := list[last].Items // an indented line goes on with the item
			items[len(items)-1] = append(items[len(items)-1], spans(" "+text)...)
		default:
			para = append(para, text)
		}
	}
	flush()
	return list
}

// spans splits a line at `code` and **strong**.
func spans(s string) []span {
	var list []span
	add := func(kind, text string) {
		if text != "" {
			list = append(list, span{kind, text})
		}
	}
	for {
		i := strings.IndexAny(s, "`*")
		if i < 0 {
			break
		}
		mark, kind := "`", "code"
		if s[i] == '*' {
			mark, kind = "**", "strong"
		}
		inner, rest, ok := strings.Cut(strings.TrimPrefix(s[i:], mark), mark)
		if !ok || !strings.HasPrefix(s[i:], mark) {
			add("", s[:i+1])
			s = s[i+1:]
			continue
		}
		add("", s[:i])
		add(kind, inner)
		s = rest
	}
	add("", s)
	return list
}
