package curriculum

import (
	"encoding/json"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
	"time"

	"quintain/curriculum/challenge"
)

var today = time.Date(2026, time.November, 30, 9, 0, 0, 0, time.UTC)

func stage(ex, st string, hints int, fresh bool, daysAgo int) Proof {
	return Proof{Kind: ByStage, Exercise: ex, Stage: st, Hints: hints, Fresh: fresh, Time: today.AddDate(0, 0, -daysAgo), Evidence: "sha256:00"}
}

func allBuilt(c *Curriculum) (ids []string) {
	for _, e := range c.Exercises {
		ids = append(ids, e.ID)
	}
	return ids
}

// TestLevel is the table of what proves what.
func TestLevel(t *testing.T) {
	c := Default()
	exam := stage("L01", "a", 0, true, 0)
	exam.Kind = ByExam
	examAnalysis := stage("D02", "a", 0, true, 0)
	examAnalysis.Kind = ByExam
	for name, tt := range map[string]struct {
		proof Proof
		want  Level
	}{
		"challenge":               {Proof{Kind: ByChallenge, Challenge: "pickle", Fresh: true}, Explains},
		"hinted defense":          {stage("L01", "c", 1, true, 0), Helped},
		"defense on a known seed": {stage("L01", "c", 0, false, 0), Helped},
		"attack alone":            {stage("L01", "a", 0, true, 0), Alone},
		"analysis alone":          {stage("F01", "a", 0, true, 0), Alone},
		"defense alone":           {stage("L01", "c", 0, true, 0), Proves},
		"linked analysis":         {stage("D04", "b", 0, true, 0), Proves},
		"attack in an exam":       {exam, Alone},
		"analysis in an exam":     {examAnalysis, Proves},
		"unknown stage":           {stage("L01", "z", 0, true, 0), New},
		"unknown exercise":        {stage("Z01", "a", 0, true, 0), New},
	} {
		if got := c.Level(&tt.proof); got != tt.want {
			t.Errorf("%s: got %v, want %v", name, got, tt.want)
		}
	}
}

// TestStanding: a rating raises nothing, the highest proof wins, and what is
// stale is shown and kept.
func TestStanding(t *testing.T) {
	c := Default()
	s := NewState()
	s.Ratings = map[string]Level{"an-iam": Proves, "ai-governance": Proves}
	s.Proofs = []Proof{stage("L01", "c", 0, true, 61), stage("L01", "a", 2, true, 1), stage("F01", "a", 0, true, 60)}
	got := make(map[string]Standing)
	for _, st := range c.Standing(s, today) {
		got[st.Skill] = st
	}
	if st := got["an-iam"]; st.Level != Proves || !st.Stale {
		t.Errorf("got %+v, want level 4, stale: the weak proof of yesterday does not freshen it", st)
	}
	if st := got["ai-prompt-injection"]; st.Level != Proves {
		t.Errorf("got %+v, want level 4 of the same proof", st)
	}
	weak := NewState()
	weak.Ratings = map[string]Level{"br-ml-data": Proves}
	weak.Proofs = []Proof{stage("F01", "a", 1, true, 1)}
	for _, st := range c.Standing(weak, today) {
		if st.Skill == "br-ml-data" && st.Level != Helped {
			t.Errorf("got %+v, want level 2: a rating lifts no proof", st)
		}
	}
	if st := got["br-ml-metrics"]; st.Level != Alone || st.Stale {
		t.Errorf("got %+v, want level 3, fresh on day 60", st)
	}
	if st := got["ai-governance"]; st.Level != New || st.Rated != Proves || st.Stale {
		t.Errorf("got %+v, want a rating of 4 that proves nothing", st)
	}
	s.Proofs = append(s.Proofs, stage("L01", "c", 0, true, 2))
	for _, st := range c.Standing(s, today) {
		if st.Skill == "an-iam" && st.Stale {
			t.Error("a new proof of the level did not freshen it")
		}
	}
}

func TestGapAndNext(t *testing.T) {
	c := Default()
	p := c.Profile("ai-security-engineer")
	s := NewState()
	if got := c.Gap(s, p, today); len(got) != len(p.Need) {
		t.Errorf("got a gap of %d skills, want all %d", len(got), len(p.Need))
	}
	next := c.Next(s, p, allBuilt(c), today)
	if len(next) != 3 {
		t.Fatalf("got %d steps, want 3", len(next))
	}
	for i, st := range next {
		for _, id := range st.Exercise.Prereq {
			if !c.Passed(s, id) {
				t.Errorf("%s is offered before %s", st.Exercise.ID, id)
			}
		}
		if i > 0 && st.PerHour() > next[i-1].PerHour() {
			t.Errorf("step %d gains more per hour than step %d", i, i-1)
		}
	}
	if got := c.Next(s, p, []string{"C01", "A01"}, today); len(got) != 0 {
		t.Errorf("got %v, though nothing that could be started is built", got)
	}
	// Who has proved everything has no gap and no next step.
	for _, e := range c.Exercises {
		for _, st := range e.Stages {
			s.Proofs = append(s.Proofs, stage(e.ID, st.ID, 0, true, 1))
		}
	}
	for _, p := range c.Profiles {
		if gap, next := c.Gap(s, &p, today), c.Next(s, &p, allBuilt(c), today); len(gap)+len(next) > 0 {
			t.Errorf("%s: gap %v and next %v after everything was proved", p.ID, gap, next)
		}
	}
}

func TestState(t *testing.T) {
	c := Default()
	s := NewState()
	s.Name = "Ada"
	s.Ratings = map[string]Level{"an-iam": 3}
	s.Links = []Link{{Title: "talk", URL: "https://ada.example/talk"}}
	if err := c.Add(s, stage("L01", "c", 0, true, 3)); err != nil {
		t.Fatal(err)
	}
	b, err := s.Encode()
	if err != nil {
		t.Fatal(err)
	}
	again, err := c.ParseState(b)
	if err != nil {
		t.Fatal(err)
	}
	if b2, _ := again.Encode(); string(b) != string(b2) {
		t.Errorf("got %s, want %s", b2, b)
	}
	for name, bad := range map[string]string{
		"empty": ``, "cut off": string(b[:len(b)/2]), "twice": string(b) + string(b), "version": `{"version":2}`, "unknown key": `{"version":1,"level":4}`,
		"rating of nothing": `{"version":1,"ratings":{"x":1}}`, "rating of 9": `{"version":1,"ratings":{"an-iam":9}}`,
		"script link":  `{"version":1,"links":[{"title":"x","url":"javascript:alert(1)"}]}`,
		"no evidence":  `{"version":1,"proofs":[{"kind":"stage","exercise":"L01","stage":"a","time":"2026-01-01T00:00:00Z","seed":1,"evidence":""}]}`,
		"no stage":     `{"version":1,"proofs":[{"kind":"stage","exercise":"L01","stage":"q","time":"2026-01-01T00:00:00Z","seed":1,"evidence":"x"}]}`,
		"own skills":   `{"version":1,"proofs":[{"kind":"stage","exercise":"L01","stage":"a","skills":["ai-evasion"],"time":"2026-01-01T00:00:00Z","seed":1,"evidence":"x"}]}`,
		"wrong skills": `{"version":1,"proofs":[{"kind":"challenge","challenge":"pickle","skills":["ai-evasion"],"time":"2026-01-01T00:00:00Z","seed":1,"evidence":"x"}]}`,
	} {
		if _, err := c.ParseState([]byte(bad)); err == nil {
			t.Errorf("%s: accepted", name)
		}
	}
}

// TestAnswer: right answers prove level 1 once; a seed tried before proves
// nothing any more.
func TestAnswer(t *testing.T) {
	c, s := Default(), NewState()
	in := challenge.Find("pickle").New(5)
	if res, proved := c.Answer(s, in, challenge.Answer{}, today); res.Right || proved {
		t.Error("no answer proves something")
	}
	want := in.Grade(nil).Want
	if res, proved := c.Answer(s, in, want, today); !res.Right || proved || len(s.Proofs) != 0 {
		t.Error("a seed whose answer was shown proves something")
	}
	in = in.Challenge.New(6)
	if _, proved := c.Answer(s, in, in.Grade(nil).Want, today); !proved || len(s.Proofs) != 1 {
		t.Error("a right answer to a fresh seed proves nothing")
	}
	if err := c.Validate(s); err != nil {
		t.Error(err)
	}
}

// TestAdaptive: an assessment asks each challenge at most once, not for what is
// proved, and what it asks depends on claims and answers.
func TestAdaptive(t *testing.T) {
	c := Default()
	run := func(s *State, right bool) (ids []string) {
		var asked []Try
		for ch := c.NextChallenge(s, asked, today); ch != nil; ch = c.NextChallenge(s, asked, today) {
			if slices.Contains(ids, ch.ID) {
				t.Fatalf("%s is asked twice", ch.ID)
			}
			ids = append(ids, ch.ID)
			asked = append(asked, Try{Challenge: ch.ID, Right: right})
		}
		return ids
	}
	right, wrong := run(NewState(), true), run(NewState(), false)
	if len(right) != 12 || slices.Equal(right, wrong) {
		t.Errorf("got %v after right and %v after wrong answers, want twelve in different orders", right, wrong)
	}
	s := NewState()
	s.Ratings = map[string]Level{"an-iam": 4}
	if got := run(s, true); got[0] != "delegation" {
		t.Errorf("got %v, want what the learner claims first", got)
	}
	s = NewState()
	in := challenge.Find("header").New(1)
	c.Answer(s, in, in.Grade(nil).Want, today)
	if got := run(s, true); slices.Contains(got, "header") {
		t.Errorf("got %v, though header is proved", got)
	}
}

// TestPlanInvariants tries many learners: no week is longer than the hours, no
// stage of defense is skipped, exercises come after their prerequisites, dates
// follow each other, and the same learner gets the same plan.
func TestPlanInvariants(t *testing.T) {
	c := Default()
	r := rand.New(rand.NewPCG(1, 2))
	for n := range 300 {
		s := NewState()
		s.Ratings = make(map[string]Level)
		for _, sk := range c.Skills {
			if r.IntN(3) > 0 {
				s.Ratings[sk.ID] = Level(r.IntN(5))
			}
		}
		var built []string
		for _, e := range c.Exercises {
			if n%2 == 0 || r.IntN(3) > 0 {
				built = append(built, e.ID)
			}
			if r.IntN(6) == 0 {
				s.Proofs = append(s.Proofs, stage(e.ID, "a", r.IntN(2), r.IntN(2) == 0, r.IntN(90)))
			}
		}
		o := PlanOptions{Weeks: 12 + r.IntN(5), Hours: float64(4+r.IntN(21)) / 2, Start: today, Profile: &c.Profiles[r.IntN(5)], Built: built, Exam: n%3 > 0}
		p, err := c.Plan(s, o)
		if err != nil {
			t.Fatal(err)
		}
		checkPlan(t, c, s, o, p)
		again, _ := c.Plan(s, o)
		a, _ := json.Marshal(p)
		if b, _ := json.Marshal(again); string(a) != string(b) {
			t.Fatal("the same learner got two plans")
		}
	}
}

func checkPlan(t *testing.T, c *Curriculum, s *State, o PlanOptions, p *Plan) {
	t.Helper()
	seen, planned := make(map[string]int), make(map[string]bool)
	date := o.Start
	for i, w := range p.Weeks {
		if len(w.Items) > 0 && len(w.Leaves) == 0 {
			t.Errorf("week %d leaves nothing behind", w.Number)
		}
		if w.Minutes != sum(w.Items) || float64(w.Minutes) > o.Hours*60 {
			t.Errorf("week %d: %d minutes of %d items, where there are %v hours", w.Number, w.Minutes, sum(w.Items), o.Hours)
		}
		if w.From != date.Format(day) || w.Number != i+1 {
			t.Errorf("week %d starts on %s, want %s", w.Number, w.From, date.Format(day))
		}
		date = date.AddDate(0, 0, 7)
	}
	var items []Item
	for _, w := range p.Weeks {
		items = append(items, w.Items...)
	}
	for i, it := range append(items, p.Left...) {
		if it.Work != WorkExercise && it.Work != WorkTestOut {
			continue
		}
		e := c.Exercise(it.Exercise)
		stages := it.Stages
		if stages == nil {
			for _, st := range e.Stages {
				stages = append(stages, st.ID)
			}
		}
		for _, st := range stages {
			planned[e.ID+"/"+st] = true
		}
		if _, ok := seen[e.ID]; !ok {
			seen[e.ID] = i
		}
	}
	got := c.stageLevels(s)
	for _, e := range c.Exercises {
		if !slices.Contains(o.Built, e.ID) || e.Module == "M9" {
			continue
		}
		for _, st := range e.Stages {
			key := e.ID + "/" + st.ID
			if st.Mode == Defend && !planned[key] && got[key] < Alone && !slices.Contains(o.Profile.Optional, e.ID) {
				t.Errorf("the defense %s is skipped", key)
			}
		}
		for _, id := range e.Prereq {
			if a, ok := seen[e.ID]; ok && e.ID != "D04" {
				if b, ok := seen[id]; ok && b > a {
					t.Errorf("%s comes before %s", e.ID, id)
				}
			}
		}
	}
	for _, id := range p.Missing {
		if slices.Contains(o.Built, id) {
			t.Errorf("%s is built, and called missing", id)
		}
	}
}

// TestPlanDefault: the plan for everybody fits as it is promised.
func TestPlanDefault(t *testing.T) {
	c := Default()
	p, err := c.Plan(NewState(), PlanOptions{Start: today, Built: allBuilt(c), Exam: true})
	if err != nil {
		t.Fatal(err)
	}
	if p.Over != 0 || len(p.Dropped)+len(p.Left)+len(p.Missing) > 0 || len(p.Weeks) != 14 {
		t.Errorf("over %d, dropped %v, left %v, missing %v, %d weeks", p.Over, p.Dropped, p.Left, p.Missing, len(p.Weeks))
	}
	if h := p.Minutes / 60; h < 93 || h > 95 {
		t.Errorf("got %d hours, want about 94", h)
	}
	if p.Start != "2026-11-30" || p.End != "2027-03-07" {
		t.Errorf("got %s to %s", p.Start, p.End)
	}
}

// TestPlanRules: each rule of adaptation changes the plan, and without its
// cause it does not.
func TestPlanRules(t *testing.T) {
	c := Default()
	for name, tt := range map[string]struct {
		ratings map[string]Level
		hours   float64
		profile string
		says    string
	}{
		"malware":     {map[string]Level{"an-malware": 3}, 7, "", "test-out of S01, S02"},
		"vuln":        {map[string]Level{"an-vuln-mgmt": 4}, 7, "", "test-out of S01, S02"},
		"appsec":      {map[string]Level{"an-appsec": 3}, 7, "", "test-out of L03"},
		"direct":      {map[string]Level{"an-appsec": 3}, 7, "", "L02 starts without its lesson"},
		"hunting":     {map[string]Level{"an-log-hunting": 3, "an-incident-response": 3}, 7, "", "test-out of D02/a, D03/a"},
		"scripting":   {map[string]Level{"an-scripting": 1}, 8, "", "3 hours of guided reading"},
		"metrics":     {map[string]Level{"br-ml-metrics": 3}, 7, "", "I01 comes in the first chapter"},
		"risk":        {map[string]Level{"an-risk": 3, "an-compliance": 3}, 7, "", "stage a of D04 comes early"},
		"few hours":   {nil, 4, "", "16 weeks"},
		"one sitting": {nil, 4, "", "longer than your week"},
		"no exam":     {nil, 8, "", "not in this version"},
		"capstone":    {nil, 4, "ai-soc", "the capstone C04 is its stages a and b"},
		"red team":    {nil, 7, "ai-red-teamer", "capstone C02 is recommended; optional: D04"},
		"assurance":   {nil, 7, "ai-risk-assurance", "capstone C03 is recommended; optional: I02/b, V03/b, A05"},
	} {
		s := NewState()
		s.Ratings = tt.ratings
		o := PlanOptions{Hours: tt.hours, Start: today, Built: allBuilt(c), Exam: tt.says != "not in this version", Profile: c.Profile(tt.profile)}
		p, err := c.Plan(s, o)
		if err != nil {
			t.Fatal(err)
		}
		if all := strings.Join(append(p.Adapted, p.Notes...), "\n"); !strings.Contains(all, tt.says) {
			t.Errorf("%s: %q is not in:\n%s", name, tt.says, all)
		}
		p, err = c.Plan(NewState(), PlanOptions{Hours: 8, Start: today, Built: allBuilt(c), Exam: true})
		if err != nil {
			t.Fatal(err)
		}
		if all := strings.Join(append(p.Adapted, p.Notes...), "\n"); strings.Contains(all, tt.says) {
			t.Errorf("%s: said without its cause:\n%s", name, all)
		}
	}
}

func TestPlanRefuses(t *testing.T) {
	c := Default()
	for _, o := range []PlanOptions{{Weeks: 11, Start: today}, {Weeks: 17, Start: today}, {Hours: 1, Start: today}, {Hours: 100, Start: today}, {}} {
		if _, err := c.Plan(NewState(), o); err == nil {
			t.Errorf("%+v: got a plan", o)
		}
	}
}

func TestParseRatings(t *testing.T) {
	c := Default()
	got, err := c.ParseRatings("an-malware=3, br-ar" + "tefacts=1,")
	if err != nil || got["an-malware"] != 3 || got["br-artifacts"] != 1 || len(got) != 2 {
		t.Errorf("got %v, %v", got, err)
	}
	for _, bad := range []string{"an-malware", "an-malware=5", "an-malware=-1", "nope=1", "an-malware=3=4"} {
		if _, err := c.ParseRatings(bad); err == nil {
			t.Errorf("%q is accepted", bad)
		}
	}
}

// TestPortfolio: only proofs are claimed, and what the learner wrote is text.
func TestPortfolio(t *testing.T) {
	c, s := Default(), NewState()
	s.Name = "<script>alert(1)</script> [x](javascript:y)\n# Director"
	s.Ratings = map[string]Level{"ai-evasion": Proves}
	pr := stage("L01", "c", 0, true, 90)
	pr.Evidence = "run <img src=x onerror=alert(2)>"
	s.Proofs = []Proof{pr}
	s.Links = []Link{{Title: "<b>talk</b>", URL: "https://ada.example/?a=<b>&c=\"", Note: "`x`"}, {Title: "bad", URL: "javascript:alert(3)"}}
	p := c.Portfolio(s, today)
	html, err := p.HTML()
	if err != nil {
		t.Fatal(err)
	}
	for _, live := range []string{"<script>", "<img", "<b>talk", `href="javascript`} {
		if strings.Contains(string(html), live) {
			t.Errorf("%q is live in the page", live)
		}
	}
	md := string(p.Markdown())
	for _, live := range []string{"\n# Director", "<script", "[x](", "<img", "`x`", "<javascript"} {
		if strings.Contains(md, live) {
			t.Errorf("%q is live in the Markdown:\n%s", live, md)
		}
	}
	for _, doc := range []string{md, string(html)} {
		if strings.Contains(doc, "Evasion") || !strings.Contains(doc, "Prompt injection") || !strings.Contains(doc, "over 60 days ago") {
			t.Errorf("a claim without a proof, or a proof without a claim:\n%s", doc)
		}
	}
	if md := string(c.Portfolio(NewState(), today).Markdown()); strings.Count(md, "None yet.") != 2 {
		t.Errorf("nothing proved should claim nothing:\n%s", md)
	}
}

func FuzzParseState(f *testing.F) {
	f.Add([]byte(`{"version":1,"ratings":{"an-iam":3}}`))
	c := Default()
	f.Fuzz(func(t *testing.T, b []byte) {
		s, err := c.ParseState(b)
		if err != nil {
			return
		}
		if _, err := c.Plan(s, PlanOptions{Start: today}); err != nil {
			t.Error(err)
		}
		if _, err := c.Portfolio(s, today).HTML(); err != nil {
			t.Error(err)
		}
	})
}
