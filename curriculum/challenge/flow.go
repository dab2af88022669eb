package challenge

import (
	"fmt"
	"math/rand/v2"
	"strconv"
)

var taint = &Challenge{
	ID: "taint", Title: "Spot the taint in a flow", Minutes: 3,
	Skills: []string{"ai-output-handling", "an-scripting", "br-py-frameworks"}, build: buildTaint,
}

func buildTaint(r *rand.Rand, in *Instance) {
	names := pick(r, []string{"note", "body", "page", "text", "part", "memo", "item", "view", "data", "line", "head", "tail"}, 7)
	// Three flows: one from outside into a sink, one cleaned on the way, one
	// from a constant. Their order is random, their lines interleaved.
	sinks := pick(r, []string{"db.run(%s)", "browser.show(%s)", "http.get(%s)"}, 3)
	src := pick(r, []string{"read_mail()", "fetch(url)", "model.answer()"}, 2)
	flows := [][]string{
		{names[0] + " = " + src[0], names[1] + " = " + names[0] + ".strip()", names[2] + " = \"Re: \" + " + names[1], fmt.Sprintf(sinks[0], names[2])},
		{names[3] + " = " + src[1], names[4] + " = escape(" + names[3] + ")", fmt.Sprintf(sinks[1], names[4])},
		{names[5] + " = \"select 1\"", names[6] + " = " + names[5] + ".strip()", fmt.Sprintf(sinks[2], names[6])},
	}
	n, sink := 10+r.IntN(80), 0
	var show table
	for {
		var left []int
		for i, f := range flows {
			if len(f) > 0 {
				left = append(left, i)
			}
		}
		if len(left) == 0 {
			break
		}
		i := left[r.IntN(len(left))]
		show.line("%3d  %s", n, flows[i][0])
		if flows[i] = flows[i][1:]; i == 0 && len(flows[i]) == 0 {
			sink = n
		}
		n += 1 + r.IntN(3)
	}
	in.Intro = "Mail, web pages and answers of a model come from outside: anybody may have written them. They must not reach a database, a browser or the network uncleaned. In this script escape() cleans, strip() only trims."
	in.Show = show.String()
	in.ask(word("line", strconv.Itoa(sink), "On which line does unclean text reach a sink?"))
	in.ask(word("variable", names[0], "Which variable first held that text?"))
	in.why = "Go backwards from each sink. One text passes escape(), one was written in the script, and the third was trimmed and prefixed but never cleaned."
}

var delegation = &Challenge{
	ID: "delegation", Title: "Which account acts for whom?", Minutes: 3,
	Skills: []string{"an-iam", "ai-agency"}, build: buildDelegation,
}

func buildDelegation(r *rand.Rand, in *Instance) {
	people := pick(r, []string{"ada", "ben", "cleo", "dan", "eva", "finn", "gus", "hana"}, 4)
	calls, liar := tags(r, 6, "call"), r.IntN(6)
	var show table
	show.line("call       token of    asked by    record of   action")
	who, whose := "", ""
	for i, c := range calls {
		p := people[r.IntN(len(people))]
		token, by, of := p, p, p
		if r.IntN(2) == 0 || i == liar {
			token = "agent"
		}
		if i == liar {
			for of == by {
				of = people[r.IntN(len(people))]
			}
			who, whose = by, of
		}
		show.line("%-9s  %-10s  %-10s  %-10s  %s", c, token, by, of, []string{"read", "update"}[r.IntN(2)])
	}
	in.Intro = "People ask an agent to do things. It may use its own token, which opens every record, but only to do what the person asking could do: read and update their own record. In one call it was talked into more."
	in.Show = show.String()
	in.ask(word("call", calls[liar], "Which call goes too far?"))
	in.ask(word("asked", who, "Who asked?"))
	in.ask(word("owner", whose, "Whose record was touched?"))
	in.why = "The token of the agent is not the mistake; using it for somebody without the right is. Rights have to follow the person asking, not the agent: the confused deputy is an old friend."
}
