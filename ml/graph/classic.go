package graph

import (
	"math"
	"slices"

	"quintain/ml/kernel"
)

// The operators of ONNX for classic machine learning, as scikit-learn's models
// are written. Their weights are attributes.

// table returns input 0, which must be rows of features.
func (n *node[T]) table() (x *operand[T], err error) {
	if x, err = n.floats(0); err == nil && len(x.shape) != 2 {
		err = unsupportedf("an input of shape %v, want rows of features", x.shape)
	}
	return x, err
}

func linearClassifier[T kernel.Float](n *node[T]) ([]result[T], error) {
	classes, err := n.labels("classlabels_ints")
	if err != nil {
		return nil, err
	}
	z, err := n.linear(len(n.Attr["intercepts"].Floats))
	if err != nil {
		return nil, err
	}
	scores, err := n.scores(z, classes, 1)
	return []result[T]{unknown[T]("labels"), scores}, err
}

func linearRegressor[T kernel.Float](n *node[T]) ([]result[T], error) {
	z, err := n.linear(max(n.int("targets", 1), 1))
	if err != nil {
		return nil, err
	}
	r, err := n.finish(z)
	return []result[T]{r}, err
}

// unknown is a result that a graph must not use.
func unknown[T kernel.Float](what string) result[T] {
	return result[T]{err: unsupportedf("%s as a value", what)}
}

// labels returns the number of classes, which must be called 0, 1, 2 and so
// on: the labels of the rows are compared with the place of the largest score.
func (n *node[T]) labels(name string) (int, error) {
	list := n.Attr[name].Ints
	if len(list) < 2 {
		return 0, unsupportedf("%d classes that are numbers, want at least 2", len(list))
	}
	for i, l := range list {
		if l != int64(i) {
			return 0, unsupportedf("class %d is called %d", i, l)
		}
	}
	return len(list), nil
}

// linear is the product of rows with coefficients, one sum for each output.
func (n *node[T]) linear(outputs int) (*operand[T], error) {
	x, err := n.table()
	if err != nil {
		return nil, err
	}
	w, b, features := n.Attr["coefficients"].Floats, n.Attr["intercepts"].Floats, x.shape[1]
	if outputs < 1 && features > 0 {
		outputs = len(w) / features
	}
	if _, err := n.lim.take([]int{outputs, features}); err != nil {
		return nil, err
	}
	if len(w) != outputs*features || outputs < 1 || len(b) != 0 && len(b) != outputs {
		return nil, invalidf("%d coefficients and %d intercepts for %d outputs of %d features", len(w), len(b), outputs, features)
	}
	o := &operand[T]{shape: []int{features, outputs}, data: make([]T, len(w)), slot: -1}
	for i, v := range w {
		o.data[i%features*outputs+i/features] = T(v)
	}
	p := &product[T]{count: 1}
	for _, v := range b {
		p.bias = append(p.bias, T(v))
	}
	r, err := n.multiply(p, x, o, []int{x.shape[0], outputs})
	if err != nil {
		return nil, err
	}
	return n.c.keep(&r[0])
}

// rawScores is a post_transform that no file has: the scores are wanted as
// they are, because whatever the file does with them does not change their
// order.
const rawScores = "RAW"

// scores makes scores of two classes from one, and transforms them. Where one
// score is not transformed, it is that of class 1, and base less the score is
// that of class 0.
func (n *node[T]) scores(z *operand[T], classes int, base T) (result[T], error) {
	post := n.text("post_transform", "NONE")
	switch {
	case z.shape[1] == classes:
		return n.finish(z)
	case z.shape[1] != 1 || classes != 2:
		return result[T]{}, invalidf("%d scores for %d classes", z.shape[1], classes)
	case post == "LOGISTIC" || post == rawScores:
		base = 0
	case post != "NONE":
		return result[T]{}, unsupportedf("post_transform %q of one score", post)
	}
	both, err := n.c.keep(&one([]int{z.shape[0], 2}, function[T]{
		forward: func(in [][]T, out, _ []T) {
			for i, v := range in[0] {
				out[2*i], out[2*i+1] = base-v, v
			}
		},
		backward: func(_ [][]T, _, dout []T, din [][]T, _ []T) {
			for i := range din[0] {
				din[0][i] += dout[2*i+1] - dout[2*i]
			}
		},
	}, z)[0])
	if err != nil {
		return result[T]{}, err
	}
	return n.finish(both)
}

// finish transforms scores.
func (n *node[T]) finish(z *operand[T]) (result[T], error) {
	switch post := n.text("post_transform", "NONE"); post {
	case "NONE", rawScores:
		return result[T]{shape: z.shape, same: z}, nil
	case "LOGISTIC":
		return one(z.shape, sigmoid[T]().function(), z)[0], nil
	case "SOFTMAX":
		return one(z.shape, softmaxOver[T](lines{z.shape[1], 1}), z)[0], nil
	default:
		return result[T]{}, unsupportedf("post_transform %q", post)
	}
}

// scaler subtracts an offset from every feature and multiplies it.
func scaler[T kernel.Float](n *node[T]) ([]result[T], error) {
	x, err := n.table()
	if err != nil {
		return nil, err
	}
	var arg [2][]T // scale, and shift after it
	for i, name := range []string{"scale", "offset"} {
		list := n.Attr[name].Floats
		if len(list) != 1 && len(list) != x.shape[1] {
			return nil, invalidf("%s has %d numbers for %d features", name, len(list), x.shape[1])
		}
		if _, err := n.lim.take(x.shape[1:]); err != nil {
			return nil, err
		}
		for k := range x.shape[1] {
			arg[i] = append(arg[i], T(list[k%len(list)]))
		}
	}
	for k := range arg[1] {
		arg[1][k] *= -arg[0][k]
	}
	return one(x.shape, channelwise(arg[0], arg[1], 1), x), nil
}

// normalizer divides every row by its length.
func normalizer[T kernel.Float](n *node[T]) ([]result[T], error) {
	x, err := n.table()
	if err != nil {
		return nil, err
	}
	norm := n.text("norm", "MAX")
	if norm != "L1" && norm != "L2" {
		return nil, unsupportedf("norm %q", norm)
	}
	u := &unit[T]{width: x.shape[1], square: norm == "L2"}
	return one(x.shape, function[T]{forward: u.forward, backward: u.backward}, x), nil
}

// unit divides rows by the sum of absolute values, or by the root of that of
// squares. It leaves rows of zeros alone.
type unit[T kernel.Float] struct {
	width  int
	square bool
}

func (u *unit[T]) length(row []T) T {
	var sum float64
	for _, v := range row {
		if u.square {
			sum += float64(v) * float64(v)
		} else {
			sum += math.Abs(float64(v))
		}
	}
	if u.square {
		sum = math.Sqrt(sum)
	}
	if sum == 0 {
		return 1
	}
	return T(sum)
}

func (u *unit[T]) forward(in [][]T, out, _ []T) {
	if u.width == 0 {
		return
	}
	for row := range slices.Chunk(in[0], u.width) {
		l := u.length(row)
		for i, v := range row {
			out[i] = v / l
		}
		out = out[len(row):]
	}
}

func (u *unit[T]) backward(in [][]T, out, dout []T, din [][]T, _ []T) {
	for i := 0; i < len(out); i += u.width {
		x, y, dy, dx := in[0][i:i+u.width], out[i:i+u.width], dout[i:i+u.width], din[0][i:i+u.width]
		l := u.length(x)
		var dot T
		for k, d := range dy {
			dot += d * y[k]
		}
		for k, d := range dy {
			slope := y[k] // of the length
			if !u.square {
				slope = T(math.Copysign(1, float64(x[k])))
				if x[k] == 0 {
					slope = 0
				}
			}
			dx[k] += (d - dot*slope) / l
		}
	}
}
