package price

import (
	"context"
	"fmt"
	"strconv"
	"strings"

	"quintain/lab"
	"quintain/lab/privacy/internal/clinic"
)

const (
	recipeFile = "recipe.yaml"
	pageFile   = "page.yaml"
	listFile   = "statements.md"

	redraws = 5
	models  = 3    // of each redraw, so that the luck of one training does not decide
	fresh   = 1000 // patients of each redraw to measure accuracy on
)

// A recipe is what recipe.yaml holds.
type recipe struct {
	Hidden      int     `yaml:"hidden" need:"true"`
	Epochs      int     `yaml:"epochs" need:"true"`
	Batch       int     `yaml:"batch" need:"true"`
	Rate        float64 `yaml:"rate" need:"true"`
	WeightDecay float64 `yaml:"weight_decay"`
	Clip        float64 `yaml:"clip"`
	Noise       float64 `yaml:"noise"`
	Answers     string  `yaml:"answers" need:"true"`
}

// What the published model may answer with.
const (
	confidences = "confidences"
	rounded     = "rounded" // to one decimal
	labels      = "labels"
)

// The most that a recipe may ask for, so that it can be tried in time.
const (
	maxHidden = 64
	maxEpochs = 60
)

func readRecipe(a *lab.Attempt) (recipe, error) {
	var r recipe
	if err := a.YAML(recipeFile, &r); err != nil {
		return r, err
	}
	bad := func(format string, args ...any) (recipe, error) { return r, lab.Faultf(recipeFile, format, args...) }
	switch {
	case r.Hidden < 1 || r.Hidden > maxHidden:
		return bad("hidden is %d, want 1 to %d", r.Hidden, maxHidden)
	case r.Epochs < 1 || r.Epochs > maxEpochs:
		return bad("epochs is %d, want 1 to %d", r.Epochs, maxEpochs)
	case r.Batch < 10 || r.Batch > clinic.Members:
		return bad("batch is %d, want 10 to %d", r.Batch, clinic.Members)
	case !(r.Rate > 0 && r.Rate <= 1):
		return bad("rate is %v, want more than 0 and at most 1", r.Rate)
	case !(r.WeightDecay >= 0 && r.WeightDecay <= 10):
		return bad("weight_decay is %v, want 0 to 10", r.WeightDecay)
	case !(r.Clip >= 0 && r.Clip <= 1000) || !(r.Noise >= 0 && r.Noise <= 1000):
		return bad("clip is %v and noise %v, want numbers from 0 to 1000", r.Clip, r.Noise)
	case r.Noise > 0 && r.Clip == 0:
		return bad("noise is in units of clip, and clip is 0")
	case r.Answers != confidences && r.Answers != rounded && r.Answers != labels:
		return bad("answers is %.40q, want %s, %s or %s", r.Answers, confidences, rounded, labels)
	}
	return r, nil
}

// train returns r as a recipe of the clinic.
func (r recipe) train() clinic.Recipe {
	return clinic.Recipe{Hidden: r.Hidden, Epochs: r.Epochs, Batch: r.Batch, Rate: r.Rate, WeightDecay: r.WeightDecay, Clip: r.Clip, Noise: r.Noise}
}

// write writes r as a learner does.
func (r recipe) write(w *lab.Setup) error {
	plain := func(v float64) string { return strconv.FormatFloat(v, 'f', -1, 64) } // no exponents, as people write
	return w.Writef(recipeFile, "hidden: %d\nepochs: %d\nbatch: %d\nrate: %s\nweight_decay: %s\nclip: %s\nnoise: %s\nanswers: %s\n",
		r.Hidden, r.Epochs, r.Batch, plain(r.Rate), plain(r.WeightDecay), plain(r.Clip), plain(r.Noise), r.Answers)
}

// sponsor is how the published model was made.
var sponsor = recipe{
	Hidden: clinic.Sponsor.Hidden, Epochs: clinic.Sponsor.Epochs, Batch: clinic.Sponsor.Batch, Rate: clinic.Sponsor.Rate, Answers: confidences,
}

// setup hands over the patients, the sponsor's recipe, and the list of
// statements about epsilon.
func setup(_ context.Context, w *lab.Setup) error {
	t := clinic.New(w.Seed("patients"), 0)
	if err := w.Write("patients.csv", clinic.CSV(t.Patients())); err != nil {
		return err
	}
	if err := w.Write("others.csv", clinic.CSV(t.Others)); err != nil {
		return err
	}
	if err := sponsor.write(w); err != nil {
		return err
	}
	var text strings.Builder
	text.WriteString("# What does the epsilon of a published model cover?\n\nEach of these could happen to a patient who took part. List the ids of those that your figure, as it stands, does not\ncover.\n\n")
	for _, s := range statements(w.Source) {
		fmt.Fprintf(&text, "- `%s`: %s\n", s.id, s.text)
	}
	return w.Write(listFile, []byte(text.String()))
}

// A statement is something that could happen to a patient.
type statement struct {
	id, text string
	covered  bool
}

// bank are all statements; each attempt gets some of both kinds.
var bank = []statement{
	{"all-but-one", "An attacker who knows the full records of the 149 other patients asks whether she was the 150th.", true},
	{"shadow-models", "An attacker trains ten thousand shadow models by your recipe and compares.", true},
	{"weights", "An attacker holds the file with the weights, not only its answers.", true},
	{"next-year", "An attack that nobody has published yet is tried on the model next year.", true},
	{"side-knowledge", "A neighbor who has seen her enter the clinic asks the model to confirm that she took part.", true},
	{"compressed", "Somebody compresses or distills the published model, and attacks the copy.", true},
	{"smokers", "The model shows that patients with her measures do badly, and her insurer, who knows her measures, raises the premium.", false},
	{"mailbox", "A nurse sends the table of patients to a wrong address.", false},
	{"second-model", "The sponsor trains another model of another outcome on the same patients, and publishes it too.", false},
	{"tuning", "Forty recipes were tried on these patients, and the best of the models was published.", false},
	{"three-visits", "A patient came in three times, and has three rows in the table.", false},
	{"shuffled", "The engineers, to be faster, went through shuffled rows instead of drawing each batch at random.", false},
}

// ofEach is how many statements of either kind an attempt gets.
const ofEach = 3

// statements returns those of an attempt.
func statements(s *lab.Source) []statement {
	rng := s.Rand("statements")
	var out []statement
	left := map[bool]int{true: ofEach, false: ofEach}
	for _, i := range rng.Perm(len(bank)) {
		if st := bank[i]; left[st.covered] > 0 {
			left[st.covered]--
			out = append(out, st)
		}
	}
	return out
}

// redraw returns a fresh trial.
func redraw(s *lab.Source, label string, k int) *clinic.Trial {
	return clinic.New(s.Seed(fmt.Sprintf("%s %d", label, k)), fresh)
}
