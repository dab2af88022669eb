package ort

import (
	"math"

	"quintain/ml/graph"
)

// ruleOf returns the rule for a step, which is empty if there is none.
func ruleOf(s *graph.Step) rule {
	switch {
	case s.Same:
		return rule{
			1,
			func(u *use) string { return u.reshape(u.in[0], u.outShape()...) },
			func(u *use, d string) []string { return []string{u.reshape(d, u.inShape(0)...)} },
		}
	case s.Op == "Transpose":
		return rule{1, transpose, transposeBack}
	case s.Mix != nil:
		return rule{1, mix, mixBack}
	}
	if c, ok := curves()[s.Op]; ok {
		return rule{1, curve, func(u *use, d string) []string { return []string{c(u, d)} }}
	}
	return rules()[s.Op]
}

func rules() map[string]rule {
	compare := rule{2, truth, none}
	return map[string]rule{
		"Add": pair("Add", 2, addBack), "Sum": pair("Add", many, addBack), "Sub": pair("Sub", 2, subBack),
		"Mul": pair("Mul", 2, mulBack), "Div": pair("Div", 2, divBack), "Pow": pair("Pow", 2, powBack), "PRelu": pair("PRelu", 2, slopesBack),
		"Max": pair("Max", many, extremeBack("Greater")), "Min": pair("Min", many, extremeBack("Less")),
		"Equal": compare, "Greater": compare, "Less": compare, "GreaterOrEqual": compare, "LessOrEqual": compare,
		"Cast":  {1, func(u *use) string { return u.cast(u.cast(u.in[0], typeBool), typeFloat) }, none},
		"Where": {3, where, whereBack},

		"Gemm": {3, gemm, gemmBack}, "MatMul": {2, matMul, matMulBack},
		"Conv": {3, conv, convBack}, "ConvTranspose": {3, grow, growBack},
		"MaxPool": {1, maxPool, maxPoolBack}, "AveragePool": {1, averagePool, averagePoolBack},
		"Softmax": {1, softmax, softmaxBack}, "LogSoftmax": {1, softmax, logSoftmaxBack}, "Concat": {many, concat, concatBack},
		"BatchNormalization": {5, batchNorm, batchNormBack}, "InstanceNormalization": {3, instanceNorm, instanceNormBack},
		"LayerNormalization": {3, layerNorm, layerNormBack},

		"ReduceMean": {1, reduce, meanBack}, "ReduceSum": {1, reduce, sumBack},
		"ReduceMax": {1, reduce, mostBack("ArgMax")}, "ReduceMin": {1, reduce, mostBack("ArgMin")},
		"GlobalAveragePool": {1, reduce, meanBack}, "GlobalMaxPool": {1, reduce, mostBack("ArgMax")},
	}
}

func none(*use, string) []string { return nil }

// curves return the gradient of functions of one number.
func curves() map[string]func(u *use, d string) string {
	x := func(u *use) string { return u.in[0] }
	below := func(u *use) string { return u.map2("LessOrEqual", x(u), u.num(0)) }
	return map[string]func(u *use, d string) string{
		"Relu": func(u *use, d string) string { return u.gate(u.map2("Greater", u.out, u.num(0)), d) },
		"LeakyRelu": func(u *use, d string) string {
			return u.where(d, below(u), u.mul(d, u.num(u.float("alpha", 0.01))), d)
		},
		"Clip": func(u *use, d string) string {
			low, high := u.limits()
			return u.gate(u.map2("GreaterOrEqual", x(u), low), u.gate(u.map2("LessOrEqual", x(u), high), d))
		},
		"Sigmoid":    func(u *use, d string) string { return u.mul(d, u.mul(u.out, u.sub(u.num(1), u.out))) },
		"Tanh":       func(u *use, d string) string { return u.mul(d, u.sub(u.num(1), u.mul(u.out, u.out))) },
		"Exp":        func(u *use, d string) string { return u.mul(d, u.out) },
		"Log":        func(u *use, d string) string { return u.map2("Div", d, x(u)) },
		"Sqrt":       func(u *use, d string) string { return u.map2("Div", d, u.mul(u.num(2), u.out)) },
		"Neg":        func(u *use, d string) string { return u.map1("Neg", d) },
		"Abs":        func(u *use, d string) string { return u.mul(d, u.map1("Sign", x(u))) },
		"Reciprocal": func(u *use, d string) string { return u.map1("Neg", u.mul(d, u.mul(u.out, u.out))) },
		"Softplus":   func(u *use, d string) string { return u.mul(d, u.map1("Sigmoid", x(u))) },
		"Erf": func(u *use, d string) string {
			return u.mul(d, u.mul(u.num(2/math.SqrtPi), u.map1("Exp", u.map1("Neg", u.mul(x(u), x(u))))))
		},
		"Elu": func(u *use, d string) string {
			return u.where(d, below(u), u.mul(d, u.add(u.out, u.num(u.float("alpha", 1)))), d)
		},
		"Selu": func(u *use, d string) string {
			alpha, gamma := u.float("alpha", 1.6732632), u.float("gamma", 1.050701)
			return u.mul(d, u.where(d, below(u), u.add(u.out, u.num(alpha*gamma)), u.num(gamma)))
		},
		"HardSigmoid": func(u *use, d string) string {
			in := u.gate(u.map2("Greater", u.out, u.num(0)), u.gate(u.map2("Less", u.out, u.num(1)), d))
			return u.mul(in, u.num(u.float("alpha", 0.2)))
		},
		"HardSwish": func(u *use, d string) string {
			slope := u.add(u.mul(x(u), u.num(1.0/3)), u.num(0.5))
			slope = u.where(d, u.map2("GreaterOrEqual", x(u), u.num(3)), u.num(1), slope)
			return u.mul(d, u.where(d, u.map2("LessOrEqual", x(u), u.num(-3)), u.num(0), slope))
		},
	}
}

// curve writes a function of one number.
func curve(u *use) string {
	if u.Op == "Clip" {
		low, high := u.limits()
		return u.op("Clip", u.outShape(), nil, u.in[0], low, high)
	}
	a := attrs{}
	for _, name := range parameters[u.Op] {
		if v, ok := u.Attr[name]; ok {
			a[name] = graph.Attr{Float: v.Float}
		}
	}
	return u.op(u.Op, u.outShape(), a, u.in[0])
}

var parameters = map[string][]string{
	"LeakyRelu": {"alpha"}, "Elu": {"alpha"}, "Selu": {"alpha", "gamma"}, "HardSigmoid": {"alpha", "beta"},
}

// limits returns those of Clip.
func (u *use) limits() (low, high string) {
	l, h := u.float("min", float32(math.Inf(-1))), u.float("max", float32(math.Inf(1)))
	if t := u.constant(1); t != nil {
		l = numbers(t).Float[0]
	}
	if t := u.constant(2); t != nil {
		h = numbers(t).Float[0]
	}
	return u.num(l), u.num(h)
}

// pair writes a function of two numbers, or of more from the first to the last.
// Back is given what the inputs up to i-1 made, input i, what they made
// together, and the gradient with respect to that.
func pair(op string, most int, back func(u *use, a, b, y, d string) (da, db string)) rule {
	chain := func(u *use) []string {
		y := []string{u.in[0]}
		for _, in := range u.in[1:] {
			y = append(y, u.map2(op, y[len(y)-1], in))
		}
		return y
	}
	return rule{
		most,
		func(u *use) string { y := chain(u); return y[len(y)-1] },
		func(u *use, d string) []string {
			y := []string{u.in[0], u.out}
			if len(u.in) > 2 {
				y = chain(u)
			}
			out := make([]string, len(u.in))
			for i := len(u.in) - 1; i > 0; i-- {
				d, out[i] = back(u, y[i-1], u.in[i], y[i], d)
				d, out[i] = u.sumTo(d, u.shape[y[i-1]]), u.sumTo(out[i], u.inShape(i))
			}
			out[0] = d
			return out
		},
	}
}

func addBack(_ *use, _, _, _, d string) (da, db string) { return d, d }

func subBack(u *use, _, _, _, d string) (da, db string) { return d, u.map1("Neg", d) }

func mulBack(u *use, a, b, _, d string) (da, db string) { return u.mul(d, b), u.mul(d, a) }

func divBack(u *use, _, b, y, d string) (da, db string) {
	da = u.map2("Div", d, b)
	return da, u.map1("Neg", u.mul(da, y))
}

// powBack knows that the power is constant.
func powBack(u *use, a, b, _, d string) (da, db string) {
	return u.mul(u.mul(d, b), u.map2("Pow", a, u.sub(b, u.num(1)))), d
}

func slopesBack(u *use, a, b, _, d string) (da, db string) {
	below := u.map2("LessOrEqual", a, u.num(0))
	return u.where(d, below, u.mul(d, b), d), u.mul(d, u.map2("Min", a, u.num(0)))
}

// extremeBack lets equals share the gradient.
func extremeBack(beats string) func(u *use, a, b, y, d string) (da, db string) {
	return func(u *use, a, b, _, d string) (da, db string) {
		da = u.add(u.gate(u.map2(beats, a, b), d), u.mul(u.gate(u.map2("Equal", a, b), d), u.num(0.5)))
		return da, u.sub(d, da)
	}
}

func truth(u *use) string { return u.cast(u.map2(u.Op, u.in[0], u.in[1]), typeFloat) }

func where(u *use) string {
	return u.op("Where", u.outShape(), nil, u.cast(u.in[0], typeBool), u.in[1], u.in[2])
}

func whereBack(u *use, d string) []string {
	taken := u.gate(u.cast(u.in[0], typeBool), d)
	return []string{"", u.sumTo(taken, u.inShape(1)), u.sumTo(u.sub(d, taken), u.inShape(2))}
}
