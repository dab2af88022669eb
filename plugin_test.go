package quintain_test

import (
	"testing"

	"quintain"
)

type plugin struct{ quintain.Check }

func TestPlugins(t *testing.T) {
	a, b := &plugin{quintain.Check{Name: "x/a"}}, &plugin{quintain.Check{Name: "x/b"}}
	given := []*plugin{b, a}
	l := quintain.Sorted(given)
	if given[0] != b || l[0] != a || l[1] != b {
		t.Errorf("sorted %v, and what was given is now %v", l, given)
	}
	if c := l.Checks(); len(c) != 2 || c[0] != &a.Check || c[1] != &b.Check {
		t.Errorf("checks %v", c)
	}
	if got, err := l.Pick([]*quintain.Check{{Name: "x/b"}}, "is no x"); err != nil || len(got) != 1 || got[0] != b {
		t.Errorf("Pick = %v, %v; want b", got, err)
	}
	if _, err := l.Pick([]*quintain.Check{{Name: "y"}}, "is no x"); err == nil || err.Error() != `check "y" is no x` {
		t.Errorf("Pick = %v", err)
	}
	again := plugin{quintain.Check{Name: "x/a"}}
	if a.Seed(1) == b.Seed(1) || a.Seed(1) == a.Seed(2) || a.Seed(1) != again.Seed(1) {
		t.Error("seeds of two checks or two runs are the same, or those of one are not")
	}
}
