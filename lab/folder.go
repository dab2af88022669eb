package lab

import (
	"bytes"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"strings"

	"quintain/internal/regular"
	"quintain/internal/strictyaml"
	"quintain/ml/data"
	"quintain/ml/graph"
	"quintain/ml/onnx"
)

// MaxFile is the size limit in bytes of one file that is handed in.
const MaxFile = 32 << 20

// A Folder is a learner's folder. Nothing outside it is read or written,
// whatever links and dots a name or the folder holds. What is wrong with a file
// is a [Fault].
type Folder struct {
	root  *os.Root
	reads *reads // where it is noted what is read; nil where it is not
}

// OpenFolder opens a folder that exists.
func OpenFolder(dir string) (*Folder, error) {
	root, err := os.OpenRoot(dir)
	if err != nil {
		return nil, err
	}
	return &Folder{root: root}, nil
}

// Close closes the folder.
func (f *Folder) Close() error { return f.root.Close() }

// File returns the content of a file of at most [MaxFile] bytes.
func (f *Folder) File(name string) ([]byte, error) {
	info, err := f.root.Stat(filepath.FromSlash(name))
	switch {
	case errors.Is(err, fs.ErrNotExist):
		f.reads.read(name, nil)
		return nil, &Fault{File: name, Message: "there is no such file", Hint: "the brief says what to hand in; save it in the folder of the exercise"}
	case err != nil:
		return nil, &Fault{File: name, Message: "cannot be read: " + reason(err), Hint: "hand in a plain file, no link that leads elsewhere"}
	case info.IsDir():
		return nil, Faultf(name, "is a folder, want a file")
	case !info.Mode().IsRegular():
		return nil, Faultf(name, "is no regular file")
	case info.Size() > MaxFile:
		return nil, Faultf(name, "has %d bytes, more than the %d that are read", info.Size(), int64(MaxFile))
	}
	r, err := f.root.Open(filepath.FromSlash(name))
	if err != nil {
		return nil, Faultf(name, "cannot be read: %s", reason(err))
	}
	defer r.Close() //nolint:errcheck // only read
	b, err := regular.All(name, r, MaxFile)
	if err != nil {
		return nil, Faultf(name, "cannot be read: %s", reason(err))
	}
	f.reads.read(name, b)
	return b, nil
}

// reason returns the innermost reason of an error, without a path of this
// machine.
func reason(err error) string {
	if p, ok := errors.AsType[*fs.PathError](err); ok {
		err = p.Err
	}
	return err.Error()
}

// YAML decodes a file strictly into the struct that v points to: an unknown
// key is a mistake, not a remark.
func (f *Folder) YAML(name string, v any) error {
	b, err := f.File(name)
	if err != nil {
		return err
	}
	if err := strictyaml.Decode(name, b, v, strictyaml.Options{}).Err(); err != nil {
		line, _, _ := strings.Cut(err.Error(), "\n")
		return &Fault{Message: line, Hint: "the brief shows the file as it should look"}
	}
	return nil
}

// Table reads a file of labeled rows; see [data.Read].
func (f *Folder) Table(name string) (*data.Table, error) {
	b, err := f.File(name)
	if err != nil {
		return nil, err
	}
	t, err := data.Read(bytes.NewReader(b))
	if err != nil {
		return nil, Faultf(name, "%s", strings.TrimPrefix(err.Error(), "data: "))
	}
	return t, nil
}

// Model reads an ONNX file and compiles it.
func (f *Folder) Model(name string) (*graph.Net, error) {
	b, err := f.File(name)
	if err != nil {
		return nil, err
	}
	g, err := onnx.Parse(b)
	if err != nil {
		return nil, Faultf(name, "%s", err)
	}
	net, err := graph.Compile(g, graph.Options{})
	if err != nil {
		return nil, Faultf(name, "%s", err)
	}
	return net, nil
}

// Files returns the names of all regular files in the folder, sorted, with
// slashes. More than maxFiles of them, or folders nested too deep, are a fault.
func (f *Folder) Files() ([]string, error) {
	var names []string
	err := fs.WalkDir(f.root.FS(), ".", func(p string, d fs.DirEntry, err error) error {
		switch {
		case err != nil:
			return Faultf(p, "cannot be read: %s", reason(err))
		case strings.Count(p, "/") > maxDepth || len(names) > maxFiles:
			return Faultf(path.Dir(p), "more than %d files, or folders nested deeper than %d", maxFiles, maxDepth)
		case d.Type().IsRegular():
			names = append(names, p)
		}
		return nil
	})
	return names, err
}

const (
	maxFiles = 10_000
	maxDepth = 16
)

// write writes a file below the folder, and the folders above it.
func (f *Folder) write(name string, b []byte) error {
	f.reads.write(name)
	name = filepath.FromSlash(name)
	if dir := filepath.Dir(name); dir != "." {
		if err := f.root.MkdirAll(dir, 0o755); err != nil {
			return fmt.Errorf("write %s: %w", name, err)
		}
	}
	if err := f.root.WriteFile(name, b, 0o644); err != nil {
		return fmt.Errorf("write %s: %w", name, err)
	}
	return nil
}
