package keras

import (
	"archive/zip"
	"bytes"
	"strings"
	"testing"

	"quintain"
	"quintain/scan"
	"quintain/scan/scantest"
	"quintain/scan/torch"
)

// zipped returns an archive of the twin, behind a prefix, with offsets that
// count from base.
func zipped(t *testing.T, prefix string, base int64) []byte {
	t.Helper()
	b := bytes.NewBufferString(prefix)
	w := zip.NewWriter(b)
	w.SetOffset(base)
	name, data := twin()
	m, err := w.Create(name)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := m.Write(data); err != nil {
		t.Fatal(err)
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

// TestBehind proves that a model behind other bytes is found, and that
// anything else of its name is no pass.
func TestBehind(t *testing.T) {
	const prefix = "#!/bin/true\n"
	for name, tc := range map[string]struct {
		data []byte
		want string
	}{
		"offsets of the archive": {zipped(t, prefix, 0), "model.keras!archive!config.json"},
		"offsets of the file":    {zipped(t, prefix, int64(len(prefix))), "model.keras!archive!config.json"},
		"no archive":             {[]byte("nothing"), "neither a model in HDF5 nor an archive"},
		"cut off":                {append([]byte("nothing"), "PK\x05\x06"...), "neither a model in HDF5 nor an archive"},
		"no beginning":           {append([]byte("nothing"), "PK\x05\x06"+strings.Repeat("\xff", 18)...), "whose beginning cannot be found"},
		"configuration":          {func() []byte { _, b := twin(); return b }(), "would run code"},
	} {
		found, err := scan.Inspect(t.Context(), "model.keras", bytes.NewReader(tc.data), int64(len(tc.data)), Format, torch.Format)
		if err != nil {
			t.Fatal(err)
		}
		got := scantest.Lines(found, Format)
		if !strings.Contains(got, tc.want) {
			t.Errorf("%s: findings %s, want one with %q", name, got, tc.want)
		}
		for _, f := range found {
			if f.Outcome == quintain.Pass && f.Check == Format.Name {
				t.Errorf("%s: %s passes, want a finding", name, f.Check)
			}
		}
	}
}
