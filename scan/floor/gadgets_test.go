package floor_test

import (
	_ "embed"
	"fmt"
	"strings"
)

//go:embed gadgets.txt
var gadgetText string

// gadgets returns the pickles that call one function that lists of names
// missed, each in a dictionary as a checkpoint would have it.
func gadgets() []*entry {
	var out []*entry
	for i, line := range strings.Split(gadgetText, "\n") {
		if line == "" || strings.HasPrefix(line, "#") {
			continue
		}
		f := strings.Split(line, " | ")
		if len(f) != 3 {
			panic(fmt.Sprintf("floor: gadgets.txt line %d", i+1))
		}
		what, reads := strings.CutPrefix(f[2], "reads: ")
		out = append(out, &entry{
			ids: strings.Split(f[0], ","), format: "pickle", what: what, name: "model.pkl", runs: !reads,
			make: func(x facts) []byte { return stateful(x, f[1]) },
		})
	}
	return out
}

// stateful is a pickle of a dictionary with the facts of x and what an
// expression makes.
func stateful(x facts, expr string) []byte {
	p := newProgram().op('}', '(')
	for _, kv := range [][2]string{{"version", x.version}, {"author", x.producer}, {"license", x.license}, {"comment", x.comment}} {
		if kv[1] != "" {
			p.str(kv[0]).str(kv[1])
		}
	}
	return p.str("model").expr(expr).op('u').end()
}
