package words

import (
	"errors"
	"testing"

	"quintain/lab"
	"quintain/lab/labtest"
)

// Test proves the exercise on three seeds; calibration.md is of ten.
func Test(t *testing.T) { labtest.RunOn(t, Exercise, 3) }

// TestScore holds what the settings of a filter do to figures worked out by hand.
func TestScore(t *testing.T) {
	k := &knowledge{weight: map[string]float64{"urgent": 3, "prize": 1, "agenda": -4}, words: []string{"agenda", "prize", "urgent"}, bias: 0.5}
	const text = "Urgent, urgent: prize agenda tulip"
	for _, c := range []struct {
		f    filter
		want float64
	}{
		{filter{}, 3.5},
		{filter{Presence: true}, 0.5},
		{filter{Cap: 2}, 3.5},
		{filter{Strongest: 1}, -3.5},
		{filter{Strongest: 2, Presence: true}, -0.5},
		{filter{Suspicious: true}, 7.5},
		{filter{Suspicious: true, Presence: true, Cap: 2}, 3.5},
	} {
		if got := c.f.tally(k, text).score(); got != c.want {
			t.Errorf("%+v: score %v, want %v", c.f, got, c.want)
		}
	}
}

// TestSlip wants the fewest words, and none against who listens to no good word.
func TestSlip(t *testing.T) {
	k := &knowledge{weight: map[string]float64{"urgent": 3, "agenda": -4}, words: []string{"agenda", "urgent"}}
	for _, c := range []struct {
		f    filter
		text string
		want int
	}{
		{filter{}, "agenda", 0},
		{filter{}, "urgent", 1},
		{filter{}, "urgent urgent urgent", 3},
		{filter{Presence: true, Strongest: 1}, "urgent", 1},
		{filter{Suspicious: true, Threshold: 3}, "urgent", -1},
	} {
		if got := slip(c.f, k, c.text); got != c.want {
			t.Errorf("%+v, %q: %d words, want %d", c.f, c.text, got, c.want)
		}
	}
}

func FuzzParse(f *testing.F) {
	f.Add([]byte("id,text\n1,hello\n"))
	f.Add([]byte("1,\"a\nb\"\n1,c\n"))
	f.Fuzz(func(t *testing.T, b []byte) {
		mails, err := parse("evaded.csv", b)
		if err != nil {
			if _, ok := errors.AsType[*lab.Fault](err); !ok {
				t.Errorf("%v is no fault of what was handed in", err)
			}
			return
		}
		for i, m := range mails {
			if m == "" || len(m) > maxText {
				t.Errorf("mail %d has %d bytes", i+1, len(m))
			}
		}
	})
}
