// Package web is the workbench: the range, assessments, the path and the
// catalog as pages on the loopback interface.
//
// A page does what a command does, through the same functions, and shows that
// command. Pages are made on this side and complete without a script; the
// script adds output that is live and nothing else. Everything that a model, an
// artifact or a file said is text in them.
package web

import (
	"context"
	"errors"
	"io"
	"net"
	"net/http"
	"sync"
	"time"

	"quintain"
	"quintain/assess"
	"quintain/curriculum"
	"quintain/lab"
	"quintain/report"
)

// Options are what a [Workbench] shows and does. What is nil or empty has no
// page, except that Token, Hosts and Range must be set.
type Options struct {
	Tool  report.Tool
	Token string   // that opens the workbench; at least 16 bytes
	Hosts []string // that requests may name, with their port: "127.0.0.1:8080"
	Range *lab.Range
	Now   func() time.Time

	Modules map[string]Module // by the folder of their exercises

	Checks []*quintain.Check

	// Assess does what `quintain assess` does. Its run is among those that
	// Runs lists afterwards.
	Assess func(ctx context.Context, a Assessment, progress func(assess.Progress)) (*report.Document, error)

	// Runs lists what was assessed, the latest first, without reading it.
	Runs func() ([]Run, error)

	// Load reads the run of that name.
	Load func(name string) (*report.Document, error)

	// Report writes a run as one page that states its own policy.
	Report func(w io.Writer, d *report.Document) error

	Curriculum *curriculum.Curriculum

	// Learner returns what is known about the learner.
	Learner func(ctx context.Context) (*curriculum.State, error)

	// Change keeps what change makes of what is known about the learner.
	Change func(ctx context.Context, change func(*curriculum.State) error) error

	Endpoints []Endpoint
	Folders   []Folder
}

// A Module is a part of the curriculum.
type Module struct{ Title, About string }

// An Assessment is what the operator asks for on the page of assessments.
type Assessment struct {
	File  string // the system model
	Grant quintain.Need
}

// A Run is an assessment that was made.
type Run struct {
	Name string // of its folder, one path element
	At   time.Time
}

// An Endpoint is where models are asked. Keys are told by the names of the
// environment variables that hold them, never shown.
type Endpoint struct {
	Name   string
	KeyEnv string
	Set    bool // the variable has a value
	Doc    string
}

// A Folder is a place where the workbench keeps something.
type Folder struct{ Name, Path, Doc string }

// A Workbench serves the pages.
type Workbench struct {
	o        Options
	guard    guard
	runs     runs
	pictures pictures
	spawn    func(func(context.Context)) context.CancelFunc
	live     sync.WaitGroup
	mux      http.Handler
	rendered proseCache
	rows     sync.Map // of runs that were read, by name
	fixed    sync.Map // main parts of pages that stay the same, by the name of the template
	parts    sync.Map // of pages that have many of their kind, by what they show
}

// New returns a workbench. Work that pages start ends when ctx does.
func New(ctx context.Context, o Options) (*Workbench, error) {
	if len(o.Token) < 16 || len(o.Hosts) == 0 || o.Range == nil || o.Now == nil {
		return nil, errors.New("web: a workbench needs a token, hosts, a range and a clock")
	}
	w := &Workbench{o: o, guard: newGuard(o.Token, o.Hosts)}
	w.spawn = func(work func(context.Context)) context.CancelFunc {
		ctx, cancel := context.WithCancel(ctx)
		w.live.Go(func() {
			defer cancel()
			work(ctx)
		})
		return cancel
	}
	w.mux = w.routes()
	return w, nil
}

// ServeHTTP implements [http.Handler].
func (w *Workbench) ServeHTTP(rw http.ResponseWriter, r *http.Request) { w.mux.ServeHTTP(rw, r) }

// routes returns the table of pages behind the guard.
func (w *Workbench) routes() http.Handler {
	mux := http.NewServeMux()
	for pattern, page := range map[string]func(*http.Request) (*page, error){
		"GET /{$}":                      w.home,
		"GET /exercises":                w.exercises,
		"GET /exercises/{id}":           w.exercise,
		"GET /exercises/{id}/lesson":    w.lesson,
		"GET /exercises/{id}/ledger":    w.ledger,
		"GET /exercises/{id}/solution":  w.askSolution,
		"GET /assessments":              w.assessments,
		"GET /assessments/{name}":       w.assessment,
		"GET /checks":                   w.checks,
		"GET /checks/{name...}":         w.check,
		"GET /techniques":               w.techniques,
		"GET /techniques/{id}":          w.technique,
		"GET /settings":                 w.settings,
		"GET /path":                     w.path,
		"GET /path/role":                w.role,
		"GET /path/assessment":          w.selfAssessment,
		"GET /path/challenges":          w.challenge,
		"POST /path/challenges":         w.answer,
		"GET /":                         w.nothing,
		"POST /exercises/{id}/solution": w.solution,
		"POST /exercises/{id}/act":      w.act,
	} {
		mux.Handle(pattern, w.shown(page))
	}
	for pattern, act := range map[string]func(*http.Request) (string, error){
		"POST /exercises/{id}/start": w.start,
		"POST /exercises/{id}/reset": w.reset,
		"POST /exercises/{id}/hint":  w.hint,
		"POST /path/assessment":      w.rate,
	} {
		mux.Handle(pattern, w.done(act))
	}
	mux.HandleFunc("POST /exercises/{id}/check", w.runCheck)
	mux.HandleFunc("POST /exercises/{id}/save", w.save)
	mux.HandleFunc("POST /assessments", w.runAssess)
	mux.HandleFunc("GET /runs/{id}/events", w.follow)
	mux.HandleFunc("GET /exercises/{id}/files/{file...}", w.file)
	mux.HandleFunc("GET /exercises/{id}/picture", w.pictureImage)
	mux.HandleFunc("GET /exercises/{id}/picture/part", w.picturePart)
	mux.HandleFunc("GET /assessments/{name}/report", w.report)
	mux.HandleFunc("GET /static/{file}", static)
	mux.HandleFunc("POST /enter", w.enter)
	return w.guarded(mux)
}

// Serve answers on l until ctx ends, and waits for what is under way.
func (w *Workbench) Serve(ctx context.Context, l net.Listener) error {
	if _, err := w.o.Range.List(ctx); err != nil { // so that no page waits until the past is read
		return err
	}
	s := &http.Server{
		Handler: w, ReadHeaderTimeout: 10 * time.Second, ReadTimeout: time.Minute, IdleTimeout: 2 * time.Minute,
		MaxHeaderBytes: 64 << 10, BaseContext: func(net.Listener) context.Context { return ctx },
	}
	ended := make(chan error, 1)
	stop := context.AfterFunc(ctx, func() {
		late, cancel := context.WithTimeout(context.WithoutCancel(ctx), 5*time.Second)
		defer cancel()
		ended <- s.Shutdown(late)
	})
	err := s.Serve(l)
	if !stop() {
		err = errors.Join(<-ended)
	}
	w.live.Wait()
	return err
}
