package web

import (
	"embed"
	"mime"
	"net/http"
	"path"

	"quintain"
)

//go:embed static
var staticFiles embed.FS

//go:embed static/mark.svg
var markSVG string

// address returns where a file is served, with the digest of its content, so
// that browsers keep it as long as it stays the same.
func address(name string) string {
	b, err := staticFiles.ReadFile("static/" + name)
	if err != nil {
		return "/static/" + name
	}
	return "/static/" + name + "?v=" + quintain.DigestOf(b).Short()
}

// static serves the style, the script and the mark.
func static(rw http.ResponseWriter, r *http.Request) {
	name := r.PathValue("file")
	b, err := staticFiles.ReadFile("static/" + name)
	if err != nil {
		http.NotFound(rw, r)
		return
	}
	h := rw.Header()
	h.Set("Content-Type", mime.TypeByExtension(path.Ext(name)))
	if r.URL.Query().Get("v") == quintain.DigestOf(b).Short() {
		h.Set("Cache-Control", "private, max-age=31536000, immutable")
	}
	rw.Write(b) //nolint:errcheck // the reader is gone
}
