package challenge

import (
	"cmp"
	"fmt"
	"math/rand/v2"
	"slices"
)

var threshold = &Challenge{
	ID: "threshold", Title: "Pick a threshold that the team can live with", Minutes: 4,
	Skills: []string{"br-ml-metrics", "an-log-hunting"}, build: buildThreshold,
}

// buildThreshold draws a sweep whose false alarms fall faster than its recall.
func buildThreshold(r *rand.Rand, in *Instance) {
	perDay, bad := 20_000+1000*r.IntN(80), 0.001*float64(2+r.IntN(8))
	t, recall, fpr := 0.10+0.01*float64(r.IntN(9)), 0.985+0.01*r.Float64(), 0.12+0.04*r.Float64()
	type row struct{ t, recall, fpr, alerts float64 }
	var rows []row
	for range 7 {
		rows = append(rows, row{t, round(recall, 3), round(fpr, 4), 0})
		t += 0.07 + 0.01*float64(r.IntN(6))
		recall -= 0.015 + 0.04*r.Float64()
		fpr *= 0.40 + 0.2*r.Float64()
	}
	for i := range rows {
		rows[i].alerts = float64(perDay) * (bad*rows[i].recall + (1-bad)*rows[i].fpr)
	}
	best := 2 + r.IntN(4)
	room := (rows[best-1].alerts-rows[best].alerts)/3 + rows[best].alerts
	var show table
	show.line("transactions a day   %d", perDay)
	show.line("of them fraud        %.1f %%", 100*bad)
	show.line("alerts that the team can read in a day   %.0f", room)
	show.line("")
	show.line("threshold   recall   false positive rate")
	for _, w := range rows {
		show.line("     %.2f    %.3f                %.4f", w.t, w.recall, w.fpr)
	}
	in.Intro = "A fraud model gives every transaction a score. Everything at or above a threshold becomes an alert. Catch as much fraud as possible without more alerts than the team can read."
	in.Show = show.String()
	in.ask(word("threshold", fmt.Sprintf("%.2f", rows[best].t), "Which threshold?"))
	in.ask(number("alerts", rows[best].alerts, 0.03, "About how many alerts a day does it make?"))
	in.why = fmt.Sprintf("Alerts a day are fraud caught plus honest payments flagged: %d x (%.3f x recall + %.3f x rate). Recall falls with the threshold, so take the lowest threshold that fits.", perDay, bad, 1-bad)
}

var precision = &Challenge{
	ID: "precision", Title: "What an alarm is worth", Minutes: 3,
	Skills: []string{"br-ml-metrics"}, build: buildPrecision,
}

func buildPrecision(r *rand.Rand, in *Instance) {
	recall, fpr := float64(85+r.IntN(14))/100, float64(5+r.IntN(45))/1000
	lab, live := float64(20+r.IntN(20))/100, float64(1+r.IntN(30))/1000
	value := func(b float64) float64 { return 100 * b * recall / (b*recall + (1-b)*fpr) }
	var show table
	show.line("recall                      %.0f %%", 100*recall)
	show.line("false positive rate         %.1f %%", 100*fpr)
	show.line("share of attacks, lab set   %.0f %%", 100*lab)
	show.line("precision on the lab set    %.1f %%", value(lab))
	show.line("share of attacks, live      %.1f %%", 100*live)
	in.Intro = "A detector of attacks looks splendid on its lab set. Live traffic holds far fewer attacks. Recall and false positive rate stay the same."
	in.Show = show.String()
	in.ask(number("precision", value(live), 0.03, "Of 100 live alarms, how many are attacks (precision in percent)?"))
	in.ask(number("misses", 1e6*live*(1-recall), 0.03, "Of a million live events, how many attacks go unnoticed?"))
	in.why = "Precision is attacks caught over all alarms: b x recall / (b x recall + (1-b) x false positive rate), with b the live share. Missed attacks are b x (1 - recall)."
}

var controls = &Challenge{
	ID: "controls", Title: "Rank three controls", Minutes: 3,
	Skills: []string{"an-risk", "ai-guardrails"}, build: buildControls,
}

func buildControls(r *rand.Rand, in *Instance) {
	type control struct {
		id, what   string
		hits, work int
	}
	ids := tags(r, 4, "C")
	const attacks, tasks = 60, 40
	low := 1 + r.IntN(4)
	all := []control{
		{ids[0], "the tool itself checks who asked", low, 38 + r.IntN(3)},
		{ids[1], "links in answers are removed", low + 8 + r.IntN(6), 38 + r.IntN(3)},
		{ids[2], "the prompt says never to obey letters", low + 28 + r.IntN(12), 38 + r.IntN(3)},
	}
	trap := control{ids[3], "every message with a request is blocked", 0, 9 + r.IntN(12)}
	var want []string
	for _, c := range all {
		want = append(want, c.id)
	}
	shown := append(slices.Clone(all), trap)
	slices.SortFunc(shown, func(a, b control) int { return cmp.Compare(a.id, b.id) })
	var show table
	show.line("id      control                                    attacks that   tasks done")
	show.line("                                                   succeed, of %d  of %d", attacks, tasks)
	for _, c := range shown {
		show.line("%s   %-42s %8d   %12d", c.id, c.what, c.hits, c.work)
	}
	in.Intro = "An assistant reads letters and can send mail. Attackers write letters. Four controls were measured alone, each against the same attacks and the same honest tasks. One of them costs too much work: fewer than 95 % of tasks get done."
	in.Show = show.String()
	in.ask(list("order", want, true, "Rank the three that remain, best first (ids, with spaces):"))
	in.why = "First drop what breaks the work: zero attacks are worth nothing when nothing gets done. Then fewer successful attacks are better. Wording in a prompt asks; a check in the tool decides."
}

func round(v float64, digits int) float64 {
	p := 1.0
	for range digits {
		p *= 10
	}
	return float64(int(v*p+0.5)) / p
}
