package readers_test

import (
	"testing"

	"quintain/lab/foundations/readers"
	"quintain/lab/labtest"
)

func Test(t *testing.T) { labtest.Run(t, readers.Exercise) }
