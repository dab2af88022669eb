package fetch

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path"
	"strings"

	"quintain"
)

// A folder receives files. Nothing is ever read or written outside it, or
// through a link.
type folder struct {
	root  *os.Root
	names map[string]map[string]string // of each folder, folded names to names
}

func openFolder(dir string) (*folder, error) {
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return nil, err
	}
	root, err := os.OpenRoot(dir)
	if err != nil {
		return nil, err
	}
	d := &folder{root: root, names: make(map[string]map[string]string)}
	if err := d.makeDir(partialName); err != nil {
		return nil, errors.Join(err, root.Close())
	}
	return d, nil
}

// close forgets the folder. Parts that wait to be completed stay.
func (d *folder) close() error {
	_ = d.root.Remove(partialName) // fails when parts are left, as it should
	return d.root.Close()
}

// makeDir makes one folder, or makes sure that it is one and no link.
func (d *folder) makeDir(name string) error {
	if err := d.root.Mkdir(name, 0o755); err != nil && !errors.Is(err, fs.ErrExist) {
		return err
	}
	info, err := d.root.Lstat(name)
	if err != nil {
		return err
	}
	if !info.IsDir() {
		return fmt.Errorf("%q is in the way: it is not a folder", name)
	}
	return nil
}

// prepare makes the folders above p and makes sure that a file can be put
// there: nothing but a file is there now, and no other name that some systems
// take for the same.
func (d *folder) prepare(p string) error {
	for i := range len(p) {
		if p[i] == '/' {
			if err := d.free(p[:i]); err != nil {
				return err
			}
			if err := d.makeDir(p[:i]); err != nil {
				return err
			}
		}
	}
	if err := d.free(p); err != nil {
		return err
	}
	info, err := d.root.Lstat(p)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return nil
	case err != nil:
		return err
	case !info.Mode().IsRegular():
		return fmt.Errorf("%q is in the way: it is not a file", p)
	}
	return nil
}

// free makes sure that no name beside p differs from it only by case.
func (d *folder) free(p string) error {
	dir, name := path.Split(p)
	dir = path.Clean("./" + dir)
	names, ok := d.names[dir]
	if !ok {
		names = make(map[string]string)
		list, err := fs.ReadDir(d.root.FS(), dir)
		if err != nil {
			return err
		}
		for _, e := range list {
			names[fold(e.Name())] = e.Name()
		}
		d.names[dir] = names
	}
	if other, ok := names[fold(name)]; ok && other != name {
		return fmt.Errorf("%q is in the way: some systems take it for the same name", path.Join(dir, other))
	}
	names[fold(name)] = name
	return nil
}

// has reports whether the folder has a file at p.
func (d *folder) has(p string) bool {
	info, err := d.root.Lstat(p)
	return err == nil && info.Mode().IsRegular()
}

// sums reads the file at p, as long as over says nothing; the zero sums if
// there is none.
func (d *folder) sums(p string, over func() error) (sums, error) {
	info, err := d.root.Lstat(p)
	if errors.Is(err, fs.ErrNotExist) {
		return sums{}, nil
	}
	if err != nil {
		return sums{}, err
	}
	f, err := d.root.Open(p)
	if err != nil {
		return sums{}, err
	}
	defer f.Close() //nolint:errcheck // only read
	h := newHasher(info.Size())
	if _, err := io.Copy(h, &breakable{f, over}); err != nil {
		return sums{}, err
	}
	return h.sums(), nil
}

// manifest returns the manifest that is in the folder, or an empty one.
func (d *folder) manifest() (*Manifest, error) {
	info, err := d.root.Lstat(manifestName)
	if errors.Is(err, fs.ErrNotExist) {
		return new(Manifest), nil
	}
	if err != nil {
		return nil, err
	}
	if !info.Mode().IsRegular() || info.Size() > maxManifest {
		return nil, fmt.Errorf("%s in the folder is not a fetch manifest", manifestName)
	}
	b, err := d.root.ReadFile(manifestName)
	if err != nil {
		return nil, err
	}
	return DecodeManifest(b)
}

// save writes the manifest, whole or not at all.
func (d *folder) save(m *Manifest) error {
	var b bytes.Buffer
	e := json.NewEncoder(&b)
	e.SetEscapeHTML(false)
	e.SetIndent("", "  ")
	if err := e.Encode(m); err != nil {
		return err
	}
	tmp := partialName + "/manifest"
	if err := d.root.WriteFile(tmp, b.Bytes(), 0o644); err != nil {
		return err
	}
	return d.root.Rename(tmp, manifestName)
}

// A part is a file that is not complete yet. It has a name of its own until
// it is.
type part struct {
	d    *folder
	name string // without extension
	file *os.File
	partState
}

// partState is what must hold for a part to be continued.
type partState struct {
	URL  string `json:"url"` // without credentials
	ETag string `json:"etag"`
	Want string `json:"want"` // what the source promised
}

// part opens the part of p, new or from an earlier fetch.
func (d *folder) part(p string) (*part, error) {
	id := strings.TrimPrefix(string(quintain.DigestOf([]byte(p))), "sha256:")[:32]
	w := &part{d: d, name: partialName + "/" + id}
	for _, name := range []string{w.name + ".part", w.name + ".json"} {
		if info, err := d.root.Lstat(name); err == nil && !info.Mode().IsRegular() {
			return nil, fmt.Errorf("%q is in the way: it is not a file", name)
		}
	}
	var err error
	if w.file, err = d.root.OpenFile(w.name+".part", os.O_RDWR|os.O_CREATE, 0o644); err != nil {
		return nil, err
	}
	if b, err := d.root.ReadFile(w.name + ".json"); err != nil || json.Unmarshal(b, &w.partState) != nil {
		w.partState = partState{}
	}
	return w, nil
}

// usable returns how many bytes of the part are the beginning of the file that
// is wanted: those of the same address, of a version that the server can be
// asked for or a content that will be proved.
func (w *part) usable(want file) (int64, error) {
	info, err := w.file.Stat()
	if err != nil {
		return 0, err
	}
	n := info.Size()
	if w.URL != want.address() || w.Want != want.promise() || !strong(w.ETag) && !want.promised() || want.Size >= 0 && n > want.Size {
		return 0, nil
	}
	return n, nil
}

// restart empties the part and says what it is to be a part of.
func (w *part) restart(s partState) error {
	if err := w.file.Truncate(0); err != nil {
		return err
	}
	if _, err := w.file.Seek(0, 0); err != nil {
		return err
	}
	b, err := json.Marshal(s)
	if err != nil {
		return err
	}
	w.partState = s
	return w.d.root.WriteFile(w.name+".json", b, 0o644)
}

// land gives the part its final name.
func (w *part) land(p string) error {
	if err := w.file.Sync(); err != nil {
		return err
	}
	if err := w.file.Close(); err != nil {
		return err
	}
	if err := w.d.root.Rename(w.name+".part", p); err != nil {
		return err
	}
	return w.d.root.Remove(w.name + ".json")
}

// leave closes the part, and removes it if it is empty or useless.
func (w *part) leave(useless bool) error {
	info, err := w.file.Stat()
	if err = errors.Join(err, w.file.Close()); err != nil {
		return err
	}
	if !useless && info.Size() > 0 {
		return nil
	}
	for _, name := range []string{w.name + ".part", w.name + ".json"} {
		if err := w.d.root.Remove(name); err != nil && !errors.Is(err, fs.ErrNotExist) {
			return err
		}
	}
	return nil
}
