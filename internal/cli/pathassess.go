package cli

import (
	"bufio"
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"strings"

	"github.com/spf13/cobra"

	"quintain/curriculum"
	"quintain/curriculum/challenge"
)

// An answerFile is the answers to one assessment, by challenge and field.
type answerFile struct {
	Ratings map[string]curriculum.Level `json:"ratings"`
	Answers map[string]challenge.Answer `json:"answers"`
}

// An assessed is what became of one challenge.
type assessed struct {
	Challenge string           `json:"challenge"`
	Result    challenge.Result `json:"result"`
	Proved    bool             `json:"proved"` // a proof was added
}

func pathAssess(l *learner) *cobra.Command {
	var seed uint64
	var file string
	cmd := &cobra.Command{
		Use:   "assess",
		Short: "Find out where you stand: rate yourself, then solve twelve small tasks",
		Long: "Find out where you stand. First you rate yourself, which orders your plan and\n" +
			"proves nothing. Then come at most twelve tasks of two to four minutes; one solved\n" +
			"proves level 1. What you know better than that you prove on the exercises.\n\n" +
			"Without a terminal the tasks are printed, as text or JSON; answer them in a file:\n" +
			"  {\"ratings\": {\"an-malware\": 3}, \"answers\": {\"pickle\": {\"offset\": \"117\"}}}",
		Example: "  quintain path assess\n  quintain path assess --seed 7 --json\n  quintain path assess --seed 7 --answers answers.json",
		Args:    args(cobra.NoArgs),
		RunE: func(cmd *cobra.Command, _ []string) error {
			if !cmd.Flags().Changed("seed") {
				if file != "" {
					return hint(usagef("answers belong to a seed"), "--seed N says which tasks the answers are for")
				}
				seed = uint64(l.env.Now().UnixNano()) % 1_000_000
			}
			s, err := l.load()
			if err != nil {
				return err
			}
			switch {
			case file != "":
				return l.gradeFile(s, seed, file)
			case !l.json && l.env.terminal(l.env.Stdout) && l.env.terminalIn():
				return l.interview(s, seed)
			default:
				return l.printTasks(s, seed)
			}
		},
	}
	cmd.Flags().Uint64Var(&seed, "seed", 0, "seed of the tasks (default: a new one)")
	cmd.Flags().StringVar(&file, "answers", "", "grade the answers in `file`")
	return cmd
}

// terminalIn reports whether somebody types.
func (e *Env) terminalIn() bool {
	w, ok := e.Stdin.(io.Writer) // a terminal's file is both
	return ok && e.terminal(w)
}

// printTasks writes the tasks in the order in which they would be asked.
func (l *learner) printTasks(s *curriculum.State, seed uint64) error {
	var tasks []*challenge.Instance
	var asked []curriculum.Try
	for ch := l.facts.NextChallenge(s, asked, l.env.Now()); ch != nil; ch = l.facts.NextChallenge(s, asked, l.env.Now()) {
		tasks = append(tasks, ch.New(seed))
		asked = append(asked, curriculum.Try{Challenge: ch.ID, Right: true})
	}
	if l.json {
		return encode(l.env, struct {
			Seed  uint64                `json:"seed"`
			Tasks []*challenge.Instance `json:"tasks"`
		}{seed, list(tasks)})
	}
	for _, in := range tasks {
		l.writeTask(in)
		for _, f := range in.Fields {
			wrap(l.env.Stdout, "  "+f.ID+": ", "    ", f.Ask)
		}
		fmt.Fprintln(l.env.Stdout)
	}
	fmt.Fprintf(l.env.Stdout, "Seed %d. Write your answers into a file and grade it:\n  quintain path assess --seed %d --answers answers.json\n", seed, seed)
	return nil
}

func (l *learner) writeTask(in *challenge.Instance) {
	w := l.env.Stdout
	fmt.Fprintf(w, "%s [%s, %d min]\n", in.Title, in.ID, in.Minutes)
	wrap(w, "  ", "  ", in.Intro)
	fmt.Fprintln(w)
	for line := range strings.Lines(in.Show) {
		fmt.Fprintf(w, "  %s", line)
	}
	fmt.Fprintln(w)
}

// gradeFile grades a file of answers, which may hold some challenges only.
func (l *learner) gradeFile(s *curriculum.State, seed uint64, file string) error {
	b, err := readInput(l.env, file)
	if err != nil {
		return err
	}
	var a answerFile
	d := json.NewDecoder(bytes.NewReader(b))
	d.DisallowUnknownFields()
	if err := d.Decode(&a); err != nil {
		return hint(fmt.Errorf("%s: %w", file, err), "quintain path assess --help shows the form of the file")
	}
	for id := range a.Answers {
		if challenge.Find(id) == nil {
			return fmt.Errorf("%s: no challenge %q", file, id)
		}
	}
	for id, level := range a.Ratings {
		if err := l.rate(s, id, level); err != nil {
			return fmt.Errorf("%s: %w", file, err)
		}
	}
	var done []assessed
	for _, ch := range challenge.All() {
		if answer, ok := a.Answers[ch.ID]; ok {
			res, proved := l.facts.Answer(s, ch.New(seed), answer, l.env.Now())
			done = append(done, assessed{ch.ID, res, proved})
		}
	}
	if err := l.save(s); err != nil {
		return err
	}
	if l.json {
		return encode(l.env, struct {
			Seed    uint64     `json:"seed"`
			Results []assessed `json:"results"`
		}{seed, list(done)})
	}
	for i := range done {
		l.tell(&done[i])
	}
	l.sumUp(done)
	return nil
}

func (l *learner) rate(s *curriculum.State, id string, level curriculum.Level) error {
	sk := l.facts.Skill(id)
	if sk == nil || level < curriculum.New || level > curriculum.Proves {
		return fmt.Errorf("rating %d of %q: a known skill and 0 to 4, please", level, id)
	}
	if s.Ratings == nil {
		s.Ratings = make(map[string]curriculum.Level)
	}
	s.Ratings[sk.ID] = level
	return nil
}

// tell says what became of an answer, and why.
func (l *learner) tell(a *assessed) {
	w := l.env.Stdout
	switch {
	case a.Proved:
		fmt.Fprintf(w, "%-11s right\n", a.Challenge)
	case a.Result.Right:
		fmt.Fprintf(w, "%-11s right, but this seed was tried before: take another to prove it\n", a.Challenge)
	default:
		fmt.Fprintf(w, "%-11s not yet\n", a.Challenge)
		ch := challenge.Find(a.Challenge).New(0)
		for _, f := range ch.Fields {
			wrap(w, "    ", "    ", f.ID+" is "+a.Result.Want[f.ID])
		}
	}
	wrap(w, "    ", "    ", a.Result.Why)
}

func (l *learner) sumUp(done []assessed) {
	n := 0
	for _, a := range done {
		if a.Proved {
			n++
		}
	}
	fmt.Fprintf(l.env.Stdout, "\n%d of %d solved. Where that puts you, and what comes next: quintain path\n", n, len(done))
}

// interview asks on a terminal. What was answered is kept at once, so leaving
// early loses nothing.
func (l *learner) interview(s *curriculum.State, seed uint64) error {
	w, in := l.env.Stdout, bufio.NewReader(l.env.Stdin)
	fmt.Fprintf(w, "First rate yourself from 0 (new to me) to 4 (I could defend it in front of others).\nThis orders your plan and proves nothing. Press Enter to skip one.\n\n")
	for _, sk := range l.facts.Skills {
		if _, rated := s.Ratings[sk.ID]; rated || sk.Family == curriculum.AI {
			continue
		}
		got, err := ask(w, in, fmt.Sprintf("%s (%s)", sk.Name, sk.About))
		if err != nil {
			return l.leave(s, err)
		}
		if len(got) == 1 && got[0] >= '0' && got[0] <= '4' {
			if err := l.rate(s, sk.ID, curriculum.Level(got[0]-'0')); err != nil {
				return err
			}
		}
	}
	var asked []curriculum.Try
	var done []assessed
	for {
		ch := l.facts.NextChallenge(s, asked, l.env.Now())
		if ch == nil {
			break
		}
		fmt.Fprintf(w, "\n%d. ", len(asked)+1)
		task := ch.New(seed)
		l.writeTask(task)
		answer := make(challenge.Answer)
		for _, f := range task.Fields {
			got, err := ask(w, in, f.Ask)
			if err != nil {
				return l.leave(s, err)
			}
			answer[f.ID] = got
		}
		res, proved := l.facts.Answer(s, task, answer, l.env.Now())
		a := assessed{ch.ID, res, proved}
		done, asked = append(done, a), append(asked, s.Tries[len(s.Tries)-1])
		l.tell(&a)
		if err := l.save(s); err != nil {
			return err
		}
	}
	l.sumUp(done)
	return l.save(s)
}

// leave keeps what there is when the input ends.
func (l *learner) leave(s *curriculum.State, err error) error {
	if !errors.Is(err, io.EOF) {
		return err
	}
	fmt.Fprintf(l.env.Stdout, "\nKept. Go on at any time: quintain path assess\n")
	return l.save(s)
}

// ask asks one question and returns the line typed.
func ask(w io.Writer, in *bufio.Reader, what string) (string, error) {
	wrap(w, "", "", what)
	fmt.Fprint(w, "> ")
	var line []byte
	for {
		b, err := in.ReadByte()
		if err != nil {
			return "", err
		}
		if b == '\n' {
			return strings.TrimSpace(string(line)), nil
		}
		if len(line) < 1000 {
			line = append(line, b)
		}
	}
}
