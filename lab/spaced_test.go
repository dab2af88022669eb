package lab_test

import (
	"testing"
	"time"

	"quintain/lab"
)

// TestDue walks through the re-checks: after 7, 21 and 60 days, and then no
// more.
func TestDue(t *testing.T) {
	day := func(n int) time.Time { return time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC).AddDate(0, 0, n) }
	for _, c := range []struct {
		passes []time.Time
		want   time.Time
	}{
		{nil, time.Time{}},
		{[]time.Time{day(0)}, day(7)},
		{[]time.Time{day(0), day(3)}, day(7)}, // too early to tell anything
		{[]time.Time{day(0), day(7)}, day(28)},
		{[]time.Time{day(0), day(10)}, day(31)},
		{[]time.Time{day(0), day(7), day(28)}, day(88)},
		{[]time.Time{day(0), day(7), day(28), day(88)}, time.Time{}},
		{[]time.Time{day(0), day(7), day(28), day(80)}, day(88)},
	} {
		if got := lab.Due(c.passes); !got.Equal(c.want) {
			t.Errorf("Due(%v) = %v, want %v", c.passes, got, c.want)
		}
	}
}
