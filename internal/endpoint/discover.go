package endpoint

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"math"
	"net/http"
	"net/url"
	"slices"
	"strings"

	"quintain/ml"
)

// ErrUnknown says that an address alone does not tell how to ask.
var ErrUnknown = errors.New("the address does not say how to ask")

// Guess returns the description of an endpoint that its address gives away:
// TensorFlow Serving's /v1/models/x:predict, the Open Inference Protocol's
// /v2/models/x/infer, MLflow's /invocations. How many classes there are and
// what answers mean is for [Discover] to find out. For any other address the
// error wraps [ErrUnknown].
func Guess(address string, features int) (*Config, error) {
	u, err := checkURL(address)
	if err != nil {
		return nil, err
	}
	c := &Config{URL: address, Features: features, Classes: 2, Input: "input-0", Batch: defaultBatch, Concurrency: defaultConcurrency}
	path := strings.TrimSuffix(u.Path, "/")
	switch {
	case strings.Contains(path, "/v1/models/") && strings.HasSuffix(path, ":predict"):
		c.Protocol = TF
	case strings.Contains(path, "/v2/models/") && strings.HasSuffix(path, "/infer"):
		c.Protocol = KServe
	case strings.HasSuffix(path, "/invocations"):
		c.Protocol = MLflow
	default:
		return nil, fmt.Errorf("%w: describe the endpoint in a YAML file with url, protocol, features and classes", ErrUnknown)
	}
	return c, nil
}

// Discover asks e about rows once, and sets what Guess left open by what comes
// back: one whole number a row is a label, one share is the probability of the
// second of two classes, shares that add up to 1 are probabilities, and all
// else is logits. The rows count, and are known afterwards. labels is how many
// classes there are at least, which labels alone do not tell.
func (e *Endpoint) Discover(ctx context.Context, rows ml.Batch, labels int) error {
	n := min(rows.Rows(), e.c.Batch, maxDiscover)
	if b := e.o.Budget; b > 0 {
		n = min(n, max(1, b/8))
	}
	if n == 0 || rows.Dim != e.c.Features {
		return fmt.Errorf("no rows of %d features to find out with what %s answers", e.c.Features, e.shown)
	}
	if e.c.Protocol == KServe {
		e.c.Input = cmp.Or(e.inputName(ctx), e.c.Input)
	}
	b := ml.Batch{X: slices.Clone(rows.X[:n*rows.Dim]), Dim: rows.Dim}
	body, err := e.c.request(b)
	if err != nil {
		return err
	}
	ask := make([]question, n)
	if _, err := e.grant(ask); err != nil {
		return err
	}
	defer e.settle(n)
	reply, err := e.send(ctx, body, n)
	if err != nil {
		return fmt.Errorf("%s: %w", e.shown, err)
	}
	v, err := e.c.numbers(reply)
	if err == nil {
		err = e.c.read(v, n, labels)
	}
	if err != nil {
		return fmt.Errorf("%s: %w", e.shown, err)
	}
	z, err := e.c.logits(v, n)
	if err != nil {
		return fmt.Errorf("%s: %w", e.shown, err)
	}
	e.mu.Lock()
	defer e.mu.Unlock()
	for i := range n {
		if err := e.remember(b.Row(i), z[i*e.c.Classes:(i+1)*e.c.Classes]); err != nil {
			return err
		}
	}
	return nil
}

const maxDiscover = 32

// read decides what the numbers v of an answer about n rows mean.
func (c *Config) read(v []float64, n, labels int) error {
	switch k := len(v) / n; {
	case k == 0 || k > maxClasses || len(v) != n*k:
		return fmt.Errorf("%w: %d numbers for %d rows", errAnswer, len(v), n)
	case k == 1:
		return c.readOne(v, labels)
	default:
		c.Classes, c.Output = k, Logits
		if shares(v, k) {
			c.Output = Probabilities
		}
		return nil
	}
}

// readOne is read of one number a row.
func (c *Config) readOne(v []float64, labels int) error {
	whole, share, most := true, true, 0.0
	for _, x := range v {
		whole = whole && x == math.Trunc(x) && x >= 0 && x < maxClasses
		share = share && x >= 0 && x <= 1
		most = max(most, x)
	}
	switch {
	case whole:
		c.Output, c.Classes = Label, max(2, labels, int(most)+1)
	case share:
		c.Output, c.Classes = Probabilities, 2
	default:
		return fmt.Errorf("%w: one number a row that is neither a class nor a probability, such as %v", errAnswer, v[0])
	}
	return nil
}

// shares reports whether every k numbers are probabilities that add up to 1.
func shares(v []float64, k int) bool {
	for row := range slices.Chunk(v, k) {
		sum := 0.0
		for _, p := range row {
			if !(p >= 0 && p <= 1.001) {
				return false
			}
			sum += p
		}
		if math.Abs(sum-1) > 0.01 {
			return false
		}
	}
	return true
}

// inputName asks an endpoint of the Open Inference Protocol what it calls its
// input. It is empty if it does not say.
func (e *Endpoint) inputName(ctx context.Context) string {
	u, err := url.Parse(e.c.URL)
	if err != nil {
		return ""
	}
	u.Path = strings.TrimSuffix(strings.TrimSuffix(u.Path, "/"), "/infer")
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, u.String(), nil)
	if err != nil {
		return ""
	}
	if e.o.Key != "" {
		req.Header.Set("Authorization", "Bearer "+e.o.Key)
	}
	res, err := e.client.Do(req)
	if err != nil {
		return ""
	}
	defer res.Body.Close() //nolint:errcheck // only read
	var meta struct {
		Inputs []struct {
			Name string `json:"name"`
		} `json:"inputs"`
	}
	b, err := io.ReadAll(io.LimitReader(res.Body, maxReply))
	if err != nil || res.StatusCode != http.StatusOK || json.Unmarshal(b, &meta) != nil || len(meta.Inputs) == 0 {
		return ""
	}
	return meta.Inputs[0].Name
}
