package curriculum

import (
	"fmt"
	"slices"
	"strings"
)

// A writer writes the work of a plan, in order, before it is put into weeks.
type writer struct {
	c       *Curriculum
	s       *State
	o       *PlanOptions
	plan    *Plan
	claimed map[string]Level
	got     map[string]Level // by stage
	out     []Item
	focus   string
}

func (w *writer) add(it Item) {
	if it.Minutes > 0 {
		it.focus = w.focus
		w.out = append(w.out, it)
	}
}

// items writes everything there is to do.
func (w *writer) items() []Item {
	tests := w.testOuts()
	order := w.chapters()
	for i, ch := range order {
		w.focus = ch.Focus
		if i == 0 && len(w.s.Tries) == 0 {
			w.add(Item{Work: WorkAssess, Text: "Skills assessment: quintain path assess", Minutes: w.c.roadmap.Assessment})
		}
		before := len(w.out)
		for _, id := range ch.Exercises {
			e, stage := w.split(id)
			w.exercise(e, stage, tests)
		}
		last := i == len(order)-1
		if last {
			w.exercise(w.c.Exercise(w.o.Profile.Capstone), "", tests)
		}
		text := "Write up what you did for your portfolio"
		if last {
			text = "Finish the portfolio: quintain path portfolio"
		}
		if len(w.out) > before || last {
			leaves := ch.Leaves
			if !last && !slices.ContainsFunc(w.out[before:], func(it Item) bool { return it.Work == WorkExercise || it.Work == WorkTestOut }) {
				leaves = "your notes on: " + ch.Focus
			}
			w.add(Item{Work: WorkWrite, Text: text, Minutes: w.c.roadmap.Writeup, leaves: leaves})
		}
	}
	w.exam()
	return w.out
}

// exam adds the exam and its report, which is due a day later: the sitting
// goes at the end of a week and the report at the start of the next.
func (w *writer) exam() {
	if !w.o.Exam {
		return
	}
	r := &w.c.roadmap
	w.add(Item{Work: WorkExam, Text: "Prepare for the exam: set up, re-read your notes", Minutes: r.Prepare})
	w.add(Item{Work: WorkExam, Text: "Exam, in one sitting, on the last day of the week", Minutes: r.Exam, whole: true, leaves: "the exam, handed in"})
	w.add(Item{Work: WorkExam, Text: "Report on the exam, within 24 hours", Minutes: r.Report, whole: true, leaves: "your report, and a transcript that anyone can grade again"})
}

// chapters returns the chapters in the order for this learner.
func (w *writer) chapters() []chapter {
	out := make([]chapter, len(w.c.roadmap.Chapters))
	for i, ch := range w.c.roadmap.Chapters {
		ch.Exercises = slices.Clone(ch.Exercises)
		out[i] = ch
	}
	move := func(id string, to int, as ...string) {
		for i := range out {
			out[i].Exercises = slices.DeleteFunc(out[i].Exercises, func(x string) bool { return x == id })
		}
		out[to].Exercises = append(out[to].Exercises, as...)
	}
	if w.claimed["br-ml-metrics"] >= Alone {
		move("I01", 0, "I01")
		w.plan.adapt("you know model metrics: I01 comes in the first chapter")
	}
	if w.claimed["an-risk"] >= Alone && w.claimed["an-compliance"] >= Alone {
		out[2].Exercises = append(out[2].Exercises, "D04/a")
		for i, id := range out[12].Exercises {
			if id == "D04" {
				out[12].Exercises[i] = "D04/b"
			}
		}
		w.plan.adapt("you know risk and compliance: stage a of D04 comes early; stage b waits for the evidence of D01")
	}
	return out
}

// testOuts returns which stages are offered without a lesson, by "S01/a".
func (w *writer) testOuts() map[string]bool {
	out := make(map[string]bool)
	for _, t := range w.c.TestOuts(w.s, w.o.Start) {
		var open []string
		for _, name := range t.Stages {
			e, stage := w.split(name)
			for _, st := range e.Stages {
				if key := e.ID + "/" + st.ID; (stage == "" || stage == st.ID) && w.got[key] < Alone {
					out[key] = true
					open = append(open, name)
				}
			}
		}
		if open = slices.Compact(open); len(open) > 0 {
			w.plan.adapt("test-out of %s offered, without lesson or hints: %s", strings.Join(open, ", "), t.Why)
		}
	}
	return out
}

func (w *writer) split(id string) (e *Exercise, stage string) {
	id, stage, _ = strings.Cut(id, "/")
	return w.c.Exercise(id), stage
}

// exercise adds what is left of an exercise, or of one of its stages.
func (w *writer) exercise(e *Exercise, only string, tests map[string]bool) {
	var open, optional, test []string
	helped, defends := false, false
	short := e.Module == "M9" && w.o.Hours < 5
	for _, st := range e.Stages {
		key := e.ID + "/" + st.ID
		switch {
		case only != "" && only != st.ID, w.got[key] >= Alone, short && st.ID > "b":
			continue
		case tests[key]:
			test = append(test, st.ID)
		case slices.Contains(w.o.Profile.Optional, e.ID), slices.Contains(w.o.Profile.Optional, key):
			optional = append(optional, st.ID)
		default:
			open = append(open, st.ID)
		}
		helped = helped || w.got[key] > New
		defends = defends || st.Mode == Defend
	}
	if len(open)+len(optional)+len(test) == 0 {
		return
	}
	if !slices.Contains(w.o.Built, e.ID) {
		w.instead(e)
		return
	}
	if short {
		w.plan.adapt("under 5 hours a week the capstone %s is its stages a and b", e.ID)
	}
	w.lesson(e, only, helped || len(open)+len(optional) == 0)
	each := e.Minutes / len(e.Stages) / 5 * 5
	for _, part := range []struct {
		stages   []string
		work     Work
		optional bool
	}{{test, WorkTestOut, false}, {open, WorkExercise, false}, {optional, WorkExercise, true}} {
		if len(part.stages) == 0 {
			continue
		}
		it := Item{Work: part.work, Exercise: e.ID, Text: e.Title, Minutes: each * len(part.stages), Optional: part.optional, Defends: defends}
		if len(part.stages) == len(e.Stages) {
			it.Minutes = e.Minutes
		} else {
			it.Stages = part.stages
		}
		if part.work == WorkTestOut {
			it.Minutes = (it.Minutes*2/3 + 4) / 5 * 5
		}
		w.add(it)
	}
}

// lesson adds the reading before an exercise, unless it was read or is not
// needed.
func (w *writer) lesson(e *Exercise, only string, known bool) {
	switch {
	case known, only == "b": // read before
	case e.ID == "L02" && w.claimed["an-appsec"] >= Alone:
		w.plan.adapt("you know web security: L02 starts without its lesson")
	default:
		if rated, ok := w.s.Ratings["an-scripting"]; e.ID == "F04" && ok && max(rated, w.claimed["an-scripting"]) <= Explains {
			w.plan.adapt("scripting is new to you: %d hours of guided reading come before F04", w.c.roadmap.Scripting/60)
			w.add(Item{Work: WorkRead, Exercise: e.ID, Text: "Guided reading of Python scripts", Minutes: w.c.roadmap.Scripting})
		}
		w.add(Item{Work: WorkRead, Exercise: e.ID, Text: "Lesson: " + e.Title, Minutes: e.Lesson})
	}
}

// instead plans reading and work with the tools for an exercise that is not
// built. It proves nothing, and says so.
func (w *writer) instead(e *Exercise) {
	if slices.Contains(w.plan.Missing, e.ID) {
		return // its other stage was planned before
	}
	w.plan.Missing = append(w.plan.Missing, e.ID)
	w.add(Item{
		Work: WorkInstead, Exercise: e.ID, Text: e.Instead, Minutes: e.Lesson + max(30, e.Minutes/2/5*5),
		Optional: slices.Contains(w.o.Profile.Optional, e.ID),
	})
}

// expendable returns what to drop first when there is too much: what the
// profile calls optional, then the exam (its report and its preparation go
// with it), then write-ups from the last, then work that proves nothing, then
// reading, then the capstone and exercises without a defense that the profile
// does not need. Exercises that defend stay. It returns -1 if nothing is left.
func (w *writer) expendable(items []Item) int {
	for _, may := range []func(*Item) bool{
		func(it *Item) bool { return it.Optional },
		func(it *Item) bool { return it.Work == WorkExam },
		func(it *Item) bool { return it.Work == WorkInstead && !w.needed(it.Exercise) },
		func(it *Item) bool { return it.Work == WorkExercise && !it.Defends && !w.needed(it.Exercise) },
		func(it *Item) bool { return it.Work == WorkWrite },
		func(it *Item) bool { return it.Work == WorkInstead },
		func(it *Item) bool { return it.Work == WorkRead && !w.needed(it.Exercise) },
	} {
		for i := len(items) - 1; i >= 0; i-- {
			if may(&items[i]) {
				return i
			}
		}
	}
	return -1
}

// needed reports whether an exercise trains something that the profile needs,
// or comes before one that does.
func (w *writer) needed(id string) bool {
	for i := range w.c.Exercises {
		e := &w.c.Exercises[i]
		if e.ID != id && !slices.Contains(e.Prereq, id) {
			continue
		}
		if slices.ContainsFunc(e.Skills, func(s string) bool { return w.o.Profile.Need[s] > New }) {
			return true
		}
	}
	return false
}

// notes says what the learner should know about the plan.
func (w *writer) notes(capacity int) {
	p := w.plan
	note := func(format string, args ...any) { p.Notes = append(p.Notes, fmt.Sprintf(format, args...)) }
	if n := len(p.Missing); n > 0 {
		note("%d exercises are not in this version yet: %s. Reading and work with the tools stand in for them and prove no level; come back for their stages.", n, strings.Join(p.Missing, " "))
	}
	if !w.o.Exam {
		note("The exam is not in this version yet, so no time is planned for it (%s with its report).", Hours(w.c.roadmap.Prepare+w.c.roadmap.Exam+w.c.roadmap.Report))
	}
	if slices.ContainsFunc(w.out, func(it Item) bool { return it.Work == WorkTestOut }) {
		note("A test-out is the whole exercise, graded as always. One that fails costs nothing: read the lesson and try again.")
	}
	if p.Over > 0 {
		note("%s too much for %d weeks of %s.", Hours(p.Over), len(p.Weeks), Hours(capacity))
	}
	if len(p.Dropped) > 0 {
		note("Dropped so that the rest fits: %s. More hours a week, or more weeks, bring it back.", names(p.Dropped))
	}
	if slices.ContainsFunc(p.Dropped, func(it Item) bool { return it.whole && it.Minutes > capacity }) {
		note("The exam is one sitting of %s, longer than your week. Take a day for it when you are ready.", Hours(w.c.roadmap.Exam))
	}
	if n := sum(p.Left); n > 0 {
		note("Even so %s are left: %s. They hold defenses or lead to them and are not dropped; plan %d more weeks.", Hours(n), names(p.Left), (n+capacity-1)/capacity)
	}
	if len(w.o.Profile.Optional) > 0 {
		note("For this profile the capstone %s is recommended; optional: %s.", w.o.Profile.Capstone, strings.Join(w.o.Profile.Optional, ", "))
	}
	if len(w.s.Ratings) == 0 {
		note("You have not rated yourself yet; the plan credits only what is proved. Rating orders a plan: quintain path assess.")
	}
}

func sum(items []Item) (n int) {
	for _, it := range items {
		n += it.Minutes
	}
	return n
}

// names lists items shortly, those of an exercise by its id.
func names(items []Item) string {
	var out []string
	count := make(map[string]int)
	for _, it := range items {
		n := it.Exercise
		if n == "" {
			n = map[Work]string{WorkExam: "exam", WorkWrite: "write-up", WorkAssess: "assessment"}[it.Work]
		} else if it.Work == WorkRead {
			n += " (reading)"
		}
		if count[n]++; count[n] == 1 {
			out = append(out, n)
		}
	}
	for i, n := range out {
		if count[n] > 1 && n != "exam" {
			out[i] = fmt.Sprintf("%s (%d)", n, count[n])
		}
	}
	return strings.Join(out, ", ")
}

// Hours writes minutes as "6 h", "45 min" or "6 h 30 min".
func Hours(minutes int) string {
	h, m := minutes/60, minutes%60
	switch {
	case h == 0:
		return fmt.Sprintf("%d min", m)
	case m == 0:
		return fmt.Sprintf("%d h", h)
	default:
		return fmt.Sprintf("%d h %d min", h, m)
	}
}
