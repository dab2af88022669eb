package ort

import (
	"math"
	"slices"

	"quintain/ml/graph"
)

func gemm(u *use) string {
	return u.op("Gemm", u.outShape(), u.gemm(u.flag("transA"), u.flag("transB"), u.float("beta", 1)), u.in...)
}

// gemm returns the attributes of a product that is scaled as that of u.
func (u *use) gemm(turnA, turnB int, beta float32) attrs {
	return attrs{
		"transA": integer(turnA), "transB": integer(turnB),
		"alpha": {Float: u.float("alpha", 1)}, "beta": {Float: beta},
	}
}

func gemmBack(u *use, d string) []string {
	a, b := u.in[0], u.in[1]
	ta, tb := u.flag("transA"), u.flag("transB")
	product := func(shape []int, turnA, turnB int, a, b string) string {
		return u.op("Gemm", shape, u.gemm(turnA, turnB, 1), a, b)
	}
	out := []string{product(u.inShape(0), 0, 1-tb, d, b), product(u.inShape(1), 1-ta, 0, a, d)}
	if ta != 0 {
		out[0] = product(u.inShape(0), tb, 1, b, d)
	}
	if tb != 0 {
		out[1] = product(u.inShape(1), 1, ta, d, a)
	}
	if len(u.in) > 2 {
		out = append(out, u.mul(u.sumTo(d, u.inShape(2)), u.num(u.float("beta", 1))))
	}
	return out
}

func matMul(u *use) string { return u.op("MatMul", u.outShape(), nil, u.in...) }

func matMulBack(u *use, d string) []string {
	return []string{u.product(d, u.tilt(u.in[1]), u.inShape(0)), u.product(u.tilt(u.in[0]), d, u.inShape(1))}
}

// product multiplies matrices and adds up those that shape has once.
func (u *use) product(a, b string, shape []int) string {
	p, q := u.shape[a], u.shape[b]
	full := slices.Clone(u.outShape())
	full[len(full)-2], full[len(full)-1] = p[len(p)-2], q[len(q)-1]
	return u.sumTo(u.op("MatMul", full, nil, a, b), shape)
}

// tilt transposes matrices.
func (u *use) tilt(x string) string {
	perm := make([]int, len(u.shape[x]))
	for i := range perm {
		perm[i] = i
	}
	n := len(perm)
	perm[n-2], perm[n-1] = n-1, n-2
	return u.turn(x, perm)
}

func softmax(u *use) string {
	x := u.reshape(u.in[0], u.lines()...)
	return u.reshape(u.op(u.Op, u.lines(), attrs{"axis": integer(1)}, x), u.outShape()...)
}

// lines returns the shape in which the numbers that softmax works on are the
// middle dimension. Before version 13 all from the axis on were one line.
func (u *use) lines() []int {
	shape, def := u.outShape(), -1
	if u.plan.Opset < 13 {
		def = 1
	}
	a := u.axis(u.int("axis", def))
	if u.plan.Opset < 13 {
		return []int{size(shape[:a]), size(shape[a:]), 1}
	}
	return []int{size(shape[:a]), shape[a], size(shape[a+1:])}
}

// axis counts from the front.
func (u *use) axis(a int) int {
	if a < 0 {
		a += len(u.inShape(0))
	}
	return a
}

func softmaxBack(u *use, d string) []string {
	y, d := u.reshape(u.out, u.lines()...), u.reshape(d, u.lines()...)
	return []string{u.reshape(u.mul(y, u.sub(d, u.sum(u.mul(y, d), 1))), u.inShape(0)...)}
}

func logSoftmaxBack(u *use, d string) []string {
	y, d := u.reshape(u.out, u.lines()...), u.reshape(d, u.lines()...)
	return []string{u.reshape(u.sub(d, u.mul(u.map1("Exp", y), u.sum(d, 1))), u.inShape(0)...)}
}

func concat(u *use) string {
	return u.op("Concat", u.outShape(), attrs{"axis": integer(u.axis(u.int("axis", 0)))}, u.in...)
}

func concatBack(u *use, d string) []string {
	a := u.axis(u.int("axis", 0))
	var shapes [][]int
	var parts []int
	for i := range u.in {
		shapes, parts = append(shapes, u.inShape(i)), append(parts, u.inShape(i)[a])
	}
	return u.node("Split", attrs{"axis": integer(a)}, []string{d, u.ints(parts...)}, shapes...)
}

func transpose(u *use) string { return u.turn(u.in[0], u.perm()) }

func (u *use) perm() []int {
	perm := u.list("perm", -1)
	for i, p := range perm {
		perm[i] = u.axis(p)
	}
	if len(perm) == 0 {
		for i := range u.inShape(0) {
			perm = append(perm, len(u.inShape(0))-1-i)
		}
	}
	return perm
}

func transposeBack(u *use, d string) []string {
	back := make([]int, len(u.outShape()))
	for i, p := range u.perm() {
		back[p] = i
	}
	return []string{u.turn(d, back)}
}

// reduced returns the dimensions along which u reduces.
func (u *use) reduced() []int {
	rank := len(u.inShape(0))
	along := u.list("axes", 1)
	for i, a := range along {
		along[i] = u.axis(a)
	}
	if u.Op == "GlobalAveragePool" || u.Op == "GlobalMaxPool" {
		along = []int{}
		for i := 2; i < rank; i++ {
			along = append(along, i)
		}
	} else if len(along) == 0 {
		for i := range rank {
			along = append(along, i)
		}
	}
	slices.Sort(along)
	return along
}

func reduce(u *use) string {
	x, along := u.in[0], u.reduced()
	shape := flat(u.inShape(0), along)
	switch u.Op {
	case "ReduceSum":
		x = u.sum(x, along...)
	case "GlobalAveragePool", "GlobalMaxPool":
		x = u.op(u.Op, shape, nil, x)
	default:
		x = u.op(u.Op, shape, attrs{"axes": integers(along...)}, x)
	}
	return u.reshape(x, u.outShape()...)
}

func sumBack(u *use, d string) []string {
	d = u.reshape(d, flat(u.inShape(0), u.reduced())...)
	return []string{u.expand(d, u.inShape(0))}
}

func meanBack(u *use, d string) []string {
	share := float64(size(u.outShape())) / math.Max(1, float64(size(u.inShape(0))))
	return sumBack(u, u.mul(d, u.num(float32(share))))
}

// mostBack gives the gradient to the first of equals.
func mostBack(op string) func(u *use, d string) []string {
	return func(u *use, d string) []string {
		along := u.reduced()
		var perm []int
		for i := range u.inShape(0) {
			if !slices.Contains(along, i) {
				perm = append(perm, i)
			}
		}
		perm = append(perm, along...)
		x := u.turn(u.in[0], perm)
		turned, outs := u.shape[x], size(u.outShape())
		n := size(turned) / outs
		x = u.reshape(x, outs, n)
		first := u.op(op, []int{outs, 1}, attrs{"axis": integer(1)}, x)
		places := make([]int, n)
		for i := range places {
			places[i] = i
		}
		hit := u.op("Equal", []int{outs, n}, nil, u.ints(places...), first)
		x = u.gate(hit, u.reshape(d, outs, 1))
		back := make([]int, len(perm))
		for i, p := range perm {
			back[p] = i
		}
		return []string{u.turn(u.reshape(x, turned...), back)}
	}
}

func batchNorm(u *use) string {
	return u.op("BatchNormalization", u.outShape(), attrs{"epsilon": {Float: u.float("epsilon", 1e-5)}}, u.in...)
}

func batchNormBack(u *use, d string) []string {
	scale, variance := u.constant(1).Float, u.constant(4).Float
	by := make([]float32, len(scale))
	for i, s := range scale {
		by[i] = float32(float64(s) / math.Sqrt(float64(variance[i])+float64(u.float("epsilon", 1e-5))))
	}
	return []string{u.mul(d, u.floats(channels(len(by), len(u.outShape())), by...))}
}

// channels is the shape of one number for each channel beside a value of rank
// dimensions.
func channels(n, rank int) []int {
	shape := slices.Repeat([]int{1}, rank-1)
	shape[0] = n
	return shape
}

func instanceNorm(u *use) string {
	return u.op("InstanceNormalization", u.outShape(), attrs{"epsilon": {Float: u.float("epsilon", 1e-5)}}, u.in...)
}

func instanceNormBack(u *use, d string) []string {
	shape := u.inShape(0)
	d = u.mul(d, u.reshape(u.in[1], channels(shape[1], len(shape))...))
	return u.even(d, []int{shape[0] * shape[1], size(shape[2:])})
}

func layerNorm(u *use) string {
	a := u.axis(u.int("axis", -1))
	in := slices.Clone(u.in)
	for i := range in[1:] {
		if in[1+i] != "" {
			in[1+i] = u.reshape(in[1+i], u.inShape(0)[a:]...)
		}
	}
	return u.op("LayerNormalization", u.outShape(), attrs{"axis": integer(a), "epsilon": {Float: u.float("epsilon", 1e-5)}}, in...)
}

func layerNormBack(u *use, d string) []string {
	shape, a := u.inShape(0), u.axis(u.int("axis", -1))
	d = u.mul(d, u.reshape(u.in[1], shape[a:]...))
	return u.even(d, []int{size(shape[:a]), size(shape[a:])})
}

// even returns the gradient of giving every row of the input, of the given
// shape, mean 0 and variance 1; d is the gradient with respect to the result.
func (u *use) even(d string, shape []int) []string {
	x, d := u.reshape(u.in[0], shape...), u.reshape(d, shape...)
	x = u.sub(x, u.mean(x, 1))
	deviation := u.map1("Sqrt", u.add(u.mean(u.mul(x, x), 1), u.num(u.float("epsilon", 1e-5))))
	x = u.map2("Div", x, deviation)
	d = u.sub(u.sub(d, u.mean(d, 1)), u.mul(x, u.mean(u.mul(x, d), 1)))
	return []string{u.reshape(u.map2("Div", d, deviation), u.inShape(0)...)}
}

// mix takes the terms together, for every row alone if all rows are the same.
func mix(u *use) string {
	m := u.mixing()
	x := u.reshape(u.in[0], m.blocks, m.in)
	if m.missing {
		x = u.op("Concat", []int{m.blocks, m.in + 1}, attrs{"axis": integer(1)}, x, u.expand(u.num(u.Mix.Empty), []int{m.blocks, 1}))
	}
	x = u.op("Gather", []int{m.blocks, len(m.from)}, attrs{"axis": integer(1)}, x, u.tensor(&graph.Tensor{Shape: []int{len(m.from)}, Int: m.from}))
	if u.Mix.Weight != nil {
		x = u.sum(u.mul(u.reshape(x, m.blocks, m.out, u.Mix.Terms), m.weights(u)), 2)
	}
	return u.reshape(x, u.outShape()...)
}

func mixBack(u *use, d string) []string {
	m := u.mixing()
	if u.Mix.Weight != nil {
		d = u.mul(u.reshape(d, m.blocks, m.out, 1), m.weights(u))
	}
	d = u.reshape(d, m.blocks, len(m.from))
	room := []int{m.blocks, m.in + 1} // the last column is for what came from nowhere
	to := u.expand(u.tensor(&graph.Tensor{Shape: []int{1, len(m.from)}, Int: m.from}), u.shape[d])
	d = u.op("ScatterElements", room, attrs{"axis": integer(1), "reduction": {Text: "add"}}, u.expand(u.num(0), room), to, d)
	d = u.op("Slice", []int{m.blocks, m.in}, nil, d, u.ints(0), u.ints(m.in), u.ints(1))
	return []string{u.reshape(d, u.inShape(0)...)}
}

// A mixing is a mix that is the same for every block.
type mixing struct {
	blocks, in, out int
	from            []int64
	missing         bool
}

func (u *use) mixing() mixing {
	from, rows := u.Mix.From, u.plan.Shape[u.plan.Input][0]
	in, out := size(u.inShape(0)), size(u.outShape())
	if out%rows != 0 || !repeats(u.Mix, rows, in) {
		rows = 1
	}
	m := mixing{blocks: rows, in: in / rows, out: out / rows}
	for _, k := range from[:len(from)/rows] {
		if k < 0 {
			k, m.missing = int32(m.in), true
		}
		m.from = append(m.from, int64(k))
	}
	return m
}

// repeats reports whether every row of in/rows numbers is mixed as the first.
func repeats(m *graph.Mix, rows, in int) bool {
	if len(m.From)%rows != 0 || in%rows != 0 {
		return false
	}
	n := len(m.From) / rows
	for i, k := range m.From {
		first := m.From[i%n]
		if first >= int32(in/rows) || first < 0 && k >= 0 || first >= 0 && k != first+int32(i/n*(in/rows)) ||
			m.Weight != nil && m.Weight[i] != m.Weight[i%n] {
			return false
		}
	}
	return true
}

func (m mixing) weights(u *use) string {
	return u.floats([]int{m.out, u.Mix.Terms}, u.Mix.Weight[:m.out*u.Mix.Terms]...)
}
