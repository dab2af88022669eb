package scan

import (
	"bytes"
	"compress/zlib"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"

	"quintain"
)

// gitStores are the folders in which git keeps its own files. What git wrote
// there is a copy of the files beside it in a form that no loader reads. Such
// files are counted and not inspected; everything else in there is scanned like
// any file, such as hooks and the models of git LFS.
type gitStores struct{ last string }

// of returns the folder of git that a path is in, or "".
func (g *gitStores) of(p string, d fs.DirEntry) string {
	if g.last != "" && strings.HasPrefix(p, g.last+string(filepath.Separator)) {
		return g.last
	}
	g.last = ""
	if d == nil || !d.IsDir() || d.Name() != ".git" {
		return ""
	}
	for _, name := range []string{"HEAD", "objects", "refs"} {
		info, err := os.Lstat(filepath.Join(p, name))
		if err != nil || info.IsDir() != (name != "HEAD") {
			return ""
		}
	}
	g.last = p
	return ""
}

// gitObject and gitPack are the files that hold what was committed, gitText
// those in text.
var (
	gitObject = regexp.MustCompile(`^objects/[0-9a-f]{2}/[0-9a-f]{38}([0-9a-f]{24})?$`)
	gitPack   = regexp.MustCompile(`^objects/(pack|info)/[\w.-]+$`)
	gitText   = regexp.MustCompile(`^(HEAD|ORIG_HEAD|FETCH_HEAD|MERGE_\w+|COMMIT_EDITMSG|config|description|packed-refs|shallow|refs/.*|logs/.*|info/[\w.-]+|hooks/[\w-]+\.sample|gc\.\w+)$`)
)

// gitMagic are the beginnings of the binary files of git.
var gitMagic = []string{"PACK", "\xfftOc", "RIDX", "BITM", "MTME", "DIRC", "CGPH", "MIDX"}

// isGits reports whether a file in a folder of git is one that git writes, by
// its name and its content.
func (e *engine) isGits(s source, r io.ReaderAt, size int64) bool {
	rel, err := filepath.Rel(s.git, s.target.Ref)
	if err != nil {
		return false
	}
	rel = filepath.ToSlash(rel)
	head := make([]byte, min(HeadSize, size))
	if n, _ := r.ReadAt(head, 0); n < len(head) {
		return false
	}
	switch {
	case gitObject.MatchString(rel):
		return isGitObject(head)
	case rel == "index" || gitPack.MatchString(rel) && !gitText.MatchString(rel):
		return slices.ContainsFunc(gitMagic, func(m string) bool { return bytes.HasPrefix(head, []byte(m)) }) || e.plainText(s.name, head)
	case gitText.MatchString(rel):
		return e.plainText(s.name, head)
	}
	return false
}

// isGitObject reports whether head begins a packed object of git.
func isGitObject(head []byte) bool {
	z, err := zlib.NewReader(bytes.NewReader(head))
	if err != nil {
		return false
	}
	b := make([]byte, 7)
	if _, err := io.ReadFull(z, b); err != nil {
		return false
	}
	return slices.ContainsFunc([]string{"blob ", "tree ", "commit ", "tag "}, func(kind string) bool { return bytes.HasPrefix(b, []byte(kind)) })
}

// plainText reports whether head is text that no format recognizes.
func (e *engine) plainText(name string, head []byte) bool {
	return bytes.IndexByte(head, 0) < 0 && !slices.ContainsFunc(e.formats, func(f *Format) bool { return f.Match != nil && f.Match(name, head) })
}

// A gitCount counts the files of git, by folder.
type gitCount struct {
	folders []string
	files   map[string]int
	bytes   map[string]int64
}

func (g *gitCount) add(r *result) {
	if r.git == "" {
		return
	}
	if g.files == nil {
		g.files, g.bytes = make(map[string]int), make(map[string]int64)
	}
	if g.files[r.git] == 0 {
		g.folders = append(g.folders, r.git)
	}
	g.files[r.git]++
	g.bytes[r.git] += r.bytes
}

// findings says what was left out, once for each folder of git.
func (g *gitCount) findings(kind quintain.Kind, checks []*quintain.Check) []quintain.Finding {
	out := make([]quintain.Finding, 0, len(g.folders))
	for _, dir := range g.folders {
		if len(checks) == 0 {
			break
		}
		out = append(out, quintain.Finding{
			Check: checks[0].Name, Target: quintain.Target{Kind: kind, Ref: dir}, Outcome: quintain.NotApplicable, Techniques: checks[0].Techniques,
			Summary: fmt.Sprintf("skipped %s of git itself, %s", Count(g.files[dir], "file"), Count(g.bytes[dir], "byte")),
		})
	}
	return out
}
