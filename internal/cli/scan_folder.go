package cli

import (
	"fmt"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"quintain"
	doc "quintain/report"
	"quintain/scan/policy"
)

// plain are the endings of names of files that lie beside models and are none.
// A name without an ending, such as LICENSE, is one of them.
var plain = []string{
	"", ".txt", ".md", ".rst", ".json", ".jsonl", ".yaml", ".yml", ".toml", ".ini", ".cfg", ".csv", ".tsv", ".xml", ".html", ".css",
	".py", ".ipynb", ".sh", ".js", ".ts", ".png", ".jpg", ".jpeg", ".gif", ".svg", ".pdf", ".wav", ".mp3", ".mp4", ".log", ".lock",
	".gitattributes", ".gitignore", ".gitkeep", ".cff", ".bib", ".tex", ".c", ".h", ".cc", ".cpp", ".go", ".rs", ".java",
}

// setAside marks the artifacts that are told together: files below a folder
// that are plainly no models and that no format recognizes. Files that were
// named on the command line speak for themselves.
func setAside(d *doc.Document, named []string, cat *catalog) {
	for i := range d.Artifacts {
		a := &d.Artifacts[i]
		a.Aside = !slices.Contains(named, a.Ref) && a.Judgment == doc.NotAnalyzed && a.Digest == "" &&
			len(a.Findings) == 1 && noModel(a.Ref, cat) && unrecognized(a.Ref, &d.Findings[a.Findings[0]])
	}
}

// tellSkipped says which folders of git were left to git.
func tellSkipped(env *Env, d *doc.Document) {
	for i := range d.Findings {
		f := &d.Findings[i]
		if f.Outcome == quintain.NotApplicable && filepath.Base(f.Target.Ref) == ".git" && strings.HasPrefix(f.Summary, "skipped ") {
			fmt.Fprintf(env.Stderr, "quintain: %s: %s\n", oneLine(f.Target.Ref), oneLine(f.Summary))
		}
	}
}

// noModel reports whether a name is plainly not that of a model: by its ending,
// unless a format goes by the whole name, such as config.json.
func noModel(ref string, cat *catalog) bool {
	name := strings.ToLower(filepath.Base(ref))
	for _, f := range cat.formats {
		if slices.ContainsFunc(f.Extensions, func(x string) bool { return x[0] != '.' && strings.HasSuffix(name, x) }) {
			return false
		}
	}
	return slices.Contains(plain, path.Ext(name))
}

// unrecognized reports whether a finding says that a file was read and is in
// no format, or is empty, and not that it could not be read.
func unrecognized(ref string, f *quintain.Finding) bool {
	if len(f.Evidence) == 1 && strings.HasSuffix(f.Evidence[0].Location, "@0x0") {
		return true
	}
	info, err := os.Stat(ref)
	return err == nil && info.Mode().IsRegular() && info.Size() == 0
}

// applyPolicy marks the findings that a policy accepts, and tells of the
// entries that accept nothing.
func applyPolicy(env *Env, d *doc.Document, p *policy.Policy) {
	r := p.Apply(d.Findings, env.Now())
	for n := range d.Findings {
		if e := r.Accepted[n]; e != nil {
			d.Accepted = append(d.Accepted, doc.Accepted{
				Finding: n, Acceptance: doc.Acceptance{By: e.By, Why: e.Why, Until: e.Until.Format(time.DateOnly)},
			})
		}
	}
	for i, state := range r.States {
		e := &p.Entries[i]
		why := ""
		switch state {
		case policy.Used:
			continue
		case policy.Expired:
			why = "ended on " + e.Until.Format(time.DateOnly)
		case policy.Unbound:
			why = "has no digest, and what it would accept is high or critical"
		case policy.Unmatched:
			why = "accepts nothing: no weakness is as it says"
		}
		fmt.Fprintf(env.Stderr, "quintain: %s:%d:%d: the entry for %s %s\n", oneLine(p.File), e.Line, e.Col, oneLine(e.Check), why)
	}
}
