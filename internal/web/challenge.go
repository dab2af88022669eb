package web

import (
	"crypto/rand"
	"encoding/binary"
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strconv"

	"quintain/curriculum"
	"quintain/curriculum/challenge"
	"quintain/report"
)

// A challengePage asks one micro-challenge, shows what an answer to one came
// to, or that nothing more is worth asking.
//
// What was asked in this sitting travels in the addresses: it chooses the next
// task and nothing else, so that whoever writes another fools only themselves.
type challengePage struct {
	Tab      string
	Number   int // of this task in the sitting, from 1
	Solved   int // before it
	Task     *challenge.Instance
	Skills   []string // names of those that it proves
	Right    []string // asked in this sitting
	Wrong    []string
	Verdict  *verdict
	Answers  []answered
	Why      string
	Next     string // address
	Finished bool
}

// An answered is one field of an answer.
type answered struct {
	challenge.Field

	Got, Want string
	Wrong     bool
}

// Asked returns how many tasks were asked in this sitting.
func (p challengePage) Asked() int { return len(p.Right) + len(p.Wrong) }

// sittingOf reads what was asked before.
func sittingOf(form url.Values) (tries []curriculum.Try) {
	for _, right := range []bool{true, false} {
		for _, id := range form[map[bool]string{true: "right", false: "wrong"}[right]] {
			known := slices.ContainsFunc(tries, func(t curriculum.Try) bool { return t.Challenge == id })
			if challenge.Find(id) != nil && !known {
				tries = append(tries, curriculum.Try{Challenge: id, Right: right})
			}
		}
	}
	return tries
}

// sit returns the page of a task after the tries, nil being none.
func (w *Workbench) sit(task *challenge.Instance, tries []curriculum.Try) challengePage {
	p := challengePage{Tab: "challenges", Number: len(tries) + 1, Task: task}
	for _, t := range tries {
		if t.Right {
			p.Right = append(p.Right, t.Challenge)
		} else {
			p.Wrong = append(p.Wrong, t.Challenge)
		}
	}
	p.Solved = len(p.Right)
	if task != nil {
		for _, id := range task.Challenge.Skills {
			if skill := w.o.Curriculum.Skill(id); skill != nil {
				p.Skills = append(p.Skills, skill.Name)
			}
		}
	}
	return p
}

// challenge asks the next task, made from a seed that nobody saw before.
func (w *Workbench) challenge(r *http.Request) (*page, error) {
	if w.o.Change == nil {
		return nil, notFound("there is no page %q", r.URL.Path)
	}
	s, _, err := w.learner(r)
	if err != nil {
		return nil, err
	}
	tries := sittingOf(r.URL.Query())
	out := &page{Name: "challenge", Title: "Challenges", Section: "Path", Command: "quintain path assess"}
	next := w.o.Curriculum.NextChallenge(s, tries, w.o.Now())
	if next == nil {
		p := w.sit(nil, tries)
		p.Finished = true
		out.Data = p
		return out, nil
	}
	var seed [4]byte
	if _, err := rand.Read(seed[:]); err != nil {
		return nil, err
	}
	p := w.sit(next.New(uint64(binary.BigEndian.Uint32(seed[:]))), tries)
	out.Command += fmt.Sprintf(" --seed %d", p.Task.Seed)
	out.Data = p
	return out, nil
}

// answer grades an answer, keeps it, and shows what it came to.
func (w *Workbench) answer(r *http.Request) (*page, error) {
	if w.o.Change == nil || w.o.Curriculum == nil {
		return nil, notFound("nothing is kept about the learner")
	}
	if err := r.ParseForm(); err != nil {
		return nil, &problem{err, http.StatusBadRequest, ""}
	}
	ch := challenge.Find(r.PostFormValue("challenge"))
	if ch == nil {
		return nil, notFound("there is no challenge %q", report.Clip(r.PostFormValue("challenge"), 80))
	}
	seed, err := strconv.ParseUint(r.PostFormValue("seed"), 10, 64)
	if err != nil {
		return nil, &problem{fmt.Errorf("%q is no seed", report.Clip(r.PostFormValue("seed"), 80)), http.StatusBadRequest, "Go back to the task and answer it there."}
	}
	task := ch.New(seed)
	given := make(challenge.Answer)
	for _, f := range task.Fields {
		given[f.ID] = r.PostFormValue("answer:" + f.ID)
	}
	var res challenge.Result
	var proved bool
	err = w.o.Change(r.Context(), func(s *curriculum.State) error {
		res, proved = w.o.Curriculum.Answer(s, task, given, w.o.Now())
		return nil
	})
	if err != nil {
		return nil, err
	}
	tries := slices.DeleteFunc(sittingOf(r.PostForm), func(t curriculum.Try) bool { return t.Challenge == ch.ID })
	p := w.sit(task, tries)
	p.Verdict, p.Why = rulingOf(&res, proved), res.Why
	for _, f := range task.Fields {
		p.Answers = append(p.Answers, answered{f, report.Clip(given[f.ID], 400), res.Want[f.ID], slices.Contains(res.Wrong, f.ID)})
	}
	after := w.sit(nil, append(tries, curriculum.Try{Challenge: ch.ID, Right: res.Right}))
	p.Next = "/path/challenges?" + url.Values{"right": after.Right, "wrong": after.Wrong}.Encode()
	command := fmt.Sprintf("quintain path assess --seed %d --answers answers.json", seed)
	return &page{Name: "challenge", Title: "Challenges", Section: "Path", Command: command, Data: p}, nil
}

// rulingOf says what an answer came to.
func rulingOf(res *challenge.Result, proved bool) *verdict {
	switch {
	case proved:
		return &verdict{"", "resisted", "Right", "It is kept as a proof of level 1."}
	case res.Right:
		return &verdict{"", "stale", "Right", "This seed was answered before, so it proves nothing new."}
	}
	return &verdict{"", "failed", "Not yet", "Nothing is lost: the same task comes back with other numbers."}
}
