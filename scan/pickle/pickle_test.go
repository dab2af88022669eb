package pickle_test

import (
	"testing"

	"quintain/scan/pickle"
	"quintain/scan/scantest"
)

func Test(t *testing.T)        { scantest.Run(t, pickle.Format) }
func FuzzInspect(f *testing.F) { scantest.Fuzz(f, pickle.Format) }
