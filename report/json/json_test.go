package json_test

import (
	"testing"

	"quintain/report/json"
	"quintain/report/reporttest"
)

// The golden of a sample is the sample: reading and writing loses nothing.
func Test(t *testing.T) { reporttest.Run(t, json.Format) }
