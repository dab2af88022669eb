package safetensors_test

import (
	"bytes"
	"encoding/binary"
	"slices"
	"strings"
	"testing"

	"quintain"
	"quintain/scan"
	"quintain/scan/pickle"
	"quintain/scan/safetensors"
	"quintain/scan/scantest"
)

func Test(t *testing.T)        { scantest.Run(t, safetensors.Format) }
func FuzzInspect(f *testing.F) { scantest.Fuzz(f, safetensors.Format) }

// TestLeft proves that what no tensor covers is looked into.
func TestLeft(t *testing.T) {
	const header = `{"a":{"dtype":"U8","shape":[8],"data_offsets":[0,8]},"b":{"dtype":"U8","shape":[8],"data_offsets":[48,56]}}`
	_, evil := pickle.Format.Twin()
	for name, at := range map[string]int{"in the gap": 9, "behind the last tensor": 56} {
		data := make([]byte, 56+len(evil))
		copy(data[at:], evil)
		if name == "in the gap" {
			data = data[:56]
		}
		file := append(binary.LittleEndian.AppendUint64(nil, uint64(len(header))), header...)
		file = append(file, data...)
		found, err := scan.Inspect(t.Context(), "model.safetensors", bytes.NewReader(file), int64(len(file)), safetensors.Format, pickle.Format)
		if err != nil {
			t.Fatal(err)
		}
		if !slices.ContainsFunc(found, func(f quintain.Finding) bool {
			return f.Check == pickle.Format.Name && f.Outcome == quintain.Fail && f.Severity >= quintain.High && strings.Contains(f.Summary, "os.system")
		}) {
			t.Errorf("a pickle %s: findings %s, want a failure of %s", name, scantest.Lines(found, pickle.Format), pickle.Format.Name)
		}
	}
}
