package jar_test

import (
	"testing"

	"quintain/lab/foundations/jar"
	"quintain/lab/labtest"
)

func Test(t *testing.T) { labtest.Run(t, jar.Exercise) }
