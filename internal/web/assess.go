package web

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"html"
	"io/fs"
	"net/http"
	"net/url"
	"regexp"
	"slices"
	"strings"

	"quintain"
	"quintain/assess"
	"quintain/report"
)

// An assessPage lists what was assessed and starts an assessment.
type assessPage struct {
	Runs []runRow
	Live *live
	Last *verdict // of the latest attempt, if it came to nothing
	File string
}

// A runRow is one run in a list.
type runRow struct {
	Run

	Href, Report string
	Subject      string
	Verdict      report.Verdict
	Word         string
	Headline     string
	Counts       []count
	Sum          int
	Trouble      string // why it could not be read
}

// A count is how many threats have a status.
type count struct {
	Name string
	N, X int
}

// Ago returns the time of the run for people.
func (r runRow) Ago() string { return r.At.Format("2 Jan 2006, 15:04") }

var verdictWords = map[report.Verdict]string{
	report.Passed: "Gate passed", report.Failed: "Gate failed", report.Incomplete: "Incomplete", report.Undecided: "Undecided",
}

// maxRows is how many runs a page reads.
const maxRows = 20

func (w *Workbench) runRows() ([]runRow, error) {
	if w.o.Runs == nil || w.o.Load == nil {
		return nil, nil
	}
	list, err := w.o.Runs()
	if err != nil {
		return nil, err
	}
	var out []runRow
	for _, run := range list[:min(len(list), maxRows)] {
		out = append(out, w.row(run))
	}
	return out, nil
}

// row summarizes a run, which is read once as long as it stays the same.
func (w *Workbench) row(run Run) runRow {
	if v, ok := w.rows.Load(run.Name); ok {
		if row, ok := v.(runRow); ok && row.At.Equal(run.At) {
			return row
		}
	}
	d, err := w.o.Load(run.Name)
	if err != nil {
		return runRow{Run: run, Subject: run.Name, Trouble: err.Error()}
	}
	row := rowOf(run, d)
	w.rows.Store(run.Name, row)
	return row
}

func rowOf(run Run, d *report.Document) runRow {
	row := runRow{
		Run: run, Href: "/assessments/" + url.PathEscape(run.Name), Verdict: d.Verdict(), Word: verdictWords[d.Verdict()], Subject: run.Name,
		Report: "/assessments/" + url.PathEscape(run.Name) + "/report",
	}
	_, row.Headline, _ = strings.Cut(d.Headline(), ": ")
	if d.System != nil {
		row.Subject = d.System.Name
	}
	for _, s := range report.Statuses {
		if n := len(d.ByStatus(s)); n > 0 {
			row.Counts = append(row.Counts, count{string(s), n, row.Sum})
			row.Sum += n
		}
	}
	return row
}

func (w *Workbench) assessments(r *http.Request) (*page, error) {
	if w.o.Assess == nil {
		return w.nothing(r)
	}
	rows, err := w.runRows()
	if err != nil {
		return nil, err
	}
	p := assessPage{Runs: rows, File: r.URL.Query().Get("file")}
	if l := w.runs.of(assessSubject); l != nil {
		p.Last, _ = l.outcome().(*verdict)
		if l.running() {
			p.Live = l
		}
	}
	return &page{Name: "assessments", Title: "Assessments", Section: "Assessments", Command: "quintain assess system.yaml", Data: p}, nil
}

const assessSubject = "an assessment"

// runAssess starts an assessment.
func (w *Workbench) runAssess(rw http.ResponseWriter, r *http.Request) {
	a, err := assessmentOf(r)
	if err == nil && w.o.Assess == nil {
		err = notFound("this workbench makes no assessments")
	}
	if err != nil {
		w.fail(rw, r, err)
		return
	}
	w.serveLive(rw, r, assessSubject, "/assessments#verdict", func(ctx context.Context, l *live) {
		l.tell(message{"say", "Assessing " + report.Line(a.File)})
		d, err := w.o.Assess(ctx, a, func(p assess.Progress) {
			l.tell(piece("swap", "progress", progress{p.Done, p.Total, p.Doing}))
		})
		w.assessed(l, d, err)
	})
}

// assessed ends the run of an assessment.
func (w *Workbench) assessed(l *live, d *report.Document, err error) {
	if err == nil && d == nil {
		err = errors.New("it left no report")
	}
	if err != nil {
		v := &verdict{"", "stale", "Not assessed", report.Line(err.Error())}
		l.end(v, piece("swap", "verdict", v), message{"say", v.Word + ". " + v.Text})
		return
	}
	if rows, err := w.runRows(); err == nil && len(rows) > 0 {
		l.Href = rows[0].Href
	}
	l.end(nil, message{"say", d.Headline()})
}

// progress is how far an assessment has come.
type progress struct {
	Done, Total int
	Doing       string
}

// assessmentOf reads the form.
func assessmentOf(r *http.Request) (Assessment, error) {
	if err := r.ParseForm(); err != nil {
		return Assessment{}, &problem{err, http.StatusBadRequest, ""}
	}
	a := Assessment{File: strings.TrimSpace(r.PostFormValue("file"))}
	if a.File == "" {
		return a, &problem{errors.New("no system file was given"), http.StatusBadRequest, "Write the path of a system.yaml, such as examples/clinic/system.yaml."}
	}
	need, err := quintain.ParseNeeds(strings.Join(r.PostForm["grant"], ","))
	if err != nil {
		return a, &problem{err, http.StatusBadRequest, ""}
	}
	a.Grant = need
	return a, nil
}

// A runPage is one assessment.
type runPage struct {
	runRow

	Description string
	File        string
	Threats     []threatRow
	Reasons     []string
	Command     string
}

// A threatRow is a verdict on a threat.
type threatRow struct {
	report.Threat

	Checks []link
}

func (w *Workbench) assessment(r *http.Request) (*page, error) {
	run, d, err := w.find(r.PathValue("name"))
	if err != nil {
		return nil, err
	}
	p := runPage{runRow: rowOf(run, d), Reasons: d.Gate.Reasons, Command: report.Shell(d.Command)}
	if d.System != nil {
		p.Description, p.File = d.System.Description, d.System.Ref
	}
	for _, s := range report.Statuses {
		for _, t := range d.ByStatus(s) {
			row := threatRow{Threat: *t}
			for _, name := range t.Checks {
				one := link{ID: name}
				if w.hasCheck(name) { // a run may come from anywhere
					one.Href = "/checks/" + name
				}
				row.Checks = append(row.Checks, one)
			}
			p.Threats = append(p.Threats, row)
		}
	}
	return &page{Name: "assessment", Title: p.Subject, Section: "Assessments", Command: p.Command, Data: p}, nil
}

func (w *Workbench) hasCheck(name string) bool {
	return slices.ContainsFunc(w.o.Checks, func(c *quintain.Check) bool { return c.Name == name })
}

// find returns a run by the name of its folder, and what it holds.
func (w *Workbench) find(name string) (Run, *report.Document, error) {
	if w.o.Runs == nil || w.o.Load == nil {
		return Run{}, nil, notFound("there is no run %q", name)
	}
	list, err := w.o.Runs()
	if err != nil {
		return Run{}, nil, err
	}
	for _, run := range list {
		if run.Name == name {
			d, err := w.o.Load(run.Name)
			if errors.Is(err, fs.ErrNotExist) {
				break
			}
			return run, d, err
		}
	}
	return Run{}, nil, notFound("there is no run %q", name)
}

// report sends the report of a run. It is a page with a policy of its own, and
// is kept from everything else here.
func (w *Workbench) report(rw http.ResponseWriter, r *http.Request) {
	_, d, err := w.find(r.PathValue("name"))
	var b bytes.Buffer
	if err == nil {
		err = w.o.Report(&b, d)
	}
	policy := ""
	if err == nil {
		policy, err = policyOf(b.Bytes())
	}
	if err != nil {
		w.fail(rw, r, err)
		return
	}
	rw.Header().Set("Content-Security-Policy", policy)
	rw.Header().Set("Content-Type", "text/html; charset=utf-8")
	rw.Write(b.Bytes()) //nolint:errcheck // the reader is gone
}

var metaPolicy = regexp.MustCompile(`^[^<]*<!doctype html>\s*<html[^>]*>\s*<head>\s*<meta charset="utf-8">\s*` +
	`<meta http-equiv="Content-Security-Policy" content="([^"]*)">`)

// policyOf returns the policy that a report states before anything else, and
// puts the report into a box: it may run its own script, but is a stranger to
// the workbench.
func policyOf(doc []byte) (string, error) {
	m := metaPolicy.FindSubmatch(doc)
	if m == nil {
		return "", errors.New("the report does not state its policy")
	}
	p := html.UnescapeString(string(m[1]))
	if !strings.Contains(p, "default-src 'none'") || strings.Contains(p, "unsafe") || strings.ContainsAny(p, "\r\n") {
		return "", fmt.Errorf("the report states a weak policy: %q", p)
	}
	return p + "; frame-ancestors 'none'; sandbox allow-scripts", nil
}
