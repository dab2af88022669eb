package sheet

import (
	"archive/zip"
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"path"
	"strings"
)

const maxMembers = 100_000

// readZip describes a checkpoint of PyTorch since 1.6, or a model of Keras 3.
func readZip(ctx context.Context, s *Sheet, r io.ReaderAt, size int64) error {
	z, err := zip.NewReader(r, size)
	if err != nil {
		return fmt.Errorf("archive: %w", err)
	}
	if len(z.File) == 0 || len(z.File) > maxMembers {
		return fmt.Errorf("%w: an archive of %d files", ErrUnknown, len(z.File))
	}
	keras := false
	for _, f := range z.File {
		s.Members = append(s.Members, f.Name)
		keras = keras || f.Name == "config.json"
	}
	if keras {
		return readKeras(ctx, s, z)
	}
	return readTorch(ctx, s, z)
}

// maxUnpacked bounds what is unpacked of one file, storages aside.
const maxUnpacked = 256 << 20

// unpack returns the content of a member.
func (s *Sheet) unpack(f *zip.File) ([]byte, error) {
	if f.UncompressedSize64 > maxHeld || s.unpacked+int64(f.UncompressedSize64) > maxUnpacked {
		return nil, fmt.Errorf("member %q has %d bytes, more than are read", f.Name, f.UncompressedSize64)
	}
	s.unpacked += int64(f.UncompressedSize64)
	in, err := f.Open()
	if err != nil {
		return nil, fmt.Errorf("member %q: %w", f.Name, err)
	}
	defer in.Close() //nolint:errcheck // only read
	b, err := io.ReadAll(io.LimitReader(in, maxHeld+1))
	if err == nil && len(b) > maxHeld {
		err = errors.New("larger than it says")
	}
	if err != nil && !errors.Is(err, zip.ErrChecksum) {
		return nil, fmt.Errorf("member %q: %w", f.Name, err)
	}
	return b, nil
}

// readTorch describes a checkpoint: a folder with data.pkl, and the storages
// that it names.
func readTorch(ctx context.Context, s *Sheet, z *zip.Reader) error {
	root, _, _ := strings.Cut(z.File[0].Name, "/")
	members := make(map[string]*zip.File)
	var main any
	found := false
	for _, f := range z.File {
		members[f.Name] = f
		data := strings.HasPrefix(f.Name, root+"/data/") && !strings.Contains(f.Name, "..")
		if data || strings.HasSuffix(f.Name, "/") {
			continue
		}
		b, err := s.unpack(f)
		if err != nil {
			return err
		}
		switch {
		case f.Name == root+"/version":
			s.Version = strings.TrimSpace(string(b[:min(len(b), 20)]))
		case isPickle(b):
			values, _, err := follow(ctx, s, f.Name, b)
			if err != nil {
				return err
			}
			if f.Name == root+"/data.pkl" {
				main, found = first(values), true
			}
		}
	}
	if !found {
		return fmt.Errorf("%w: an archive without %s/data.pkl and without config.json", ErrUnknown, root)
	}
	s.Format = "pytorch-zip"
	return s.takeTensors(main, zipStorages(root, members))
}

// zipStorages opens the storages of a checkpoint.
func zipStorages(root string, members map[string]*zip.File) opener {
	return func(key string) (io.ReaderAt, int64, error) {
		f := members[root+"/data/"+key]
		if f == nil {
			return nil, 0, fmt.Errorf("there is no storage %q", key)
		}
		if f.UncompressedSize64 > maxTensor {
			return nil, 0, fmt.Errorf("storage %q has %d bytes, more than are copied", key, f.UncompressedSize64)
		}
		in, err := f.Open()
		if err != nil {
			return nil, 0, err
		}
		defer in.Close() //nolint:errcheck // only read
		b, err := io.ReadAll(io.LimitReader(in, maxTensor+1))
		if err != nil {
			return nil, 0, fmt.Errorf("storage %q: %w", key, err)
		}
		return bytes.NewReader(b), int64(len(b)), nil
	}
}

// readKeras describes a model of Keras 3.
func readKeras(ctx context.Context, s *Sheet, z *zip.Reader) error {
	s.Format = "keras"
	layers := make(map[string]int)
	for _, f := range z.File {
		switch {
		case f.Name == "config.json" || f.Name == "metadata.json":
			b, err := s.unpack(f)
			if err != nil {
				return err
			}
			var v any
			if err := json.Unmarshal(b, &v); err != nil {
				return fmt.Errorf("member %q: %w", f.Name, err)
			}
			if top, ok := v.(map[string]any); ok && f.Name == "metadata.json" {
				s.Version, _ = top["keras_version"].(string)
			}
			classes(v, layers, 0)
		case path.Ext(f.Name) == ".npz":
			if err := readNPZ(s, f); err != nil {
				return err
			}
		case path.Ext(f.Name) == ".h5":
			if err := readWeights(ctx, s, f); err != nil {
				return err
			}
		}
	}
	s.Layers = counted(layers)
	return nil
}

// classes counts what a configuration says should be made or called: modules
// and classes, as the loader would import them.
func classes(v any, out map[string]int, depth int) {
	if depth > 200 {
		return
	}
	switch x := v.(type) {
	case map[string]any:
		if class, ok := x["class_name"].(string); ok {
			if module, ok := x["module"].(string); ok {
				class = module + "." + class
			}
			if name, ok := x["config"].(string); ok {
				class += " " + name
			}
			out[class]++
		}
		for _, e := range x {
			classes(e, out, depth+1)
		}
	case []any:
		for _, e := range x {
			classes(e, out, depth+1)
		}
	}
}

// readNPZ adds the arrays of an archive in the archive.
func readNPZ(s *Sheet, f *zip.File) error {
	b, err := s.unpack(f)
	if err != nil {
		return err
	}
	z, err := zip.NewReader(bytes.NewReader(b), int64(len(b)))
	if err != nil {
		return fmt.Errorf("member %q: %w", f.Name, err)
	}
	for _, m := range z.File {
		b, err := s.unpack(m)
		if err != nil {
			return err
		}
		t, err := npyHeader(strings.TrimSuffix(m.Name, ".npy"), b)
		if err != nil {
			return fmt.Errorf("member %q: %w", m.Name, err)
		}
		s.Tensors = append(s.Tensors, t)
	}
	return nil
}
