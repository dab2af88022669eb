package watch_test

import (
	"errors"
	"fmt"
	"strings"
	"testing"

	"quintain/ml/watch"
)

// TestReadLog reads two accounts whose requests are mixed, out of order and
// timed in both ways.
func TestReadLog(t *testing.T) {
	log := `{"account":"b","at":5,"row":[1,2],"label":0,"more":{"x":1}}
{"account":"a","at":"2027-01-31T12:00:01.5Z","row":[3,4],"label":1}

{"account":"b","at":1.5,"row":[5,6],"label":2}
{"account":"a","at":"2027-01-31T12:00:00Z","row":[7,8],"label":1}
{"account":"c","row":[9,9],"label":0}
`
	got, err := watch.ReadLog(strings.NewReader(log), 2)
	if err != nil {
		t.Fatal(err)
	}
	if len(got) != 3 || got[0].Name != "b" || got[1].Name != "a" || !got[0].Timed || !got[1].Timed || got[2].Timed {
		t.Fatalf("accounts %+v, want b and a with times and c without", got)
	}
	if b := got[0].Requests; b[0].At != 1.5 || b[0].Row[1] != 6 || b[0].Label != 2 || b[1].At != 5 {
		t.Errorf("requests of b are %+v", b)
	}
	if a := got[1].Requests; a[1].At-a[0].At != 1.5 || a[0].Row[0] != 7 {
		t.Errorf("requests of a are %+v", a)
	}
	if n := got[0].Busiest(3.5); n != 1 {
		t.Errorf("%d requests of b within 3.5 seconds, want 1", n)
	}
	if n := got[0].Busiest(3.6); n != 2 {
		t.Errorf("%d requests of b within 3.6 seconds, want 2", n)
	}
}

func TestReadLogRefuses(t *testing.T) {
	good := `{"account":"a","row":[1,2],"label":0}`
	for name, c := range map[string]struct{ log, want string }{
		"nothing":         {"\n", "empty"},
		"no JSON":         {good + "\nx", "line 2: no JSON"},
		"a list":          {"[1]", "line 1: no JSON"},
		"nobody":          {`{"row":[1,2],"label":0}`, "no account"},
		"no answer":       {`{"account":"a","row":[1,2]}`, "no label"},
		"a negative one":  {`{"account":"a","row":[1,2],"label":-1}`, "no label"},
		"another width":   {`{"account":"a","row":[1],"label":0}`, "1 features, want 2"},
		"too large":       {`{"account":"a","row":[1e99,2],"label":0}`, "no JSON"},
		"null":            {`{"account":"a","row":[null,2],"label":0}`, "no JSON"},
		"no time":         {`{"account":"a","row":[1,2],"label":0,"at":"noon"}`, `"noon"`},
		"a list for time": {`{"account":"a","row":[1,2],"label":0,"at":[1]}`, "at is"},
		"endless":         {`{"account":"a","row":[` + strings.Repeat("1,", 1<<20) + `1],"label":0}`, "longer than"},
		"a long name":     {fmt.Sprintf(`{"account":%q,"row":[1,2],"label":0}`, strings.Repeat("a", 300)), "name of more"},
	} {
		got, err := watch.ReadLog(strings.NewReader(c.log), 2)
		if !errors.Is(err, watch.ErrFormat) || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: %v, %v; want ErrFormat and %q", name, got, err, c.want)
		}
	}
}

func FuzzReadLog(f *testing.F) {
	f.Add(`{"account":"a","row":[1,2],"label":0,"at":1}` + "\n" + `{"account":"a","row":[1,2],"label":0,"at":"2027-01-31T12:00:00Z"}`)
	f.Add(`{"account":"","row":[null,2],"label":1e3}`)
	f.Fuzz(func(t *testing.T, log string) {
		got, err := watch.ReadLog(strings.NewReader(log), 2)
		if err != nil {
			return
		}
		for _, a := range got {
			if len(a.Requests) == 0 {
				t.Errorf("account %q has no request", a.Name)
			}
			for i, r := range a.Requests {
				if len(r.Row) != 2 || r.Label < 0 || a.Timed && i > 0 && r.At < a.Requests[i-1].At {
					t.Errorf("request %+v of %q", r, a.Name)
				}
			}
		}
	})
}
