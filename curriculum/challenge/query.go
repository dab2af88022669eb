package challenge

import (
	"errors"
	"fmt"
	"math/rand/v2"
	"slices"
	"strconv"
	"strings"
)

var query = &Challenge{
	ID: "query", Title: "Write one query over a log", Minutes: 4,
	Skills: []string{"an-log-hunting", "ai-telemetry"}, build: buildQuery,
}

// An event is one line of the log.
type event map[string]string

func buildQuery(r *rand.Rand, in *Instance) {
	tool := []string{"send_mail", "post_file", "open_ticket"}[r.IntN(3)]
	home := tags(r, 1, "north", "south", "west")[0]
	limit := 100 * (5 + r.IntN(40))
	seen := events(r, tool, home, limit)
	// The rule has to hold on a second day that the learner never sees.
	other := events(r, tool, home, limit)
	want := fmt.Sprintf("tool=%s and to!=%s and bytes>%d", tool, home, limit)
	var show table
	show.line("time   user   tool         to          bytes")
	for _, e := range seen {
		show.line("%s  %-5s  %-11s  %-10s  %5s", e["time"], e["user"], e["tool"], e["to"], e["bytes"])
	}
	in.Intro = fmt.Sprintf("Write a query that finds every call of %s to anywhere but %s with more than %d bytes, on this day and on days to come. A query is conditions joined by and: field=value, field!=value, field>number, field<number. Example: user=ada and bytes<10.", tool, home, limit)
	in.Show = show.String()
	in.ask(Field{ID: "query", Ask: "Your query:", want: want, is: func(got string) bool {
		a, errA := find(got, seen)
		b, errB := find(got, other)
		right, _ := find(want, seen)
		rightToo, _ := find(want, other)
		return errA == nil && errB == nil && slices.Equal(a, right) && slices.Equal(b, rightToo)
	}})
	in.why = "Three conditions, each needed: which tool, where to, how much. Naming the users or the times you see finds today's events and misses tomorrow's."
}

// events draws a day on which each condition alone would be wrong.
func events(r *rand.Rand, tool, home string, limit int) []event {
	others := tags(r, 3, "host")
	tools := []string{"send_mail", "post_file", "open_ticket"}
	users := []string{"ada", "ben", "cleo", "dan"}
	var out []event
	minute := 480 + r.IntN(30)
	add := func(tool, to string, bytes int) {
		minute += 1 + r.IntN(20)
		out = append(out, event{
			"time": fmt.Sprintf("%02d:%02d", minute/60, minute%60), "user": users[r.IntN(len(users))],
			"tool": tool, "to": to, "bytes": strconv.Itoa(bytes),
		})
	}
	other := tools[(slices.Index(tools, tool)+1+r.IntN(2))%3]
	big, small := func() int { return limit + 1 + r.IntN(limit) }, func() int { return limit - r.IntN(limit/2) }
	parts := []func(){
		func() { add(tool, others[0], big()) }, func() { add(tool, others[1], limit+1) }, func() { add(tool, others[r.IntN(3)], big()) },
		func() { add(tool, home, big()) }, func() { add(tool, others[2], limit) }, func() { add(tool, others[0], small()) },
		func() { add(other, others[1], big()) }, func() { add(other, home, small()) }, func() { add(tool, home, small()) },
	}
	r.Shuffle(len(parts), func(i, j int) { parts[i], parts[j] = parts[j], parts[i] })
	for _, f := range parts {
		f()
	}
	return out
}

// find returns the places of the events that a query finds. Its language is
// conditions joined by "and".
func find(q string, in []event) ([]int, error) {
	var conds []func(event) bool
	for term := range strings.SplitSeq(" "+strings.ToLower(q)+" ", " and ") {
		c, err := condition(strings.ReplaceAll(term, " ", ""))
		if err != nil {
			return nil, err
		}
		conds = append(conds, c)
	}
	var out []int
	for i, e := range in {
		if !slices.ContainsFunc(conds, func(c func(event) bool) bool { return !c(e) }) {
			out = append(out, i)
		}
	}
	return out, nil
}

func condition(s string) (func(event) bool, error) {
	for _, op := range []string{"!=", "=", ">", "<"} {
		field, value, ok := strings.Cut(s, op)
		if !ok {
			continue
		}
		if !slices.Contains([]string{"time", "user", "tool", "to", "bytes"}, field) || value == "" {
			return nil, fmt.Errorf("unknown field %q, or no value", field)
		}
		switch op {
		case "=":
			return func(e event) bool { return e[field] == value }, nil
		case "!=":
			return func(e event) bool { return e[field] != value }, nil
		}
		n, err := strconv.ParseFloat(value, 64)
		if err != nil || field != "bytes" {
			return nil, errors.New("only bytes can be compared with a number")
		}
		return func(e event) bool {
			v, _ := strconv.ParseFloat(e[field], 64)
			return op == ">" && v > n || op == "<" && v < n
		}, nil
	}
	return nil, fmt.Errorf("no condition in %q", s)
}
