package keras

import (
	"bytes"
	"context"
	"strconv"

	"quintain"
	"quintain/scan"
	"quintain/scan/internal/hdf5"
	"quintain/scan/internal/strictjson"
)

// inspectHDF5 inspects the attributes of an HDF5 file, where Keras keeps the
// configuration of a model, and accounts for the data around them.
func inspectHDF5(ctx context.Context, f *scan.File) error {
	h, err := hdf5.Read(ctx, f, f.Size())
	if err != nil {
		return err
	}
	for _, x := range h.Issues {
		switch x.Kind {
		case hdf5.Outside:
			f.Reportf(quintain.High, x.Off, "reads another file: %s", x.Text)
		case hdf5.Plugin:
			f.Reportf(quintain.Medium, x.Off, "loads code from outside: %s", x.Text)
		case hdf5.Odd:
			f.Reportf(quintain.Medium, x.Off, "%s", x.Text)
		case hdf5.Unknown:
			f.Doubtf(x.Off, "not analyzed: %s", x.Text)
		}
	}
	for i := range h.Attributes {
		if err := attribute(ctx, f, &h.Attributes[i]); err != nil {
			return err
		}
	}
	f.Account(scan.Parsed, h.Parsed)
	f.Account(scan.Tensor, h.Data)
	f.Account(scan.Padding, h.Padding)
	f.Fact("objects", strconv.Itoa(h.Objects))
	f.Fact("tensors", strconv.Itoa(h.Datasets))
	f.Fact("parameters", strconv.FormatInt(h.Elements, 10))
	return nil
}

// attribute inspects the text of an attribute.
func attribute(ctx context.Context, f *scan.File, a *hdf5.Attribute) error {
	isConfig := a.Name == "model_config" || a.Name == "training_config"
	for i, text := range a.Text {
		off := a.Off
		if i > 0 {
			off = -1 // each text has a place of its own, of which only the first is kept
		}
		switch {
		case isConfig || strictjson.Begins(text, "{[") && strictjson.Mentions(text, "class_name"):
			(&config{f: f, legacy: true, base: off}).read(text)
		case isPickle(text):
			if _, err := f.Descend(ctx, a.Name, bytes.NewReader(text), int64(len(text))); err != nil {
				return scan.Errorf(off, "attribute %q: %w", a.Name, err)
			}
		default:
			(&config{f: f, base: off}).hidden(off, string(text))
		}
	}
	return nil
}

// isPickle reports whether the text of an attribute looks like a pickle, in
// which some libraries keep objects.
func isPickle(text []byte) bool {
	if len(text) < 3 || text[len(text)-1] != '.' {
		return false
	}
	return text[0] == 0x80 && text[1] <= 5 || (text[0] == 'c' || text[0] == '(') && bytes.Count(text, []byte("\n")) > 1
}
