package graph

import (
	"math"

	"quintain/ml/kernel"
)

// operators returns the operators that are known.
func operators[T kernel.Float]() map[string]builder[T] {
	return map[string]builder[T]{
		"Gemm": gemm[T], "MatMul": matMul[T], "Conv": conv[T],
		"ConvTranspose": convTranspose[T], "Resize": resize[T], "Upsample": resize[T],
		"MaxPool": maxPool[T], "AveragePool": averagePool[T],
		"GlobalAveragePool": globalAveragePool[T], "GlobalMaxPool": globalMaxPool[T],
		"BatchNormalization": batchNorm[T], "LayerNormalization": layerNorm[T],
		"InstanceNormalization": instanceNorm[T],
		"Softmax":               softmax[T], "LogSoftmax": logSoftmax[T],
		"ReduceMean": reduceMean[T], "ReduceSum": reduceSum[T],
		"ReduceMax": reduceMax[T], "ReduceMin": reduceMin[T],

		"Add": binary(addition[T]()), "Sub": binary(subtraction[T]()), "Mul": binary(multiplication[T]()),
		"Div": binary(division[T]()), "Pow": power[T],
		"PRelu": binary(slopes[T]()), "Sum": many(addition[T]()), "Max": many(extreme[T](1)), "Min": many(extreme[T](-1)),

		"Equal": binary(compare(equal[T], equal[int64])), "Where": where[T],
		"Greater": binary(compare(greater[T], greater[int64])), "Less": binary(compare(less[T], less[int64])),
		"GreaterOrEqual": binary(compare(greaterOrEqual[T], greaterOrEqual[int64])),
		"LessOrEqual":    binary(compare(lessOrEqual[T], lessOrEqual[int64])),

		"Relu": leaky[T](0), "LeakyRelu": leaky[T](0.01), "Clip": clip[T],
		"Sigmoid": unary(sigmoid[T]), "Tanh": unary(tanh[T]), "Exp": unary(exp[T]), "Log": unary(log[T]),
		"Sqrt": unary(sqrt[T]), "Erf": unary(erf[T]), "Neg": unary(neg[T]), "Abs": unary(abs[T]),
		"Softplus": unary(softplus[T]), "Elu": elu[T], "Selu": selu[T], "Reciprocal": unary(reciprocal[T]), "HardSigmoid": hardSigmoid[T], "HardSwish": unary(hardSwish[T]),

		"Constant": constant[T], "ConstantOfShape": constantOfShape[T], "Shape": shapeOf[T], "Cast": cast[T],
		"Identity": identity[T], "Dropout": identity[T], "Reshape": reshape[T], "Flatten": flatten[T],
		"Squeeze": squeeze[T], "Unsqueeze": unsqueeze[T],
		"Transpose": transpose[T], "Concat": concat[T], "Slice": slice[T], "Gather": gather[T],
		"Expand": expand[T], "Split": split[T], "Pad": pad[T],

		"ai.onnx.ml.LinearClassifier": linearClassifier[T], "ai.onnx.ml.LinearRegressor": linearRegressor[T],
		"ai.onnx.ml.Scaler": scaler[T], "ai.onnx.ml.Normalizer": normalizer[T],
		"ai.onnx.ml.TreeEnsembleClassifier": treeClassifier[T], "ai.onnx.ml.TreeEnsembleRegressor": treeRegressor[T],
		"ai.onnx.ml.SVMClassifier": svmClassifier[T], "ai.onnx.ml.ArrayFeatureExtractor": extract[T],
	}
}

// A curve is a function of one number: its value at x, and its slope at x
// where it has value y.
type curve[T kernel.Float] struct {
	value func(x T) T
	slope func(x, y T) T
}

func sigmoid[T kernel.Float]() curve[T] {
	return curve[T]{
		func(x T) T { return T(1 / (1 + math.Exp(-float64(x)))) },
		func(_, y T) T { return y * (1 - y) },
	}
}

func tanh[T kernel.Float]() curve[T] {
	return curve[T]{
		func(x T) T { return T(math.Tanh(float64(x))) },
		func(_, y T) T { return 1 - y*y },
	}
}

func exp[T kernel.Float]() curve[T] {
	return curve[T]{func(x T) T { return T(math.Exp(float64(x))) }, func(_, y T) T { return y }}
}

func log[T kernel.Float]() curve[T] {
	return curve[T]{func(x T) T { return T(math.Log(float64(x))) }, func(x, _ T) T { return 1 / x }}
}

func sqrt[T kernel.Float]() curve[T] {
	return curve[T]{func(x T) T { return T(math.Sqrt(float64(x))) }, func(_, y T) T { return 1 / (2 * y) }}
}

func erf[T kernel.Float]() curve[T] {
	return curve[T]{
		func(x T) T { return T(math.Erf(float64(x))) },
		func(x, _ T) T { return T(2 / math.SqrtPi * math.Exp(-float64(x)*float64(x))) },
	}
}

func neg[T kernel.Float]() curve[T] {
	return curve[T]{func(x T) T { return -x }, func(_, _ T) T { return -1 }}
}

func abs[T kernel.Float]() curve[T] {
	return curve[T]{
		func(x T) T { return T(math.Abs(float64(x))) },
		func(x, _ T) T {
			switch {
			case x > 0:
				return 1
			case x < 0:
				return -1
			}
			return 0
		},
	}
}

func softplus[T kernel.Float]() curve[T] {
	return curve[T]{
		func(x T) T { return T(math.Max(float64(x), 0) + math.Log1p(math.Exp(-math.Abs(float64(x))))) },
		func(x, _ T) T { return T(1 / (1 + math.Exp(-float64(x)))) },
	}
}

func hardSwish[T kernel.Float]() curve[T] {
	return curve[T]{
		func(x T) T { return x * min(max(x/6+0.5, 0), 1) },
		func(x, _ T) T {
			switch {
			case x <= -3:
				return 0
			case x >= 3:
				return 1
			}
			return x/3 + 0.5
		},
	}
}

func reciprocal[T kernel.Float]() curve[T] {
	return curve[T]{func(x T) T { return 1 / x }, func(_, y T) T { return -y * y }}
}

func elu[T kernel.Float](n *node[T]) ([]result[T], error) {
	return exponential(n, n.float("alpha", 1), 1)
}

func selu[T kernel.Float](n *node[T]) ([]result[T], error) {
	return exponential(n, n.float("alpha", 1.6732632), n.float("gamma", 1.050701))
}

// exponential is gamma times x above zero, and below gamma·alpha·(eˣ-1).
func exponential[T kernel.Float](n *node[T], alpha, gamma T) ([]result[T], error) {
	return pointwise(n, curve[T]{
		func(x T) T {
			if x > 0 {
				return gamma * x
			}
			return gamma * alpha * T(math.Expm1(float64(x)))
		},
		func(x, y T) T {
			if x > 0 {
				return gamma
			}
			return y + gamma*alpha
		},
	})
}

// slopes is PRelu, a line with the slope b below zero.
func slopes[T kernel.Float]() arithmetic[T] {
	return arithmetic[T]{
		value: func(a, b T) T {
			if a <= 0 {
				a *= b
			}
			return a
		},
		da: func(a, b, _, d T) T {
			if a <= 0 {
				d *= b
			}
			return d
		},
		db: func(a, _, _, d T) T { return d * min(a, 0) },
	}
}

func hardSigmoid[T kernel.Float](n *node[T]) ([]result[T], error) {
	alpha, beta := n.float("alpha", 0.2), n.float("beta", 0.5)
	return pointwise(n, curve[T]{
		func(x T) T { return min(max(alpha*x+beta, 0), 1) },
		func(_, y T) T {
			if y > 0 && y < 1 {
				return alpha
			}
			return 0
		},
	})
}

// clip limits numbers. Its slope is 1 on the limits too.
func clip[T kernel.Float](n *node[T]) ([]result[T], error) {
	low, high := n.float("min", float32(math.Inf(-1))), n.float("max", float32(math.Inf(1)))
	low, err := n.scalar(1, low)
	if err != nil {
		return nil, err
	}
	if high, err = n.scalar(2, high); err != nil {
		return nil, err
	}
	return pointwise(n, curve[T]{
		func(x T) T { return min(max(x, low), high) },
		func(x, _ T) T {
			if x >= low && x <= high {
				return 1
			}
			return 0
		},
	})
}
