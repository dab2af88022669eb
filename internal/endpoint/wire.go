package endpoint

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"math"
	"strconv"
	"strings"

	"quintain/ml"
)

// rowsMark stands for the rows in a request of protocol json.
const rowsMark = "{{rows}}"

// request writes the body that asks about the rows of b.
func (c *Config) request(b ml.Batch) ([]byte, error) {
	rows := table(b)
	switch c.Protocol {
	case KServe:
		return json.Marshal(map[string]any{"inputs": []any{map[string]any{
			"name": c.Input, "datatype": "FP32", "shape": []int{b.Rows(), b.Dim}, "data": json.RawMessage(flat(b)),
		}}})
	case TF:
		return []byte(`{"instances":` + rows + `}`), nil
	case MLflow:
		if len(c.Columns) == 0 {
			return []byte(`{"inputs":` + rows + `}`), nil
		}
		return json.Marshal(map[string]any{"dataframe_split": map[string]any{"columns": c.Columns, "data": json.RawMessage(rows)}})
	default:
		return []byte(strings.Replace(c.Request, rowsMark, rows, 1)), nil
	}
}

// table writes rows as a list of lists, every number so that reading it back
// gives the same one.
func table(b ml.Batch) string {
	var s strings.Builder
	s.WriteByte('[')
	for i := range b.Rows() {
		if i > 0 {
			s.WriteByte(',')
		}
		s.WriteString(list(b.Row(i)))
	}
	s.WriteByte(']')
	return s.String()
}

func flat(b ml.Batch) string { return list(b.X) }

func list(x []float32) string {
	out := []byte{'['}
	for i, v := range x {
		if i > 0 {
			out = append(out, ',')
		}
		out = strconv.AppendFloat(out, float64(v), 'g', -1, 32)
	}
	return string(append(out, ']'))
}

// where says where the answers stand in a reply.
func (c *Config) where() []string {
	switch c.Protocol {
	case KServe:
		return []string{"outputs", "0", "data"}
	case TF, MLflow:
		return []string{"predictions"}
	default:
		return strings.Split(c.Response, ".")
	}
}

// errAnswer says that an endpoint answered something else than it should.
var errAnswer = errors.New("the answer is not what the description says")

// answers reads the logits of n rows from a reply.
func (c *Config) answers(reply []byte, n int) ([]float64, error) {
	v, err := c.numbers(reply)
	if err != nil {
		return nil, err
	}
	return c.logits(v, n)
}

// numbers reads all numbers from where a reply has its answers.
func (c *Config) numbers(reply []byte) ([]float64, error) {
	d := json.NewDecoder(bytes.NewReader(reply))
	d.UseNumber()
	var v any
	if err := d.Decode(&v); err != nil {
		for _, word := range []string{"NaN", "Infinity"} { // as some servers write what JSON cannot say
			if bytes.Contains(reply, []byte(word)) {
				return nil, fmt.Errorf("%w: a score is %s", errAnswer, word)
			}
		}
		return nil, fmt.Errorf("%w: not JSON", errAnswer)
	}
	for _, key := range c.where() {
		switch x := v.(type) {
		case map[string]any:
			v = x[key]
		case []any:
			i, err := strconv.Atoi(key)
			if err != nil || i < 0 || i >= len(x) {
				return nil, fmt.Errorf("%w: no %q", errAnswer, strings.Join(c.where(), "."))
			}
			v = x[i]
		default:
			return nil, fmt.Errorf("%w: no %q", errAnswer, strings.Join(c.where(), "."))
		}
	}
	var values []float64
	return values, gather(&values, v)
}

// gather appends all numbers in v, which is a list of them or of lists.
func gather(out *[]float64, v any) error {
	switch x := v.(type) {
	case []any:
		for _, e := range x {
			if err := gather(out, e); err != nil {
				return err
			}
		}
		return nil
	case nil:
		return fmt.Errorf("%w: null where a number belongs", errAnswer)
	case json.Number:
		f, err := x.Float64()
		if err != nil {
			return fmt.Errorf("%w: %q is no number", errAnswer, clip(x.String()))
		}
		*out = append(*out, f)
		return nil
	case string: // some servers write labels as text
		f, err := strconv.ParseFloat(x, 64)
		if err != nil {
			return fmt.Errorf("%w: %q is no number", errAnswer, clip(x))
		}
		*out = append(*out, f)
		return nil
	}
	return fmt.Errorf("%w: no list of numbers", errAnswer)
}

// logits turns the numbers of an answer about n rows into logits.
func (c *Config) logits(v []float64, n int) ([]float64, error) {
	out := make([]float64, n*c.Classes)
	switch {
	case c.Output == Label && len(v) == n:
		for i, y := range v {
			if y != math.Trunc(y) || y < 0 || int(y) >= c.Classes {
				return nil, fmt.Errorf("%w: label %v, want one from 0 to %d", errAnswer, y, c.Classes-1)
			}
			out[i*c.Classes+int(y)] = 1
		}
		return out, nil
	case c.Output == Probabilities && c.Classes == 2 && len(v) == n: // of the second class
		for i, p := range v {
			if !(p >= 0 && p <= 1) {
				return nil, fmt.Errorf("%w: probability %v", errAnswer, p)
			}
			out[2*i], out[2*i+1] = logOf(1-p), logOf(p)
		}
		return out, nil
	case c.Output != Label && len(v) == len(out):
		for i, x := range v {
			if c.Output == Logits {
				if out[i] = x; math.IsNaN(x) || math.IsInf(x, 0) {
					return nil, fmt.Errorf("%w: a score is %v", errAnswer, x)
				}
				continue
			}
			if !(x >= 0 && x <= 1.001) {
				return nil, fmt.Errorf("%w: probability %v", errAnswer, x)
			}
			out[i] = logOf(x)
		}
		return out, nil
	}
	return nil, fmt.Errorf("%w: %d numbers for %d rows and %d classes", errAnswer, len(v), n, c.Classes)
}

// never is the logarithm that stands for that of 0: less than that of any other
// probability.
const never = -1000

// logOf is the logarithm of a probability, and finite.
func logOf(p float64) float64 {
	if p <= 0 {
		return never
	}
	return math.Log(p)
}

// tell writes an answer for people: the class where nothing else is told.
func (c *Config) tell(z []float64) string {
	best := likeliest(z)
	if c.Output == Label {
		return fmt.Sprintf("class %d", best)
	}
	return fmt.Sprintf("class %d with %.4f", best, softmax(z)[best])
}

// clip keeps hostile text short.
func clip(s string) string {
	if len(s) > 40 {
		return s[:40] + "..."
	}
	return s
}
