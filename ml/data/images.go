package data

import (
	"errors"
	"fmt"
	"image"
	"image/color"
	_ "image/gif"  // so that image.Decode knows it
	_ "image/jpeg" // the same
	_ "image/png"  // the same
	"io"
	"io/fs"
	"path"
)

const (
	maxSide    = 4096    // pixels
	maxClasses = 1 << 12 // folders
)

// Images reads a folder with one folder of PNG, JPEG or GIF images for each
// class; classes are counted in the order of the names of their folders, which
// become [Table.Classes]. All images have one size, which is checked before any
// is decoded. Pixels go from 0 to 1, with one channel if all images are gray and
// three if not, channel by channel. Files that are no images are an error, but
// for those whose name begins with a point.
func Images(fsys fs.FS) (*Table, error) {
	found, classes, err := listImages(fsys)
	if err != nil {
		return nil, err
	}
	if len(found) == 0 {
		return nil, formatf("no folder with images; there must be one for each class")
	}
	size, channels := found[0].size, 1
	for _, f := range found {
		if f.size != size {
			return nil, formatf("%q has %d×%d pixels, and %q has %d×%d; all images must have one size",
				f.name, f.size.X, f.size.Y, found[0].name, size.X, size.Y)
		}
		if !f.gray {
			channels = 3
		}
	}
	if size.X*size.Y*channels > MaxValues/len(found) {
		return nil, formatf("%d images of %d×%d pixels are more than %d numbers", len(found), size.X, size.Y, MaxValues)
	}
	x := make([]float32, 0, len(found)*size.X*size.Y*channels)
	var y []float64
	for _, f := range found {
		if x, err = f.decode(fsys, x, channels); err != nil {
			return nil, err
		}
		y = append(y, float64(f.class))
	}
	t, err := assemble(x, y, []int{channels, size.Y, size.X})
	if err == nil {
		t.Classes, t.Bounds = classes, &pixels
	}
	return t, err
}

// A picture is an image file.
type picture struct {
	name  string
	class int
	size  image.Point
	gray  bool
}

func listImages(fsys fs.FS) (found []picture, classes []string, err error) {
	folders, err := fs.ReadDir(fsys, ".")
	if err != nil {
		return nil, nil, err
	}
	for _, d := range folders {
		if !d.IsDir() || d.Name()[0] == '.' {
			continue
		}
		if len(classes) == maxClasses {
			return nil, nil, formatf("more than %d folders", maxClasses)
		}
		files, err := fs.ReadDir(fsys, d.Name())
		if err != nil {
			return nil, nil, err
		}
		for _, f := range files {
			if !f.Type().IsRegular() || f.Name()[0] == '.' {
				continue
			}
			p := picture{name: path.Join(d.Name(), f.Name()), class: len(classes)}
			if err := p.measure(fsys); err != nil {
				return nil, nil, err
			}
			if found = append(found, p); len(found) > MaxValues/16 {
				return nil, nil, formatf("more than %d images", MaxValues/16)
			}
		}
		classes = append(classes, d.Name())
	}
	return found, classes, nil
}

// measure reads the size of an image.
func (p *picture) measure(fsys fs.FS) error {
	f, err := fsys.Open(p.name)
	if err != nil {
		return err
	}
	defer f.Close() //nolint:errcheck // it was only read
	c, _, err := image.DecodeConfig(io.LimitReader(f, MaxBytes))
	if err != nil {
		return p.broken(err)
	}
	if c.Width < 1 || c.Height < 1 || c.Width > maxSide || c.Height > maxSide {
		return formatf("%q has %d×%d pixels, want 1 to %d each way", p.name, c.Width, c.Height, maxSide)
	}
	p.size = image.Point{X: c.Width, Y: c.Height}
	p.gray = c.ColorModel == color.GrayModel || c.ColorModel == color.Gray16Model
	return nil
}

// broken is the error of a file that could not be decoded.
func (p *picture) broken(err error) error {
	if _, ok := errors.AsType[*fs.PathError](err); ok {
		return err
	}
	return formatf("%q: %w", p.name, err)
}

// decode appends the pixels of an image to x.
func (p *picture) decode(fsys fs.FS, x []float32, channels int) ([]float32, error) {
	f, err := fsys.Open(p.name)
	if err != nil {
		return nil, err
	}
	defer f.Close() //nolint:errcheck // it was only read
	m, _, err := image.Decode(io.LimitReader(f, MaxBytes))
	if err != nil {
		return nil, p.broken(err)
	}
	b := m.Bounds()
	if b.Size() != p.size {
		return nil, fmt.Errorf("%w: %q has another size than it said", ErrFormat, p.name)
	}
	for c := range channels {
		for v := b.Min.Y; v < b.Max.Y; v++ {
			for u := b.Min.X; u < b.Max.X; u++ {
				r, g, bl, _ := m.At(u, v).RGBA()
				x = append(x, float32([...]uint32{r, g, bl}[c])/0xffff)
			}
		}
	}
	return x, nil
}
