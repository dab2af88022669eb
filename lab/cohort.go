package lab

import (
	"context"
	"encoding/base32"
	"errors"
	"fmt"
	"regexp"
	"strings"
)

var cohortName = regexp.MustCompile(`^[a-z0-9][a-z0-9-]{0,40}$`)

// ErrCohort says that a cohort's name or code is not one.
var ErrCohort = errors.New("no cohort")

// Cohort makes a cohort, or finds the one made before, and returns the code
// that its learners join with. Whoever has the code can make every seed of the
// cohort again: that lets the teacher replay grades under seeds that were given
// out, and it is why it is for teaching and no exam.
func (r *Range) Cohort(ctx context.Context, name string) (code string, err error) {
	if !cohortName.MatchString(name) {
		return "", fmt.Errorf("%w: %q is no name of lower-case letters, digits and dashes", ErrCohort, name)
	}
	secret, err := r.secret(ctx, cohortPrefix+name)
	if err != nil {
		return "", err
	}
	return name + ":" + base32.StdEncoding.WithPadding(base32.NoPadding).EncodeToString(secret), nil
}

// Join joins a cohort by its code, under a learner's name. Attempts that are
// started from then on have seeds of the cohort.
func (r *Range) Join(ctx context.Context, code, learner string) error {
	name, text, ok := strings.Cut(code, ":")
	secret, err := base32.StdEncoding.WithPadding(base32.NoPadding).DecodeString(strings.ToUpper(text))
	if !ok || err != nil || len(secret) != 32 || !cohortName.MatchString(name) {
		return fmt.Errorf("%w: the code is a name, a colon and 52 letters and digits", ErrCohort)
	}
	if learner == "" || len(learner) > 200 {
		return fmt.Errorf("%w: a learner needs a name of at most 200 bytes", ErrCohort)
	}
	for _, s := range []struct{ name, value string }{
		{cohortPrefix + name, string(secret)}, {settingLearner, learner}, {settingCohort, name},
	} {
		set := func([]byte) ([]byte, error) { return []byte(s.value), nil }
		if _, err := r.o.Store.Setting(ctx, s.name, set); err != nil {
			return err
		}
	}
	return nil
}
