package text_test

import (
	"testing"

	"quintain/report/reporttest"
	"quintain/report/text"
)

func Test(t *testing.T) { reporttest.Run(t, text.Format) }
