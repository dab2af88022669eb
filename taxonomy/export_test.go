package taxonomy

import "io/fs"

// Read reads the data files below fsys, as the embedded ones are read.
func Read(fsys fs.FS) error {
	d, err := read(fsys)
	if err == nil {
		newSet(d, d.release).AllEdges()
	}
	return err
}
