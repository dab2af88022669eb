package cli

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"math"
	"path/filepath"
	"slices"
	"strconv"
	"strings"

	"quintain"
	"quintain/attack/evasion"
	"quintain/internal/endpoint"
	"quintain/ml"
	"quintain/ml/data"
)

// described reports whether a classifier is the description of an endpoint.
func described(t quintain.Target) bool {
	ext := strings.ToLower(filepath.Ext(t.Ref))
	return t.Kind == quintain.KindClassifier && (ext == ".yaml" || ext == ".yml")
}

// answers reports whether a classifier answers over HTTP.
func answers(t quintain.Target) bool {
	return described(t) || t.Kind == quintain.KindClassifier && strings.Contains(t.Ref, "://")
}

// A remote is an endpoint with its ledger.
type remote struct{ *endpoint.Endpoint }

// Ledger implements [evasion.Remote].
func (r remote) Ledger() evasion.Ledger { return evasion.Ledger(r.Count()) }

// ask opens a classifier that answers over HTTP. Of one that is an address and
// no description, one request finds out what it answers.
func (w *wiring) ask(ctx context.Context, t quintain.Target) (ml.Oracle, func() error, error) {
	c, err := dialing(t)
	if err != nil {
		return nil, nil, err
	}
	o := endpoint.Options{Key: w.env.Getenv(cmp.Or(c.Key, w.keys.name)), Sleep: w.sleep}
	if o.Budget, err = affordable(c, t.With); err != nil {
		return nil, nil, err
	}
	e, err := endpoint.Open(c, o)
	if err != nil {
		return nil, nil, err
	}
	if !described(t) {
		table, err := data.Open(t.With["data"])
		if err != nil {
			return nil, nil, err
		}
		if err := e.Discover(ctx, table.Batch(), int(slices.Max(table.Y))+1); err != nil {
			return nil, nil, errors.Join(err, e.Close())
		}
	}
	return remote{e}, e.Close, nil
}

// dialing returns how to ask a classifier that answers over HTTP: as its
// description says, or as its address gives away. Price and rate of the target
// come before those of the description.
func dialing(t quintain.Target) (*endpoint.Config, error) {
	var c *endpoint.Config
	var err error
	if described(t) {
		c, err = endpoint.Load(t.Ref)
	} else {
		var table *data.Table
		if table, err = data.Open(t.With["data"]); err == nil {
			c, err = endpoint.Guess(t.Ref, len(table.Features))
		}
	}
	if errors.Is(err, endpoint.ErrUnknown) {
		return nil, hint(fmt.Errorf("%s: %w", t.Ref, err), "quintain attack endpoint.yaml --data %s", t.With["data"])
	}
	if err != nil {
		return nil, err
	}
	price, err := positive(t.With, "price")
	if err != nil {
		return nil, err
	}
	perSecond, err := positive(t.With, "per-second")
	if err != nil {
		return nil, err
	}
	c.Price = cmp.Or(price, c.Price)
	if perSecond > 0 { // rows, where the endpoint is asked in requests
		c.Batch = max(1, min(c.Batch, int(perSecond)))
		c.Rate = perSecond / float64(c.Batch)
	}
	return c, nil
}

// positive reads an entry of With that is a number above 0; 0 if it is absent.
func positive(with map[string]string, key string) (float64, error) {
	text, ok := with[key]
	if !ok {
		return 0, nil
	}
	v, err := strconv.ParseFloat(text, 64)
	if err != nil || !(v >= 0) || math.IsInf(v, 0) {
		return 0, usagef("--%s is %q, want a number above 0", key, text)
	}
	return v, nil
}

// affordable is how many rows the most that asking may cost pays for; 0 if there
// is no limit.
func affordable(c *endpoint.Config, with map[string]string) (int, error) {
	most, err := positive(with, "max-cost")
	switch {
	case err != nil || most == 0:
		return 0, err
	case c.Price == 0:
		return 0, usagef("--max-cost needs to know what 1,000 answers cost: --price")
	}
	rows := most / c.Price * 1000
	if rows < 1 {
		return 0, usagef("--max-cost %v does not pay for one answer at %v for 1,000", most, c.Price)
	}
	return int(math.Min(rows, math.MaxInt32)), nil
}

// terms are those on which a classifier may be asked, for a plan.
func terms(t quintain.Target) (evasion.Terms, error) {
	if !answers(t) {
		return evasion.Terms{}, nil
	}
	c, err := dialing(t)
	if err != nil {
		return evasion.Terms{}, err
	}
	left, err := affordable(c, t.With)
	return evasion.Terms{Remote: true, Ruled: t.With["constraints"] != "", Left: left, Price: c.Price, PerSecond: c.Rate * float64(c.Batch)}, err
}
