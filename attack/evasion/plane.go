package evasion

import "math"

// Lean moves x, a row of the box, the shortest way within the box, in radii,
// to where w·x has grown by gap, and returns that distance. If no row of the
// box is that high, x goes as high as there is, and the distance is infinite.
// Distances are those of the ball's norm; its size does not matter.
//
// It is the projection onto a hyperplane and a box of Croce and Hein, "Minimally
// Distorted Adversarial Examples with a Fast Adaptive Boundary Attack", ICML
// 2020, section 2: all features move at once, each at its own speed, until it
// meets its wall.
func (b Ball) Lean(x, w []float32, gap float64) float64 {
	if !(gap > 0) {
		return 0
	}
	n := len(x)
	all := make([]float64, 2*n)
	speed, room := all[:n], all[n:]
	for i, v := range w {
		r := float64(b.Radius[i])
		if v == 0 || r == 0 || v != v {
			continue
		}
		speed[i] = r
		if b.Norm == L2 {
			speed[i] *= r * math.Abs(float64(v))
		}
		room[i] = float64(b.High[i]) - float64(x[i])
		if v < 0 {
			room[i] = float64(x[i]) - float64(b.Low[i])
		}
	}
	t := reachTime(w, speed, room, gap)
	var far float64
	for i, v := range w {
		d := room[i]
		if speed[i] == 0 {
			continue
		}
		if !math.IsInf(t, 1) {
			d = math.Min(d, t*speed[i])
		}
		if b.Norm == L2 {
			far += d / float64(b.Radius[i]) * d / float64(b.Radius[i])
		}
		if v < 0 {
			d = -d
		}
		x[i] = min(max(x[i]+float32(d), b.Low[i]), b.High[i])
	}
	switch {
	case math.IsInf(t, 1):
		return t
	case b.Norm == L2:
		return math.Sqrt(far)
	}
	return t
}

// reachTime says when features that move at their speeds, until they have no
// room, have gained gap together; never is infinite.
func reachTime(w []float32, speed, room []float64, gap float64) float64 {
	t := 0.0
	for {
		var rate, fixed float64
		for i, v := range w {
			if s := speed[i]; s > 0 {
				a := math.Abs(float64(v))
				if room[i] <= t*s {
					fixed += a * room[i]
				} else {
					rate += a * s
				}
			}
		}
		if !(rate > 0) {
			return math.Inf(1)
		}
		next := (gap - fixed) / rate
		if !(next > t) {
			return t
		}
		t = next
	}
}

// gain is the most that w·x can grow within a round ball around x and the box.
func (b Ball) gain(x, w []float32) float64 {
	low, high := 0.0, 0.0
	for i, v := range w {
		room := float64(b.High[i]) - float64(b.Low[i])
		high += math.Abs(float64(v)) * room
	}
	for range 60 {
		mid, to := (low+high)/2, append([]float32(nil), x...)
		if b.Lean(to, w, mid) <= 1 {
			low = mid
		} else {
			high = mid
		}
	}
	return low
}
