package web

import (
	"bytes"
	"html/template"
	"regexp"
	"strings"
	"sync"

	"github.com/yuin/goldmark"
	"github.com/yuin/goldmark/ast"
	"github.com/yuin/goldmark/extension"
	"github.com/yuin/goldmark/parser"
	"github.com/yuin/goldmark/text"
	"github.com/yuin/goldmark/util"
)

// markdown renders texts of the program: raw HTML and dangerous links are left
// out, and nothing has a style attribute.
var markdown = sync.OnceValue(func() goldmark.Markdown {
	return goldmark.New(
		goldmark.WithExtensions(extension.NewTable(extension.WithTableCellAlignMethod(extension.TableCellAlignAttribute)), extension.Strikethrough),
		goldmark.WithParserOptions(parser.WithASTTransformers(util.Prioritized(tame{}, 100))),
	)
})

// A tame transformer fits a text into a page: its headings go below the page's
// own, its images become their words, and its links do not tell where they
// were followed.
type tame struct{}

// Transform implements [parser.ASTTransformer].
func (tame) Transform(doc *ast.Document, reader text.Reader, _ parser.Context) {
	var images []*ast.Image
	//nolint:errcheck // the function below returns no error
	ast.Walk(doc, func(n ast.Node, entering bool) (ast.WalkStatus, error) {
		if !entering {
			return ast.WalkContinue, nil
		}
		switch n := n.(type) {
		case *ast.Heading:
			n.Level = min(n.Level+1, 6)
		case *ast.Image:
			images = append(images, n)
		case *ast.Link:
			n.SetAttributeString("rel", []byte("noreferrer noopener"))
		}
		return ast.WalkContinue, nil
	})
	for _, n := range images {
		var words bytes.Buffer
		for c := n.FirstChild(); c != nil; c = c.NextSibling() {
			if t, ok := c.(*ast.Text); ok {
				words.Write(t.Segment.Value(reader.Source()))
			}
		}
		n.Parent().ReplaceChild(n.Parent(), n, ast.NewString(words.Bytes()))
	}
}

// A proseCache keeps rendered texts, which are the program's own and few.
type proseCache struct{ m sync.Map }

// prose renders a text of the program.
func (w *Workbench) prose(src string) template.HTML { return w.rendered.render(src) }

func (c *proseCache) render(src string) template.HTML {
	if v, ok := c.m.Load(src); ok {
		if out, ok := v.(template.HTML); ok {
			return out
		}
	}
	var b bytes.Buffer
	if err := markdown().Convert([]byte(src), &b); err != nil {
		return template.HTML("<pre>" + template.HTMLEscapeString(src) + "</pre>")
	}
	out := template.HTML(block.ReplaceAllStringFunc(b.String(), unbroken))
	c.m.Store(src, out)
	return out
}

var (
	block = regexp.MustCompile(`(?s)<pre><code[^>]*>.*?</code></pre>`)
	flag  = regexp.MustCompile(`(^|[\s>])(--?[a-z][a-z0-9-]*)`)
)

// unbroken keeps the flags of commands in one piece: browsers break lines after
// the dashes of "--data", and then nobody can tell what to type.
func unbroken(escaped string) string {
	return flag.ReplaceAllString(escaped, `$1<span class="flag">$2</span>`)
}

// body returns a text without its title, which is its first line.
func body(doc string) string {
	_, rest, _ := strings.Cut(strings.TrimSpace(doc), "\n")
	return strings.TrimSpace(rest)
}

// lead returns the first paragraph of a text as plain words.
func lead(doc string) string {
	for p := range strings.SplitSeq(doc, "\n\n") {
		p = strings.TrimSpace(p)
		if p == "" || strings.HasPrefix(p, "#") || strings.HasPrefix(p, "```") || strings.HasPrefix(p, "|") {
			continue
		}
		return strings.NewReplacer("**", "", "`", "", "*", "", "\n", " ").Replace(p)
	}
	return ""
}
