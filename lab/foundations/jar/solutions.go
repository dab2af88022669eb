package jar

import (
	"bytes"
	"context"
	"fmt"
	"path"
	"slices"
	"strings"

	"quintain/lab"
	"quintain/scan/sheet"
)

// solutions are the reference, and the ways in which people get it wrong.
var solutions = []lab.Solution{
	{Name: "read from the bytes", Pass: true, Make: func(ctx context.Context, w *lab.Setup) error { return write(ctx, w, nil) }},
	{Name: "an empty folder", Fails: "a/format", Make: func(_ context.Context, w *lab.Setup) error {
		all, err := w.Files()
		for _, n := range all {
			if err == nil {
				err = w.Remove(n)
			}
		}
		return err
	}},
	{Name: "guessed from the ending of the name", Fails: "a/format", Make: func(ctx context.Context, w *lab.Setup) error {
		endings := map[string]string{".pt": "pytorch-zip", ".pth": "pytorch-legacy", ".safetensors": "safetensors", ".keras": "keras", ".pb": "savedmodel", ".gguf": "gguf"}
		return write(ctx, w, func(e *entry) { e.Format = endings[path.Ext(e.File)] })
	}},
	{Name: "sheets of a neighbor", Fails: "a/format", Make: func(_ context.Context, w *lab.Setup) error {
		var out strings.Builder
		out.WriteString("files:\n")
		for _, j := range shelf(lab.NewSource(lab.DeriveKey([]byte("neighbor"), "x", "F02", int(w.Seed("neighbor")%1000)))) {
			fmt.Fprintf(&out, "  - {file: %q, format: %q, version: %q, load: %q}\n", j.name, j.format, j.version, j.load)
		}
		return w.Writef(answers, "%s", out.String())
	}},
	{Name: "a hostile answer", Fails: "a/format", Make: func(_ context.Context, w *lab.Setup) error {
		return w.Write(answers, []byte("files: "+strings.Repeat("[", 1<<16)))
	}},
	{Name: "the largest layer only", Fails: "a/shape", Make: func(ctx context.Context, w *lab.Setup) error {
		return write(ctx, w, func(e *entry) { e.Shapes = e.Shapes[:1] })
	}},
	{Name: "parameters from the size of the file", Fails: "a/shape", Make: func(ctx context.Context, w *lab.Setup) error {
		return write(ctx, w, func(e *entry) {
			if b, err := w.File(e.File); err == nil {
				e.Parameters = int64(len(b) / 4)
			}
		})
	}},
	{Name: "only pickles are dangerous", Fails: "a/load-risk", Make: func(ctx context.Context, w *lab.Setup) error {
		return write(ctx, w, func(e *entry) {
			if e.Load != loadImport || e.Format == "keras" {
				e.Load = loadNone
			}
		})
	}},
	{Name: "imports of a plain state dict", Fails: "a/globals", Make: func(ctx context.Context, w *lab.Setup) error {
		return write(ctx, w, func(e *entry) {
			if e.Globals != nil {
				e.Globals = imported(nil)
			}
		})
	}},
}

// write hands in what the command shows of each file, after a change.
func write(ctx context.Context, w *lab.Setup, change func(e *entry)) error {
	all, err := w.Files()
	if err != nil {
		return err
	}
	loads := map[string]string{
		"pytorch-zip": loadImport, "pytorch-legacy": loadImport, "keras": loadImport, "savedmodel": loadGraph, "gguf": loadTemplate, "safetensors": loadNone,
	}
	var out strings.Builder
	out.WriteString("files:\n")
	for _, name := range all {
		stem, _, _ := strings.Cut(name, ".")
		if !slices.Contains(names, stem) {
			continue
		}
		b, err := w.File(name)
		if err != nil {
			return err
		}
		s, err := sheet.Read(ctx, bytes.NewReader(b), int64(len(b)))
		if err != nil {
			return err
		}
		e := entry{File: name, Format: s.Format, Version: s.Version, Parameters: s.Parameters, Load: loads[s.Format]}
		for _, t := range s.Tensors {
			e.Shapes = append(e.Shapes, t.Shape)
		}
		for _, p := range s.Pickles {
			for _, im := range p.Imports {
				e.Globals = append(e.Globals, im.Name)
			}
		}
		if change != nil {
			change(&e)
		}
		fmt.Fprintf(&out, "  - file: %q\n    format: %q\n    version: %q\n    parameters: %d\n    shapes: %s\n    load: %q\n    globals: [%s]\n",
			e.File, e.Format, e.Version, e.Parameters, listed(e.Shapes), e.Load, strings.Join(e.Globals, ", "))
	}
	return w.Writef(answers, "%s", out.String())
}

// listed writes shapes as YAML.
func listed(shapes [][]int64) string {
	return strings.ReplaceAll(strings.ReplaceAll(fmt.Sprint(shapes), " ", ", "), "[[], ", "[")
}
