package web

import (
	"errors"
	"fmt"
	"io/fs"
	"mime"
	"net/http"
	"os"
	"path"
	"slices"
	"strings"
	"unicode/utf8"

	"quintain"
	"quintain/lab"
)

// maxEdit is the size limit in bytes of a file that is edited in a page.
const maxEdit = 64 << 10

// editable are the endings of files that are edited in a page.
var editable = []string{".yaml", ".yml", ".txt", ".md", ".json", ".csv"}

// An editor is a file to hand in that can be written in the page.
type editor struct {
	Name  string
	Text  string
	Lines int             // that the field shows
	Was   quintain.Digest // of the file when the page was made; none if there was no file
	Now   *string         // what the file holds, where Text is not that but what was typed
}

// editors returns what can be handed in in the page, and the names of the
// other files.
func editors(dir string, names []string) (list []editor, others []string) {
	for _, name := range names {
		b, err := readHandIn(dir, name)
		if !slices.Contains(editable, path.Ext(name)) || err != nil || len(b) > maxEdit || !utf8.Valid(b) {
			others = append(others, name)
			continue
		}
		e := editor{Name: name, Text: string(b), Lines: min(max(strings.Count(string(b), "\n")+2, 5), 18)}
		if b != nil {
			e.Was = quintain.DigestOf(b)
		}
		list = append(list, e)
	}
	return list, others
}

// readHandIn returns the content of a file of a learner's folder, nil if there
// is none.
func readHandIn(dir, name string) ([]byte, error) {
	f, err := lab.OpenFolder(dir)
	if err != nil {
		return nil, err
	}
	defer f.Close() //nolint:errcheck // nothing is buffered
	root, err := os.OpenRoot(dir)
	if err != nil {
		return nil, err
	}
	defer root.Close() //nolint:errcheck // nothing is buffered
	if _, err := root.Lstat(name); errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	return f.File(name)
}

// saveForm writes the files that a form holds into the learner's folder. A
// file that changed since the form was made is left alone.
func saveForm(h exerciseHead, r *http.Request) error {
	if err := r.ParseForm(); err != nil {
		return &problem{err, http.StatusRequestEntityTooLarge, "Put a large file into the folder of the exercise instead."}
	}
	st := h.E.Stage(r.PostFormValue("stage"))
	if h.State == lab.StateNew || st == nil {
		return nil
	}
	for _, name := range st.HandIn {
		if !r.PostForm.Has("file:" + name) {
			continue
		}
		text := strings.ReplaceAll(r.PostFormValue("file:"+name), "\r\n", "\n")
		if err := saveFile(h.Dir, name, text, quintain.Digest(r.PostFormValue("was:"+name))); err != nil {
			return err
		}
	}
	return nil
}

func saveFile(dir, name, text string, was quintain.Digest) error {
	old, err := readHandIn(dir, name)
	if err != nil {
		return err
	}
	var is quintain.Digest
	if old != nil {
		is = quintain.DigestOf(old)
	}
	switch {
	case string(old) == text:
		return nil
	case is != was:
		return &problem{
			fmt.Errorf("%s was changed by something else since this page was loaded", name), http.StatusConflict,
			"What you wrote is still here. Send it again to replace the file with it.",
		}
	case len(text) > maxEdit:
		return &problem{fmt.Errorf("%s is longer than %d bytes", name, maxEdit), http.StatusRequestEntityTooLarge, "Put it into the folder instead."}
	}
	root, err := os.OpenRoot(dir)
	if err != nil {
		return err
	}
	defer root.Close() //nolint:errcheck // nothing is buffered
	if err := root.MkdirAll(path.Dir(name), 0o700); err != nil {
		return err
	}
	tmp := path.Join(path.Dir(name), ".saving-"+path.Base(name))
	if err := root.WriteFile(tmp, []byte(text), 0o600); err != nil {
		return err
	}
	return root.Rename(tmp, name)
}

// save keeps what was written without checking it.
func (w *Workbench) save(rw http.ResponseWriter, r *http.Request) {
	h, err := w.head(r.Context(), r, "brief")
	if err == nil {
		err = saveForm(h, r)
	}
	if err != nil {
		w.failForm(rw, r, err)
		return
	}
	http.Redirect(rw, r, fmt.Sprintf("/exercises/%s#stage-%s", h.E.ID, r.PostFormValue("stage")), http.StatusSeeOther)
}

// failForm shows why a form was not taken. If another page was faster, that is
// the exercise with what was typed still in its fields; a script has them and
// wants the error alone.
func (w *Workbench) failForm(rw http.ResponseWriter, r *http.Request, err error) {
	p, ok := errors.AsType[*problem](err)
	if !ok || p.status != http.StatusConflict || wantsStream(r) {
		w.fail(rw, r, err)
		return
	}
	page, failed := w.exerciseWith(r, nil)
	if failed != nil {
		w.fail(rw, r, failed)
		return
	}
	if e, ok := page.Data.(exercisePage); ok {
		e.keep(r, p)
	}
	w.write(rw, r, p.status, page)
}

// keep puts what was typed back into the fields of its stage.
func (p *exercisePage) keep(r *http.Request, why *problem) {
	for i := range p.Stages {
		st := &p.Stages[i]
		if st.ID != r.PostFormValue("stage") {
			continue
		}
		st.Results, st.Verdict = nil, &verdict{st.ID, "stale", "Not saved", title(why.Error()) + ". " + why.hint}
		for j := range st.Editors {
			e := &st.Editors[j]
			typed := strings.ReplaceAll(r.PostFormValue("file:"+e.Name), "\r\n", "\n")
			if r.PostForm.Has("file:"+e.Name) && typed != e.Text {
				now := e.Text
				e.Text, e.Now = typed, &now
			}
		}
	}
}

// files lists a learner's folder.
func files(dir string) ([]string, error) {
	f, err := lab.OpenFolder(dir)
	if err != nil {
		return nil, err
	}
	defer f.Close() //nolint:errcheck // nothing is buffered
	list, err := f.Files()
	return slices.DeleteFunc(list, func(n string) bool { return strings.HasPrefix(path.Base(n), ".") }), err
}

// file sends a file of a learner's folder: text to be read, anything else to be
// kept. It is never run by the browser.
func (w *Workbench) file(rw http.ResponseWriter, r *http.Request) {
	h, err := w.head(r.Context(), r, "")
	var b []byte
	if err == nil && h.State == lab.StateNew {
		err = lab.ErrNoAttempt
	}
	if err == nil {
		b, err = readHandIn(h.Dir, r.PathValue("file"))
	}
	if fault, ok := errors.AsType[*lab.Fault](err); ok || err == nil && b == nil {
		err = notFound("there is no file %q in the folder of %s", r.PathValue("file"), h.E.ID)
		if fault != nil {
			err = notFound("%s", fault.Message)
		}
	}
	if err != nil {
		w.fail(rw, r, err)
		return
	}
	rw.Header().Set("Content-Security-Policy", Policy+"; sandbox")
	rw.Header().Set("Content-Type", "text/plain; charset=utf-8")
	if !utf8.Valid(b) {
		rw.Header().Set("Content-Type", "application/octet-stream")
		rw.Header().Set("Content-Disposition", mime.FormatMediaType("attachment", map[string]string{"filename": path.Base(r.PathValue("file"))}))
	}
	rw.Write(b) //nolint:errcheck // the reader is gone
}
