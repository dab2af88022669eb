package notebook_test

import (
	"strings"
	"testing"

	"quintain"
	"quintain/scan"
	"quintain/scan/notebook"
	"quintain/scan/pysource"
	"quintain/scan/scantest"
)

func Test(t *testing.T)        { scantest.Run(t, notebook.Format, pysource.Format) }
func FuzzInspect(f *testing.F) { scantest.Fuzz(f, notebook.Format, pysource.Format) }

// TestPython follows what is imported in one cell and run in another, with a
// cell between them that is broken.
func TestPython(t *testing.T) {
	for name, code := range map[string]string{
		"plain":  `{"source": ["exec(b.b64decode(X))"], "cell_type": "code"}`,
		"timed":  `{"source": ["if 1:\n", "    %time exec(b.b64decode(X))"], "cell_type": "code"}`,
		"whole":  `{"source": "%%timeit exec(b.b64decode(X))\n1", "cell_type": "code"}`,
		"shell":  `{"source": "x = !ls\nexec(b.b64decode(X))", "cell_type": "code"}`,
		"broken": `{"source": "x = (", "cell_type": "code"}, {"source": "y = 1\nexec(b.b64decode(X))", "cell_type": "code"}`,
	} {
		text := `{"nbformat": 4, "cells": [{"source": "import base64 as b", "cell_type": "code"}, ` + code + `]}`
		got, err := scan.Inspect(t.Context(), "x.ipynb", strings.NewReader(text), int64(len(text)), notebook.Format, pysource.Format)
		if err != nil {
			t.Fatal(err)
		}
		found := false
		for _, f := range got {
			found = found || f.Check == "scan/pysource" && f.Severity == quintain.Critical
		}
		if !found {
			t.Errorf("%s: nothing critical in %v", name, got)
		}
	}
}
