package onnx_test

import (
	"testing"

	"quintain/scan/onnx"
	"quintain/scan/scantest"
)

func Test(t *testing.T)        { scantest.Run(t, onnx.Format) }
func FuzzInspect(f *testing.F) { scantest.Fuzz(f, onnx.Format) }
