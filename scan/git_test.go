package scan_test

import (
	"bytes"
	"compress/zlib"
	"path/filepath"
	"strings"
	"testing"

	"quintain"
	"quintain/scan/chattemplate"
	"quintain/scan/hydra"
	"quintain/scan/identity"
	"quintain/scan/pickle"
	"quintain/scan/pysource"
)

// deflated packs text as git packs an object.
func deflated(text string) string {
	var b bytes.Buffer
	z := zlib.NewWriter(&b)
	_, _ = z.Write([]byte(text)) // into memory
	_ = z.Close()
	return b.String()
}

// What git wrote is counted, whatever else lies in its folder is scanned.
func TestGit(t *testing.T) {
	object := ".git/objects/ab/" + strings.Repeat("c", 38)
	dir := folder(t, map[string]string{
		"model.pkl":                     good,
		".git/HEAD":                     "ref: refs/heads/main\n",
		".git/config":                   "[core]\n\tbare = false\n",
		".git/index":                    "DIRC\x00\x00\x00\x02",
		".git/refs/heads/main":          strings.Repeat("a", 40) + "\n",
		object:                          deflated("blob 3\x00abc"),
		object + "x":                    bad,
		object[:len(object)-1] + "d":    bad,
		".git/objects/pack/pack-1.pack": "PACK\x00\x00\x00\x02",
		".git/objects/pack/pack-2.pack": bad,
		".git/hooks/pre-commit":         "#!/bin/sh\ntrue\n",
		".git/hooks/a.sample":           "#!/bin/sh\ntrue\n",
		".git/refs/heads/evil":          "cos\nsystem\n(S'true'\ntR.",
		".git/lfs/objects/ab/cd/abcd":   bad,
		"sub/.git/model.pkl":            bad, // no folder of git
	})
	got := make(map[string]string)
	for _, fs := range run(t, dir, pickle.Format, identity.Format) {
		for _, f := range fs {
			rel, err := filepath.Rel(dir, f.Target.Ref)
			if err != nil {
				t.Fatal(err)
			}
			if f.Check == "scan/pickle" || f.Outcome != quintain.Pass {
				got[rel] = f.Outcome.String() + " " + f.Summary
			}
		}
	}
	for name, want := range map[string]string{
		"model.pkl": "pass", ".git": "not-applicable skipped 7 files of git itself", object + "x": "fail", object[:len(object)-1] + "d": "fail",
		".git/objects/pack/pack-2.pack": "fail", ".git/hooks/pre-commit": "inconclusive", ".git/refs/heads/evil": "fail",
		".git/lfs/objects/ab/cd/abcd": "fail", "sub/.git/model.pkl": "fail",
		".git/HEAD": "", object: "", ".git/index": "", ".git/config": "", ".git/hooks/a.sample": "", ".git/objects/pack/pack-1.pack": "",
	} {
		if !strings.HasPrefix(got[name], want) || want == "" && got[name] != "" {
			t.Errorf("%s: %q, want %q", name, got[name], want)
		}
	}
}

// A configuration that names code and holds a template is one artifact: both
// look, and nobody calls it two formats at once.
func TestSharedText(t *testing.T) {
	dir := folder(t, map[string]string{
		"tokenizer_config.json": `{"auto_map": {"AutoTokenizer": ["tok.Tok", null]}, "chat_template": "{{ messages.__class__ }}"}`,
		"__init__.py":           "",
		"empty.pkl":             "",
	})
	got := run(t, dir, hydra.Format, chattemplate.Format, identity.Format, pysource.Format)
	for check, want := range map[string]string{"hydra": "fail", "chattemplate": "fail", "pysource": "pass"} {
		if s := outcomes(got["scan/"+check]); !strings.Contains(s, want) {
			t.Errorf("%s: outcomes %q, want %q", check, s, want)
		}
	}
	for _, f := range got["scan/identity"] {
		if f.Outcome == quintain.Fail || f.Outcome == quintain.Inconclusive && !strings.HasSuffix(f.Target.Ref, "empty.pkl") {
			t.Errorf("%s: %s: %s", f.Target.Ref, f.Outcome, f.Summary)
		}
	}
}
