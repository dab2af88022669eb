package sarif

import (
	"fmt"
	"net/url"
	"path"
	"slices"
	"strings"

	"quintain"
	"quintain/report"
	"quintain/taxonomy"
)

// rule returns the index of the rule with that name, which it adds if it is
// new. A severity that is higher than what is known of the rule raises it.
func (b *builder) rule(name, doc string, techniques []quintain.Technique, s quintain.Severity) int {
	i, ok := b.index[name]
	if !ok {
		i = len(b.rules)
		b.index[name] = i
		b.rules = append(b.rules, b.newRule(name, doc, techniques))
	}
	r := &b.rules[i]
	if score := scores[s]; score > r.Properties["security-severity"].(string) {
		r.Properties["security-severity"] = score
		r.Configuration.Level = level(s)
	}
	return i
}

// scores are the middles of the ranges that code scanning services sort
// severities into.
var scores = map[quintain.Severity]string{
	quintain.None: "0.0", quintain.Low: "2.0", quintain.Medium: "5.5", quintain.High: "8.0", quintain.Critical: "9.5",
}

func (b *builder) newRule(name, doc string, techniques []quintain.Technique) rule {
	for _, c := range b.d.Checks {
		if c.Name == name {
			doc = c.Doc
			techniques = append(slices.Clone(techniques), c.Techniques...)
		}
	}
	title, rest, _ := strings.Cut(doc, "\n")
	r := rule{
		ID:            plain(name),
		Configuration: configuration{Level: "note"},
		Properties:    map[string]any{"security-severity": scores[quintain.None]},
	}
	if r.ShortDescription.Text = plain(title); title == "" {
		r.ShortDescription.Text = r.ID
	}
	if rest = strings.TrimSpace(rest); rest != "" {
		r.Help = &text{Text: plain(rest), Markdown: plain(rest)}
	}
	tags := []string{"security"}
	for _, t := range techniques {
		if !slices.Contains(tags, plain(string(t))) {
			tags = append(tags, plain(string(t)))
			r.Relationships = append(r.Relationships, b.taxa.relate(string(t))...)
		}
	}
	r.Properties["tags"] = tags
	return r
}

// taxa collects the taxonomies that rules refer to.
type taxa struct{ list []toolComponent }

func (x *taxa) refs() []compID {
	var refs []compID
	for i, c := range x.list {
		refs = append(refs, compID{c.Name, i})
	}
	return refs
}

// relate returns the relation of a rule to a technique, if the technique
// exists.
func (x *taxa) relate(id string) []relationship {
	e, ok := taxonomy.Lookup(id)
	if !ok {
		return nil
	}
	name := strings.TrimSpace(e.Framework + " " + e.Edition)
	c := slices.IndexFunc(x.list, func(c toolComponent) bool { return c.Name == name })
	if c < 0 {
		c = len(x.list)
		x.list = append(x.list, toolComponent{Name: name, Version: e.Edition})
	}
	comp := &x.list[c]
	t := slices.IndexFunc(comp.Taxa, func(t taxon) bool { return t.ID == e.ID })
	if t < 0 {
		t = len(comp.Taxa)
		comp.Taxa = append(comp.Taxa, taxon{ID: e.ID, Name: taxonomy.Short(id), HelpURI: e.URL})
	}
	return []relationship{{Target: taxonRef{ID: e.ID, Index: t, ToolComponent: compID{name, c}}, Kinds: []string{"relevant"}}}
}

// place says where the target of that reference is, its real name percent-encoded.
// A file below the working folder is relative to it; anything else is named as
// well as a URI allows.
func place(ref string) physical {
	p := physical{Region: region{StartLine: 1}}
	if u, err := url.Parse(ref); err == nil && u.Scheme != "" && u.Host != "" {
		u.RawQuery = escape(u.RawQuery)
		p.Artifact.URI = u.String()
		return p
	}
	file := path.Clean(strings.ReplaceAll(ref, `\`, "/"))
	if strings.HasPrefix(file, "/") {
		p.Artifact.URI = (&url.URL{Scheme: "file", Path: file}).String()
		return p
	}
	for strings.HasPrefix(file, "../") {
		file = strings.TrimPrefix(file, "../")
	}
	p.Artifact = artifact{URI: (&url.URL{Path: file}).String(), Base: baseID}
	return p
}

// escape percent-encodes what may not stand in the query of a URI.
func escape(query string) string {
	var b strings.Builder
	for i := range len(query) {
		if c := query[i]; c <= ' ' || c >= 0x7f || strings.IndexByte("\"<>\\^`{|}", c) >= 0 {
			fmt.Fprintf(&b, "%%%02X", c)
		} else {
			b.WriteByte(c)
		}
	}
	return b.String()
}

// spots returns the places inside the target that the evidence points to.
func spots(f *quintain.Finding) []string {
	var list []string
	for _, e := range f.Evidence {
		if e.Location != "" && !slices.Contains(list, e.Location) {
			list = append(list, e.Location)
		}
	}
	return list
}

func parts(names []string) []logical {
	var list []logical
	for _, n := range names {
		list = append(list, logical{FullyQualifiedName: plain(n)})
	}
	return list
}

// plain makes s harmless in a message: nothing hidden, and no link, which
// SARIF writes like Markdown.
func plain(s string) string { return strings.ReplaceAll(report.Visible(s), "](", "] (") }

func plains(list []string) []string {
	out := []string{}
	for _, s := range list {
		out = append(out, plain(s))
	}
	return out
}
