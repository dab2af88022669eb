package challenge

import (
	"maps"
	"slices"
	"strings"
	"testing"
)

// TestMutants holds every challenge to what makes it a proof: the right answer
// passes; a wrong one, none, everything at once, an answer with a part more or
// less, and the answer of another seed do not. On ten seeds.
func TestMutants(t *testing.T) {
	for _, c := range All() {
		t.Run(c.ID, func(t *testing.T) {
			for seed := uint64(1); seed <= 10; seed++ {
				in := c.New(seed)
				right := in.Grade(nil).Want
				if res := in.Grade(right); !res.Right || len(res.Wrong) > 0 {
					t.Fatalf("seed %d: the right answer %v was graded %+v", seed, right, res)
				}
				for name, a := range mutants(in, right, c.New(seed+1).Grade(nil).Want) {
					if in.Grade(a).Right {
						t.Errorf("seed %d: %s passes: %v", seed, name, a)
					}
				}
			}
		})
	}
}

func mutants(in *Instance, right, other Answer) map[string]Answer {
	out := map[string]Answer{"nothing": nil, "another seed": other}
	all, empty := Answer{}, Answer{}
	words := strings.Join(strings.Fields(in.Show), " ")
	for _, f := range in.Fields {
		all[f.ID], empty[f.ID] = words[:min(len(words), maxAnswer)], " "
		wrong := maps.Clone(right)
		wrong[f.ID] = "9" + right[f.ID]
		out["wrong "+f.ID] = wrong
		less := maps.Clone(right)
		delete(less, f.ID)
		out["no "+f.ID] = less
		every := maps.Clone(right)
		every[f.ID] = words
		out["all of the above in "+f.ID] = every
		long := maps.Clone(right)
		long[f.ID] += strings.Repeat(" "+right[f.ID], 400)
		out["long "+f.ID] = long
	}
	more := maps.Clone(right)
	more["also"] = "1"
	out["all of the above"], out["empty"], out["a part more"] = all, empty, more
	return out
}

// TestSeeds: same seed, same task; other seed, other answer.
func TestSeeds(t *testing.T) {
	for _, c := range All() {
		seen := make(map[string]bool)
		for seed := range uint64(50) {
			a, b := c.New(seed), c.New(seed)
			if a.Show != b.Show || a.Intro != b.Intro || !maps.Equal(a.Grade(nil).Want, b.Grade(nil).Want) {
				t.Errorf("%s: seed %d makes two tasks", c.ID, seed)
			}
			w := a.Grade(nil).Want
			var key []string
			for _, f := range a.Fields {
				key = append(key, w[f.ID])
			}
			seen[strings.Join(key, "|")] = true
		}
		if len(seen) < 45 {
			t.Errorf("%s: 50 seeds have only %d different answers", c.ID, len(seen))
		}
	}
}

// TestReadable: every task fits a terminal, and says how long it takes.
func TestReadable(t *testing.T) {
	if got := len(All()); got != 12 {
		t.Errorf("got %d challenges, want 12", got)
	}
	for _, c := range All() {
		if c.Minutes < 2 || c.Minutes > 4 || len(c.Skills) == 0 || Find(c.ID) != c && Find(c.ID).ID != c.ID {
			t.Errorf("%s: %d minutes, skills %q", c.ID, c.Minutes, c.Skills)
		}
		for seed := range uint64(20) {
			in := c.New(seed)
			for line := range strings.SplitSeq(in.Show, "\n") {
				if len(line) > 78 {
					t.Errorf("%s: a line of %d characters: %s", c.ID, len(line), line)
				}
			}
			if in.Intro == "" || in.Grade(nil).Why == "" || len(in.Fields) == 0 {
				t.Errorf("%s: seed %d: something is missing", c.ID, seed)
			}
		}
	}
	if Find("nope") != nil {
		t.Error("an unknown challenge was found")
	}
}

// TestUniqueAnswers counts what would be right, where that can be counted in
// another way than the one that made the task.
func TestUniqueAnswers(t *testing.T) {
	for seed := range uint64(30) {
		in := delegation.New(seed)
		var off []string
		for _, line := range strings.Split(in.Show, "\n")[1:] {
			if f := strings.Fields(line); len(f) == 5 && f[2] != f[3] {
				off = append(off, f[0], f[2], f[3])
			}
		}
		w := in.Grade(nil).Want
		if want := []string{w["call"], w["asked"], w["owner"]}; !slices.Equal(off, want) {
			t.Errorf("seed %d: got %q, want %q", seed, off, want)
		}
		in = split.New(seed)
		var both []string
		for _, line := range strings.Split(in.Show, "\n")[2:] {
			f := strings.Fields(line)
			seen := make(map[string]bool)
			for _, p := range f {
				if seen[p] {
					both = append(both, f[0], p)
				}
				seen[p] = true
			}
		}
		if w := in.Grade(nil).Want; !slices.Equal(both, []string{w["split"], w["patient"]}) {
			t.Errorf("seed %d: got %q, want %v", seed, both, w)
		}
	}
}

func FuzzQuery(f *testing.F) {
	f.Add("tool=send_mail and to!=north-1 and bytes>100")
	f.Add("and and = > <")
	in := query.New(1)
	f.Fuzz(func(t *testing.T, q string) {
		a, b := in.Grade(Answer{"query": q}), in.Grade(Answer{"query": q})
		if a.Right != b.Right {
			t.Errorf("%q was graded twice, differently", q)
		}
	})
}
