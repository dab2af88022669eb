package review

import (
	"bytes"
	"context"
	"crypto/sha256"
	_ "embed"
	"encoding/hex"
	"fmt"
	"math/rand/v2"
	"path"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"quintain/lab"
	"quintain/lab/internal/artifact"
)

//go:embed torch.txt
var torchText string

//go:embed keras.txt
var kerasText string

// scripts are the names of the two scripts.
var scripts = []string{"train_torch.py", "train_keras.py"}

// kinds are the defects that there can be. Nine of them are seeded.
var kinds = []string{
	"unsafe-load", "remote-code", "unpinned-revision", "secret-in-code", "unsafe-keras", "world-readable", "phi-in-logs",
	"no-seed", "no-data-hash", "test-leakage", "shell-injection", "unsafe-unpickle", "tls-off", "unsafe-yaml",
}

const seeded = 9

// A script is what the learner starts from, and what is true of it.
type script struct {
	name    string
	text    string
	defects map[string][]int // kind to the lines of which one has to be marked, from 1
	keep    []string         // lines that have to stay
	anchors []*regexp.Regexp // of statements that have to stay in some form
	clean   string           // the script without defects
}

// A world is both scripts, and the table they read.
type world struct {
	scripts []*script
	cohort  []byte
	digest  string
}

// newWorld makes the world of a source.
func newWorld(s *lab.Source) *world {
	rng := s.Rand("scripts")
	w := &world{cohort: cohort(rng)}
	sum := sha256.Sum256(w.cohort)
	w.digest = hex.EncodeToString(sum[:])
	chosen := slices.Clone(kinds)
	rng.Shuffle(len(chosen), func(i, j int) { chosen[i], chosen[j] = chosen[j], chosen[i] })
	bad := [2]map[string]bool{{}, {}}
	texts := [2]string{torchText, kerasText}
	for _, kind := range chosen[:seeded] {
		var where []int
		for i, t := range texts {
			if strings.Contains(t, "\n?"+kind+"\n") {
				where = append(where, i)
			}
		}
		bad[where[rng.IntN(len(where))]][kind] = true
	}
	ward := []string{"cardiology", "oncology", "surgery", "geriatrics", "pulmonology"}[rng.IntN(5)]
	for i, t := range texts {
		fill := strings.NewReplacer(
			"$WARD", ward, "$TOKEN", "hf_"+artifact.Word(rng, 34), "$DIGEST", w.digest, "$REV", hexadecimal(rng, 40),
			"$HIDDEN", strconv.Itoa(16+8*rng.IntN(7)), "$DROP", strconv.Itoa(1+rng.IntN(4)),
			"$EPOCHS", strconv.Itoa(5+rng.IntN(30)), "$BATCH", strconv.Itoa(32<<rng.IntN(3)), "$SEED", strconv.Itoa(1+rng.IntN(9999)),
		)
		w.scripts = append(w.scripts, build(scripts[i], fill.Replace(t), bad[i], rng))
	}
	return w
}

func hexadecimal(rng *rand.Rand, n int) string {
	b := make([]byte, n)
	for i := range b {
		b[i] = "0123456789abcdef"[rng.IntN(16)]
	}
	return string(b)
}

// cohort is a small table of invented patients.
func cohort(rng *rand.Rand) []byte {
	var out bytes.Buffer
	out.WriteString("name,mrn,birth_date,pulse,temperature,readmitted,sepsis\n")
	for i := range 40 {
		fmt.Fprintf(&out, "patient %s,%06d,19%02d-%02d-%02d,%d,%.1f,%d,%d\n", artifact.Word(rng, 6), 100_000+97*i+rng.IntN(90),
			30+rng.IntN(60), 1+rng.IntN(12), 1+rng.IntN(28), 55+rng.IntN(70), 36+3*rng.Float64(), rng.IntN(2), rng.IntN(2))
	}
	return out.Bytes()
}

// build makes a script of its text: each line begins with a letter that says
// what it is.
//
//	=  a line that has to stay          (blank)  any other line
//	?  begins a place for a defect      .        ends it
//	+  a line without the defect        -        a line with it
//	*  a line with it, to be marked: one of several is drawn
//	~  what a statement there has to match, with the defect or without
func build(name, text string, bad map[string]bool, rng *rand.Rand) *script {
	s := &script{name: name, defects: make(map[string][]int)}
	var with, without []string
	kind := ""
	var stars []string
	at := 0 // where the star belongs
	for l := range strings.Lines(strings.TrimSuffix(text, "\n")) {
		mark, line := l[0], strings.TrimRight(l[1:], "\n")
		switch mark {
		case '?':
			kind, stars, at = line, nil, len(with)
		case '~':
			s.anchors = append(s.anchors, regexp.MustCompile(line))
		case '+':
			without = append(without, line)
			if !bad[kind] {
				with = append(with, line)
			}
		case '-':
			if bad[kind] {
				with = append(with, line)
			}
		case '*':
			stars = append(stars, line)
		case '.':
			if bad[kind] && len(stars) > 0 {
				with = slices.Insert(with, at, stars[rng.IntN(len(stars))])
				s.defects[kind] = []int{at + 1}
			}
		default:
			line, needs, _ := strings.Cut(line, "  #!")
			if mark == '=' {
				s.keep = append(s.keep, line)
			}
			with, without = append(with, line), append(without, line)
			if needs != "" && bad[needs] {
				s.defects[needs] = append(s.defects[needs], len(with))
			}
		}
	}
	s.text, s.clean = strings.Join(with, "\n")+"\n", strings.Join(without, "\n")+"\n"
	return s
}

// setup hands the scripts over, twice: one copy to work on, one to compare.
func setup(_ context.Context, w *lab.Setup) error {
	world := newWorld(w.Source)
	for _, s := range world.scripts {
		for _, name := range []string{s.name, path.Join("original", s.name)} {
			if err := w.Write(name, []byte(s.text)); err != nil {
				return err
			}
		}
	}
	if err := w.Writef("APPROVED.txt", "SHA-256 of the table that the data office approved:\n%s  cohort.csv\n", world.digest); err != nil {
		return err
	}
	return w.Write("cohort.csv", world.cohort)
}
