package html_test

import (
	"testing"

	"quintain/report/html"
	"quintain/report/reporttest"
)

func Test(t *testing.T) { reporttest.Run(t, html.Format) }
