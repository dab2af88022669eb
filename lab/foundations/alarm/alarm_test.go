package alarm_test

import (
	"testing"

	"quintain/lab/foundations/alarm"
	"quintain/lab/labtest"
)

func Test(t *testing.T) { labtest.Run(t, alarm.Exercise) }
