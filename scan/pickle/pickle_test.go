package pickle_test

import (
	"testing"

	"quintain/scan/compressed"
	"quintain/scan/pickle"
	"quintain/scan/scantest"
)

func Test(t *testing.T)        { scantest.Run(t, pickle.Format, compressed.Format) }
func FuzzInspect(f *testing.F) { scantest.Fuzz(f, pickle.Format) }
