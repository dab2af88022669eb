package lab

import (
	"bytes"
	"context"
	"crypto/ed25519"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"slices"
	"strings"
	"time"

	"quintain"
	"quintain/internal/regular"
)

// MaxBundle is the size limit of a bundle in bytes.
const MaxBundle = 256 << 20

// bundleFormat names the format; a change that old readers get wrong is a new
// number.
const bundleFormat = "quintain lab bundle 1"

// A signed is a bundle as it is written: the payload, and who signed it.
type signed struct {
	Format    string `json:"format"`
	Payload   []byte `json:"payload"`   // a bundle as JSON
	Key       []byte `json:"key"`       // Ed25519
	Signature []byte `json:"signature"` // of format, line feed, payload
}

// A bundle is what one learner hands to a teacher.
type bundle struct {
	Learner  string    `json:"learner"`
	Made     time.Time `json:"made"`
	Attempts []handed  `json:"attempts"`
}

// A handed is one attempt in a bundle.
type handed struct {
	Record
	Key     Key               `json:"key,omitzero"` // of an attempt under no cohort, to replay it
	Entries []Entry           `json:"entries"`
	Files   map[string][]byte `json:"files"` // what the stages ask for, as far as it was there
}

// Export writes the latest attempt at every exercise as one signed bundle:
// what was handed in, what happened, and the seeds that it takes to replay the
// grades. The key belongs to the install; it says that two bundles come from
// the same one, and no more.
func (r *Range) Export(ctx context.Context, w io.Writer) error {
	learner, err := r.o.Store.Setting(ctx, settingLearner, nil)
	if err != nil {
		return err
	}
	b := bundle{Learner: string(learner), Made: Instant(r.o.Now())}
	for _, e := range r.order {
		h, err := r.hand(ctx, e)
		if errors.Is(err, ErrNoAttempt) {
			continue
		}
		if err != nil {
			return fmt.Errorf("export %s: %w", e.ID, err)
		}
		b.Attempts = append(b.Attempts, *h)
	}
	payload, err := json.Marshal(b)
	if err != nil {
		return err
	}
	secret, err := r.secret(ctx, settingSecret)
	if err != nil {
		return err
	}
	seed := derive(secret, "sign")
	key := ed25519.NewKeyFromSeed(seed[:])
	s := signed{Format: bundleFormat, Payload: payload, Signature: ed25519.Sign(key, message(payload))}
	s.Key = key.Public().(ed25519.PublicKey)
	return json.NewEncoder(w).Encode(s)
}

func message(payload []byte) []byte { return append([]byte(bundleFormat+"\n"), payload...) }

func (r *Range) hand(ctx context.Context, e *Exercise) (*handed, error) {
	s, err := r.open(ctx, e.ID)
	if err != nil {
		return nil, err
	}
	defer s.close()
	h := &handed{Record: *s.rec, Files: make(map[string][]byte)}
	if h.Cohort == "" {
		h.Key = s.attempt.key
	}
	if h.Entries, err = r.o.Store.Entries(ctx, e.ID, s.rec.Number); err != nil {
		return nil, err
	}
	for _, st := range e.Stages {
		for _, name := range st.HandIn {
			b, err := s.attempt.File(name)
			if _, fault := errors.AsType[*Fault](err); fault {
				continue // not handed in, or nothing that can be
			}
			if err != nil {
				return nil, err
			}
			h.Files[name] = b
		}
	}
	return h, nil
}

// A Replay is what became of a bundle that was graded again.
type Replay struct {
	Learner  string           `json:"learner"`
	Key      string           `json:"key"` // that signed it, in hexadecimal
	Made     time.Time        `json:"made"`
	Attempts []ReplayedResult `json:"attempts"`
}

// A ReplayedResult is one attempt in a bundle, graded again.
type ReplayedResult struct {
	Exercise string   `json:"exercise"`
	Number   int      `json:"number"`
	Cohort   string   `json:"cohort,omitempty"` // whose secret the seed was made of again; empty: the learner's install chose it
	Passed   []string `json:"passed"`           // stages that pass now
	Claimed  []string `json:"claimed"`          // stages that the bundle says passed
	Stuck    string   `json:"stuck,omitempty"`  // the first check that fails, "a/fpr"
	Saw      string   `json:"saw,omitempty"`    // what it measured
	Tries    int      `json:"tries"`
	Hints    int      `json:"hints"`
	Told     bool     `json:"told"`            // the solution was shown before the pass
	Minutes  int      `json:"minutes"`         // at work, breaks of more than half an hour left out
	Done     Done     `json:"done"`            // what the learner did in its world, done again
	Error    string   `json:"error,omitempty"` // why it could not be graded

	Files map[string]quintain.Digest `json:"files"` // that were handed in
	seed  Key
}

// Import checks the signature of a bundle and grades every attempt in it
// again, from the files and the seed. What a learner did in an exercise's world
// is done again too, and the grades follow from the ledger of that: what a bundle
// says happened, and does not happen here, counts for nothing, whoever chained
// and signed it. Nothing in the bundle is executed, and nothing is kept.
func (r *Range) Import(ctx context.Context, in io.Reader) (*Replay, error) {
	raw, err := regular.All("bundle", in, MaxBundle)
	if err != nil {
		return nil, err
	}
	var s signed
	if err := json.Unmarshal(raw, &s); err != nil || s.Format != bundleFormat {
		return nil, errors.New("not a bundle of this format; quintain lab export writes one")
	}
	if again, err := json.Marshal(s); err != nil || !bytes.Equal(again, bytes.TrimSpace(raw)) {
		return nil, errors.New("the bundle is not as it was written")
	}
	if len(s.Key) != ed25519.PublicKeySize || !ed25519.Verify(s.Key, message(s.Payload), s.Signature) {
		return nil, errors.New("the signature does not fit; the bundle was changed after it was signed")
	}
	var b bundle
	if err := json.Unmarshal(s.Payload, &b); err != nil {
		return nil, fmt.Errorf("bundle: %w", err)
	}
	out := &Replay{Learner: b.Learner, Key: hex.EncodeToString(s.Key), Made: b.Made}
	for i := range b.Attempts {
		res := r.replay(ctx, &b.Attempts[i])
		if ctx.Err() != nil {
			return nil, ctx.Err()
		}
		out.Attempts = append(out.Attempts, res)
	}
	return out, nil
}

// replay grades one attempt of a bundle again.
func (r *Range) replay(ctx context.Context, h *handed) ReplayedResult {
	out := ReplayedResult{Exercise: h.Exercise, Number: h.Number, Cohort: h.Cohort, Minutes: minutes(h.Started, h.Entries), Files: make(map[string]quintain.Digest), seed: h.Key}
	err := func() error {
		e, err := r.Exercise(h.Exercise)
		if err != nil {
			return err
		}
		one, err := readRun(e, h.Entries)
		if err != nil {
			return err
		}
		out.Tries, out.Hints, out.Told = one.tries, one.hints, one.told
		for _, st := range e.Stages {
			if one.passed[st.ID] {
				out.Claimed = append(out.Claimed, st.ID)
			}
		}
		if h.Cohort != "" {
			// The teacher's own secret, not what the bundle says: the seed is known
			// to be the one that was given out.
			if out.seed, err = r.key(ctx, h.Record); err != nil {
				return err
			}
		}
		for name, b := range h.Files {
			out.Files[name] = quintain.DigestOf(b)
		}
		return r.regrade(ctx, e, h, &out)
	}()
	if err != nil {
		out.Error = err.Error()
	}
	return out
}

func (r *Range) regrade(ctx context.Context, e *Exercise, h *handed, out *ReplayedResult) error {
	acts, err := actsOf(h.Entries)
	if err != nil {
		return err
	}
	events := ""
	if len(acts) > 0 {
		err := r.inReplay(ctx, e, NewSource(out.seed), func(s *Source, f *Folder) error {
			limited, cancel := context.WithTimeout(ctx, r.o.Timeout)
			defer cancel()
			out.Done, events = redo(limited, e, s, f, acts)
			return ctx.Err()
		})
		if err != nil {
			return err
		}
	}
	return r.inReplay(ctx, e, NewSource(out.seed), func(s *Source, f *Folder) error {
		for name, b := range h.Files {
			if err := f.write(name, b); err != nil {
				return err
			}
		}
		a, err := NewAttempt(e, s, f, events)
		if err != nil {
			return err
		}
		return r.gradeAll(ctx, a, out)
	})
}

// inReplay runs f in a folder as a learner is given it.
func (r *Range) inReplay(ctx context.Context, e *Exercise, s *Source, do func(*Source, *Folder) error) error {
	if err := os.MkdirAll(r.o.Root, 0o700); err != nil {
		return err
	}
	dir, err := os.MkdirTemp(r.o.Root, ".replay-")
	if err != nil {
		return err
	}
	defer os.RemoveAll(dir) //nolint:errcheck // a folder of ours
	if err := Prepare(ctx, e, s, dir); err != nil {
		return err
	}
	f, err := OpenFolder(dir)
	if err != nil {
		return err
	}
	defer f.Close() //nolint:errcheck // nothing is buffered
	return do(s, f)
}

// gradeAll grades every stage of an attempt.
func (r *Range) gradeAll(ctx context.Context, a *Attempt, out *ReplayedResult) error {
	for _, st := range a.Exercise.Stages {
		limited, cancel := context.WithTimeout(ctx, r.o.Timeout)
		g, err := GradeStage(limited, a, st.ID, nil)
		cancel()
		if err != nil {
			return err
		}
		if res := g.Failed(); res != nil {
			if out.Stuck == "" {
				out.Stuck, out.Saw = res.Stage+"/"+res.Check, res.Line()
			}
			continue
		}
		out.Passed = append(out.Passed, st.ID)
	}
	return nil
}

// pause is the gap between entries above which the learner was away.
const pause = 30 * time.Minute

// minutes adds up the time at work.
func minutes(started time.Time, entries []Entry) int {
	var total time.Duration
	last := started
	for _, e := range entries {
		if gap := e.At.Sub(last); gap > 0 && gap <= pause {
			total += gap
		}
		last = e.At
	}
	return int(total.Round(time.Minute) / time.Minute)
}

// A Twin is a file that two learners handed in byte for byte, although their
// seeds differ. It is a sign, and no proof, that one is a copy.
type Twin struct {
	Exercise string   `json:"exercise"`
	File     string   `json:"file"`
	Learners []string `json:"learners"`
}

// Twins returns the files that appear in several replays under different
// seeds, sorted.
func Twins(replays []*Replay) []Twin {
	type place struct {
		exercise, file string
		digest         quintain.Digest
	}
	who, seeds := make(map[place][]string), make(map[place]map[Key]bool)
	for _, rp := range replays {
		for i := range rp.Attempts {
			at := &rp.Attempts[i]
			for name, d := range at.Files {
				p := place{at.Exercise, name, d}
				who[p] = append(who[p], rp.Learner)
				if seeds[p] == nil {
					seeds[p] = make(map[Key]bool)
				}
				seeds[p][at.seed] = true
			}
		}
	}
	var out []Twin
	for p, learners := range who {
		if len(seeds[p]) > 1 {
			slices.Sort(learners)
			out = append(out, Twin{Exercise: p.exercise, File: p.file, Learners: learners})
		}
	}
	slices.SortFunc(out, func(a, b Twin) int {
		return strings.Compare(a.Exercise+a.File+strings.Join(a.Learners, ","), b.Exercise+b.File+strings.Join(b.Learners, ","))
	})
	return out
}
