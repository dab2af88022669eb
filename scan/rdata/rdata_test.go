package rdata

import (
	"testing"

	"quintain/scan/compressed"
	"quintain/scan/scantest"
)

func Test(t *testing.T) { scantest.Run(t, Format, compressed.Format) }

func Fuzz(f *testing.F) { scantest.Fuzz(f, Format) }
