package stranger_test

import (
	"testing"

	"quintain/lab/labtest"
	"quintain/lab/supply/stranger"
)

func Test(t *testing.T) { labtest.Run(t, stranger.Exercise) }
