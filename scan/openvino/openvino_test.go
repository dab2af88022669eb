package openvino

import (
	"testing"

	"quintain/scan/scantest"
)

func Test(t *testing.T) { scantest.Run(t, Format) }

func Fuzz(f *testing.F) { scantest.Fuzz(f, Format) }

func TestProduct(t *testing.T) {
	for shape, want := range map[string]uint64{"": 1, "4": 4, "4, 3": 12, "0,9": 0, "1,1,1": 1, "1125899906842624": 1 << 50} {
		if got, ok := product(shape); !ok || got != want {
			t.Errorf("product(%q) = %d, %v, want %d", shape, got, ok, want)
		}
	}
	for _, shape := range []string{"-1", "a", "4,,3", "1099511627776,1099511627776", "99999999999999999999"} {
		if got, ok := product(shape); ok {
			t.Errorf("product(%q) = %d, want that it is none", shape, got)
		}
	}
}
