// Package identity finds files that are not what their names say, and says of
// every file that no format recognizes that it was not analyzed.
package identity

import (
	"bytes"
	"context"
	_ "embed"
	"path"
	"slices"
	"strings"

	"quintain"
	"quintain/scan"
)

//go:embed identity.md
var doc string

// Format reports files whose names and contents disagree. It recognizes
// nothing itself and inspects every file.
var Format = &scan.Format{
	Check: quintain.Check{
		Name:       "scan/identity",
		Doc:        doc,
		Techniques: []quintain.Technique{"AML.T0074", "AML.T0010.003", "LLM04:2026"},
		Accepts:    []quintain.Kind{quintain.KindArtifact},
	},
	Inspect: inspect,
	Twin:    twin,
}

// foreign are endings of names that promise something that no format of the
// scanner reads. A model under such a name hides.
var foreign = []string{
	".txt", ".md", ".rst", ".json", ".jsonl", ".yaml", ".yml", ".toml", ".ini", ".cfg", ".csv", ".tsv", ".xml", ".html",
	".py", ".ipynb", ".sh", ".js", ".jinja", ".png", ".jpg", ".jpeg", ".gif", ".svg", ".pdf", ".wav", ".mp3", ".mp4",
	".gguf", ".ggml", ".h5", ".hdf5", ".pb", ".tflite", ".mlmodel", ".msgpack", ".parquet", ".arrow", ".npy",
	".gz", ".bz2", ".xz", ".zst", ".lz4", ".7z", ".rar", ".tar", ".log", ".gitattributes", ".gitignore",
}

func inspect(_ context.Context, f *scan.File) error {
	f.Account(scan.Delegated, f.Size())
	is, promised := f.Recognized(), f.Promised()
	agrees := slices.ContainsFunc(is, func(x *scan.Format) bool { return slices.Contains(promised, x) })
	ext := strings.ToLower(path.Ext(f.Name()))
	switch {
	case f.Size() == 0 && len(is) == 0:
		f.Doubtf(-1, "not analyzed: %q is empty", f.Name())
	case len(is) == 0 && len(promised) > 0:
		f.Doubtf(0, "not analyzed: no format recognizes %q, whose name promises %s", f.Name(), names(promised))
	case len(is) == 0:
		f.Doubtf(0, "not analyzed: no format recognizes %q", f.Name())
	case open(f, ext):
	case len(promised) > 0 && !agrees:
		f.Reportf(quintain.Medium, 0, "the name %q promises %s, the content is %s", f.Name(), names(promised), names(is))
	case len(promised) == 0 && slices.Contains(foreign, ext):
		f.Reportf(quintain.Medium, 0, "the name ends in %q, the content is %s", ext, names(is))
	}
	if contradict(is) {
		f.Reportf(quintain.Medium, 0, "%q is %s at once, so programs differ on what it holds", f.Name(), names(is))
	}
	return checkDigest(f)
}

// contradict reports whether formats cannot all be right about one file. Those
// that are readings of one text can.
func contradict(is []*scan.Format) bool {
	alone := 0
	for _, x := range is {
		if !x.Shared {
			alone++
		}
	}
	return alone > 1 || alone == 1 && len(is) > 1
}

// open reports whether the ending of a name leaves open which format follows:
// any JSON may be called .json, and .bin says nothing at all.
func open(f *scan.File, ext string) bool {
	head := make([]byte, min(f.Size(), 64))
	if n, _ := f.ReadAt(head, 0); n < len(head) { // told by whoever reads on
		return false
	}
	head = bytes.TrimLeft(head, " \t\r\n")
	return ext == ".bin" || ext == ".json" && len(head) > 0 && (head[0] == '{' || head[0] == '[')
}

// names lists formats: "pickle or torch".
func names(fs []*scan.Format) string {
	var s []string
	for _, f := range fs {
		s = append(s, path.Base(f.Name))
	}
	if n := len(s); n > 1 {
		return strings.Join(s[:n-1], ", ") + " and " + s[n-1]
	}
	return strings.Join(s, "")
}

// twin is the pickle of None under the name of a text.
func twin() (name string, data []byte) { return "weights.txt", []byte("\x80\x02N.") }
