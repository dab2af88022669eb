package train

import "math"

// CrossEntropy returns the negative logarithm of the probability that the
// logits z give to class y, and sets dz to its gradient.
func CrossEntropy(z []float32, y int, dz []float32) float64 {
	total, top := Softmax(z, dz)
	dz[y]--
	return math.Log(total) + top - float64(z[y])
}

// Toward returns the cross-entropy of the logits z against the probabilities
// p, and sets dz to its gradient. The p sum to 1.
func Toward(z, p, dz []float32) float64 {
	total, top := Softmax(z, dz)
	var loss float64
	for j, want := range p {
		loss += float64(want) * (math.Log(total) + top - float64(z[j]))
		dz[j] -= want
	}
	return loss
}

// Softmax sets p to the probabilities that the logits z stand for. It returns
// the largest logit, top, and the sum of the exponentials of z less top.
func Softmax(z, p []float32) (total, top float64) {
	top = math.Inf(-1)
	for _, v := range z {
		top = math.Max(top, float64(v))
	}
	var few [32]float64 // the exponentials, which take longest
	e := few[:]
	if len(z) > len(few) {
		e = make([]float64, len(z))
	}
	for j, v := range z {
		e[j] = math.Exp(float64(v) - top)
		total += e[j]
	}
	for j := range z {
		p[j] = float32(e[j] / total)
	}
	return total, top
}

// trade is the seed of TRADES: the loss of a clean row, and the divergence
// between what the model says of it and of the changed row. Both depend on the
// weights.
func (t *trainer) trade(row int, z, dz []float32) {
	n, k := len(t.rows), t.k
	pair := row % n
	clean, changed := t.zs[pair*k:(pair+1)*k], t.zs[(n+pair)*k:(n+pair+1)*k]
	p, q := make([]float32, k), make([]float32, k)
	sp, tp := Softmax(clean, p)
	sq, tq := Softmax(changed, q)
	if row >= n {
		for j := range dz {
			dz[j] = float32(t.o.Trades) * (q[j] - p[j])
		}
		return
	}
	var kl float64 // of changed from clean
	ratio := make([]float64, k)
	for j := range p {
		ratio[j] = float64(clean[j]) - tp - math.Log(sp) - (float64(changed[j]) - tq - math.Log(sq))
		kl += float64(p[j]) * ratio[j]
	}
	var l float64
	switch i := t.rows[pair]; {
	case t.o.Loss != nil:
		l = t.o.Loss(i, z, int(t.mini.Y[pair]), dz)
	case t.o.Targets != nil:
		l = Toward(z, t.o.Targets[i*k:(i+1)*k], dz)
	default:
		l = CrossEntropy(z, int(t.mini.Y[pair]), dz)
	}
	for j := range dz {
		dz[j] += float32(t.o.Trades * float64(p[j]) * (ratio[j] - kl))
	}
	t.loss[pair] = l + t.o.Trades*kl
}
