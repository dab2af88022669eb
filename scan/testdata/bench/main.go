// Command bench writes the files that bench.sh measures the scanner with to
// the folder that it is given.
package main

import (
	"io"
	"log"
	"os"
	"path/filepath"

	"quintain/scan/internal/benchfiles"
)

func main() {
	log.SetFlags(0)
	if len(os.Args) != 2 {
		log.Fatal("usage: bench folder")
	}
	dir := os.Args[1]
	create := func(name string, write func(io.Writer) error) {
		f, err := os.Create(filepath.Join(dir, name))
		if err != nil {
			log.Fatal(err)
		}
		if err := write(f); err != nil {
			log.Fatal(err)
		}
		if err := f.Close(); err != nil {
			log.Fatal(err)
		}
	}
	create("small.pkl", func(w io.Writer) error { return benchfiles.Pickle(w, 20<<20) })
	create("large.pkl", func(w io.Writer) error { return benchfiles.Pickle(w, 200<<20) })
	create("model.pt", func(w io.Writer) error { return benchfiles.Torch(w, 256, 4<<20) })
	create("model.safetensors", func(w io.Writer) error { return benchfiles.Safetensors(w, 256, 4<<20) })
	create("tiny.pkl", func(w io.Writer) error { _, err := w.Write(benchfiles.Tiny()); return err })
	if err := benchfiles.Folder(filepath.Join(dir, "folder"), 2000); err != nil {
		log.Fatal(err)
	}
}
