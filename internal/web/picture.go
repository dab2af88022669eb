package web

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/base64"
	"errors"
	"fmt"
	"html/template"
	"net/http"
	"strings"
	"sync"

	"quintain"
	"quintain/lab"
	"quintain/report"
)

// Some exercises train a model to draw what was handed in, so no page waits for
// a picture. A page has the one that is drawn already; where there is none it
// names the address of one, which is drawn when the browser asks for it and
// kept until what it depends on changes.

// A picture is what was handed in, drawn, or on its way.
type picture struct {
	key    quintain.Digest // of what it depends on
	cancel context.CancelFunc
	done   chan struct{} // closed when the rest is there

	svg  template.HTML
	why  string // there is none
	void bool   // what it depends on changed meanwhile
}

// ready reports whether p is drawn.
func (p *picture) ready() bool {
	select {
	case <-p.done:
		return !p.void
	default:
		return false
	}
}

// pictures are the latest of each exercise.
type pictures struct {
	mu sync.Mutex
	m  map[string]*picture
}

// find returns the picture of an exercise with a key, or nil.
func (ps *pictures) find(id string, key quintain.Digest) *picture {
	ps.mu.Lock()
	defer ps.mu.Unlock()
	if p := ps.m[id]; p != nil && p.key == key {
		return p
	}
	return nil
}

// begin returns the picture of an exercise with a key, which paint begins
// unless it was begun before. One with another key is given up: nobody will
// look at it again.
func (ps *pictures) begin(id string, key quintain.Digest, paint func(*picture) context.CancelFunc) *picture {
	ps.mu.Lock()
	defer ps.mu.Unlock()
	old := ps.m[id]
	if old != nil && old.key == key {
		return old
	}
	if old != nil {
		old.cancel()
	}
	p := &picture{key: key, done: make(chan struct{})}
	p.cancel = paint(p)
	if ps.m == nil {
		ps.m = make(map[string]*picture)
	}
	ps.m[id] = p
	return p
}

// drop forgets a picture.
func (ps *pictures) drop(id string, p *picture) {
	ps.mu.Lock()
	defer ps.mu.Unlock()
	if ps.m[id] == p {
		delete(ps.m, id)
	}
}

// A pictureView is what a page shows of a picture: the picture, why there is
// none, or where it is drawn.
type pictureView struct {
	Picture template.HTML
	NoDraw  string
	Src     string // of the image
	Part    string // of the same as a part of a page
}

// view returns what there is to show now.
func (w *Workbench) view(ctx context.Context, e *lab.Exercise) pictureView {
	if e.Picture == nil {
		return pictureView{}
	}
	key, err := w.o.Range.Pictured(ctx, e.ID)
	if err != nil {
		return pictureView{NoDraw: plainFault(err)}
	}
	if p := w.pictures.find(e.ID, key); p != nil && p.ready() {
		return pictureView{Picture: p.svg, NoDraw: p.why}
	}
	src := "/exercises/" + e.ID + "/picture"
	return pictureView{Src: src + "?v=" + key.Short(), Part: src + "/part"}
}

// plainFault returns what is wrong in the words for a learner.
func plainFault(err error) string {
	if fault, ok := errors.AsType[*lab.Fault](err); ok {
		return fault.Message
	}
	return err.Error()
}

// maxDraws is how often a picture is begun again because its folder changed.
const maxDraws = 3

// draw returns the picture of an exercise as its folder is now, and waits for
// it. It goes on when the one who asked has left.
func (w *Workbench) draw(ctx context.Context, e *lab.Exercise) (*picture, error) {
	for range maxDraws {
		key, err := w.o.Range.Pictured(ctx, e.ID)
		if err != nil {
			return nil, err
		}
		p := w.pictures.begin(e.ID, key, func(p *picture) context.CancelFunc {
			return w.spawn(func(ctx context.Context) { w.paint(ctx, e, p) })
		})
		if !wait(ctx, p.done) {
			return nil, ctx.Err()
		}
		if !p.void {
			return p, nil
		}
	}
	return nil, &problem{fmt.Errorf("the folder of %s is changing", e.ID), http.StatusConflict, "Reload the page when what writes there is done."}
}

// paint draws p. What was drawn while the folder changed, or was given up, is
// void.
func (w *Workbench) paint(ctx context.Context, e *lab.Exercise, p *picture) {
	defer close(p.done)
	b, err := w.o.Range.Picture(ctx, e.ID)
	if err == nil && len(b) > 0 {
		p.svg, err = drawing(string(b))
	}
	if err != nil {
		p.why = plainFault(err)
	}
	if key, err := w.o.Range.Pictured(ctx, e.ID); err != nil || key != p.key || ctx.Err() != nil {
		p.void = true
		w.pictures.drop(e.ID, p)
	}
}

// pictured returns the picture that a request asks for.
func (w *Workbench) pictured(r *http.Request) (*picture, error) {
	e, err := w.o.Range.Exercise(r.PathValue("id"))
	if err != nil {
		return nil, err
	}
	if e.Picture == nil {
		return nil, notFound("exercise %s has no picture", e.ID)
	}
	return w.draw(r.Context(), e)
}

// pictureImage sends a picture as an image of its own.
func (w *Workbench) pictureImage(rw http.ResponseWriter, r *http.Request) {
	p, err := w.pictured(r)
	if err != nil {
		w.fail(rw, r, err)
		return
	}
	h := rw.Header()
	h.Set("ETag", `"`+p.key.Short()+`"`)
	h.Set("Cache-Control", "private, no-cache")
	h.Set("Content-Type", "image/svg+xml")
	h.Set("Content-Security-Policy", imagePolicy())
	if r.Header.Get("If-None-Match") == h.Get("ETag") {
		rw.WriteHeader(http.StatusNotModified)
		return
	}
	svg := p.svg
	if svg == "" {
		svg = noPicture(p.why)
	}
	rw.Write(alone(svg)) //nolint:errcheck // the reader is gone
}

// picturePart sends a picture as the part of a page that it is.
func (w *Workbench) picturePart(rw http.ResponseWriter, r *http.Request) {
	p, err := w.pictured(r)
	if err != nil {
		w.fail(rw, r, err)
		return
	}
	part, err := fragment("picture", pictureView{Picture: p.svg, NoDraw: p.why})
	if err != nil {
		w.fail(rw, r, err)
		return
	}
	rw.Header().Set("Content-Type", "text/html; charset=utf-8")
	rw.Write([]byte(part)) //nolint:errcheck // the reader is gone
}

// noPicture is the picture of why there is none.
func noPicture(why string) template.HTML {
	text := "Nothing to draw yet"
	if why != "" {
		text = "No picture yet: " + report.Clip(why, 90)
	}
	return template.HTML(`<svg viewBox="0 0 640 40"><text class="label" x="4" y="24">` + template.HTMLEscapeString(text) + `</text></svg>`)
}

// imageStyle is what styles a picture that stands alone: the colors, and the
// rules for the words of pictures, of the style of the pages.
var imageStyle = sync.OnceValue(func() string {
	b, err := staticFiles.ReadFile("static/style.css")
	if err != nil {
		return ""
	}
	colors, rest, _ := strings.Cut(string(b), "\n.")
	var out strings.Builder
	out.WriteString(colors + "\nsvg { font-family: var(--sans); }\n")
	for line := range strings.Lines(rest) {
		if strings.HasPrefix(line, ".frame .") {
			out.WriteString(strings.ReplaceAll(line, ".frame ", ""))
		}
	}
	return out.String()
})

// imagePolicy is the content security policy of a picture that stands alone.
func imagePolicy() string {
	sum := sha256.Sum256([]byte(imageStyle()))
	return "default-src 'none'; style-src 'sha256-" + base64.StdEncoding.EncodeToString(sum[:]) + "'; base-uri 'none'; frame-ancestors 'none'; sandbox"
}

// alone makes a file of a picture: what it is, and how it looks.
func alone(svg template.HTML) []byte {
	head, rest, _ := strings.Cut(string(svg), ">")
	var b bytes.Buffer
	b.WriteString(strings.Replace(head, "<svg", `<svg xmlns="http://www.w3.org/2000/svg"`, 1))
	b.WriteString("><style>" + imageStyle() + "</style>")
	b.WriteString(report.Visible(rest))
	return b.Bytes()
}

// Alone returns a picture that an exercise drew as an SVG file that can be
// opened in a browser: of the elements and attributes that pages allow, and
// with the colors of the pages. It is an error if src is no SVG, or has others.
func Alone(src []byte) ([]byte, error) {
	svg, err := drawing(string(src))
	if err != nil {
		return nil, err
	}
	return alone(svg), nil
}
