package zoo_test

import (
	"testing"

	"quintain/lab/labtest"
	"quintain/lab/supply/zoo"
)

func Test(t *testing.T) { labtest.Run(t, zoo.Exercise) }
