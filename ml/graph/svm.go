package graph

import (
	"math"

	"quintain/ml/kernel"
)

// svmClassifier is a support vector machine with one score for every pair of
// classes. It is put together from products and a curve, so it has a gradient
// like any net.
func svmClassifier[T kernel.Float](n *node[T]) ([]result[T], error) {
	classes, err := n.labels("classlabels_ints")
	if err != nil {
		return nil, err
	}
	x, err := n.table()
	if err != nil {
		return nil, err
	}
	if len(n.Attr["prob_a"].Floats) != 0 {
		return nil, unsupportedf("probabilities of a support vector machine")
	}
	s := &support{perClass: toInts(n.Attr["vectors_per_class"].Ints), features: x.shape[1]}
	if err := s.check(n.Attr, classes); err != nil {
		return nil, err
	}
	pairs := classes * (classes - 1) / 2
	for _, shape := range [][]int{{s.count, s.features}, {s.count, pairs}} {
		if _, err := n.lim.take(shape); err != nil {
			return nil, err
		}
	}
	k, err := similarity(n, s, x)
	if err != nil {
		return nil, err
	}
	w := &operand[T]{shape: []int{s.count, pairs}, data: make([]T, s.count*pairs), slot: -1}
	pairWeights(w.data, n.Attr["coefficients"].Floats, s, pairs)
	p := &product[T]{count: 1}
	for _, v := range n.Attr["rho"].Floats {
		p.bias = append(p.bias, T(v))
	}
	r, err := n.apply("pairs", p, k, w, []int{x.shape[0], pairs})
	if err != nil || classes > 2 {
		return []result[T]{unknown[T]("labels"), r}, err
	}
	// Of two classes, the score is that of the first against the second. ONNX
	// Runtime hands it out the other way round beside labels that are right.
	z, err := n.c.keep(&r)
	if err != nil {
		return nil, err
	}
	sign := &operand[T]{shape: []int{1, 2}, data: []T{-1, 1}, slot: -1}
	if n.text("post_transform", "NONE") == rawScores {
		sign.data = []T{1, -1}
	}
	r, err = n.combine(multiplication[T](), z, sign)
	return []result[T]{unknown[T]("labels"), r}, err
}

// A support describes support vectors, those of one class after the other.
type support struct {
	perClass, first []int // how many, and where they start
	count, features int
}

func (s *support) check(attr map[string]Attr, classes int) error {
	if len(s.perClass) != classes || classes > 1<<10 {
		return unsupportedf("support vectors of %d classes for %d", len(s.perClass), classes)
	}
	if post := attr["post_transform"].Text; post != "" && post != "NONE" && post != rawScores {
		return unsupportedf("post_transform %q", post)
	}
	vectors := len(attr["support_vectors"].Floats)
	for _, n := range s.perClass {
		if n < 0 || n > vectors {
			return invalidf("%d support vectors of a class", n)
		}
		s.first = append(s.first, s.count)
		s.count += n
	}
	coefficients, rho := len(attr["coefficients"].Floats), len(attr["rho"].Floats)
	if s.count == 0 || s.features == 0 || vectors/s.features != s.count || vectors%s.features != 0 ||
		coefficients != s.count*(classes-1) || rho != classes*(classes-1)/2 {
		return invalidf("%d numbers in support vectors, %d coefficients and %d offsets for %d vectors of %d features in %d classes",
			vectors, coefficients, rho, s.count, s.features, classes)
	}
	return nil
}

// pairWeights sets w to what each support vector adds to each pair of classes.
func pairWeights[T kernel.Float](w []T, coefficients []float32, s *support, pairs int) {
	pair := 0
	for a := range s.perClass {
		for b := a + 1; b < len(s.perClass); b++ {
			for i := range s.perClass[a] {
				v := s.first[a] + i
				w[v*pairs+pair] = T(coefficients[(b-1)*s.count+v])
			}
			for i := range s.perClass[b] {
				v := s.first[b] + i
				w[v*pairs+pair] = T(coefficients[a*s.count+v])
			}
			pair++
		}
	}
}

// similarity is the kernel of every row and every support vector.
func similarity[T kernel.Float](n *node[T], s *support, x *operand[T]) (*operand[T], error) {
	var param [3]T // gamma, offset, degree
	given := n.Attr["kernel_params"].Floats
	for i, v := range given[:min(len(given), 3)] {
		param[i] = T(v)
	}
	var c curve[T]
	p, scale := &product[T]{count: 1}, param[0]
	vectors := n.Attr["support_vectors"].Floats
	switch kind := n.text("kernel_type", "LINEAR"); kind {
	case "LINEAR":
		scale = 1
	case "POLY":
		c = polynomial(param[1], param[2])
	case "SIGMOID":
		c = curve[T]{
			func(v T) T { return T(math.Tanh(float64(v + param[1]))) },
			func(_, y T) T { return 1 - y*y },
		}
	case "RBF":
		return radial(n, s, x, param[0])
	default:
		return nil, unsupportedf("kernel %q", kind)
	}
	v := &operand[T]{shape: []int{s.features, s.count}, data: make([]T, len(vectors)), slot: -1}
	for i, f := range vectors {
		v.data[i%s.features*s.count+i/s.features] = scale * T(f)
	}
	r, err := n.apply("vectors", p, x, v, []int{x.shape[0], s.count})
	if err != nil {
		return nil, err
	}
	d, err := n.c.keep(&r)
	if err != nil || c.value == nil {
		return d, err
	}
	return n.c.keep(&one(d.shape, c.function(), d)[0])
}

func polynomial[T kernel.Float](offset, degree T) curve[T] {
	return curve[T]{
		func(v T) T { return T(math.Pow(float64(v+offset), float64(degree))) },
		func(v, _ T) T { return degree * T(math.Pow(float64(v+offset), float64(degree-1))) },
	}
}

// radial is exp(-gamma·|x-s|²) of every row x and every support vector s.
func radial[T kernel.Float](n *node[T], s *support, x *operand[T], gamma T) (*operand[T], error) {
	vectors := make([]T, s.count*s.features)
	for i, f := range n.Attr["support_vectors"].Floats {
		vectors[i] = T(f)
	}
	if err := n.lim.spend(x.shape[0], len(vectors)); err != nil {
		return nil, err
	}
	return n.c.keep(&one([]int{x.shape[0], s.count}, function[T]{
		forward: func(in [][]T, out, _ []T) {
			for i := range out {
				row := in[0][i/s.count*s.features:][:s.features]
				v := vectors[i%s.count*s.features:][:s.features]
				var sum T
				for k, a := range row {
					sum += (a - v[k]) * (a - v[k])
				}
				out[i] = T(math.Exp(float64(-gamma * sum)))
			}
		},
		backward: func(in [][]T, out, dout []T, din [][]T, _ []T) {
			for i, d := range dout {
				at := i / s.count * s.features
				v := vectors[i%s.count*s.features:][:s.features]
				d *= -2 * gamma * out[i]
				for k, a := range in[0][at : at+s.features] {
					din[0][at+k] += d * (a - v[k])
				}
			}
		},
	}, x)[0])
}

// apply is multiply with constant weights; use tells the products of one node
// apart.
func (n *node[T]) apply(use string, p *product[T], x, w *operand[T], shape []int) (result[T], error) {
	n.use = use
	r, err := n.multiply(p, x, w, shape)
	if err != nil {
		return result[T]{}, err
	}
	return r[0], nil
}

// extract takes the features that known integers name.
func extract[T kernel.Float](n *node[T]) ([]result[T], error) {
	x, err := n.any(0)
	if err != nil {
		return nil, err
	}
	if len(x.shape) == 0 || len(x.shape) > maxRank {
		return nil, invalidf("an input of shape %v", x.shape)
	}
	list, err := n.integers(1)
	if err != nil {
		return nil, err
	}
	return n.along(x, len(x.shape)-1, list, []int{len(list)})
}
