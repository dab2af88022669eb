package hopskipjump

import (
	"math"
	"math/rand/v2"

	"quintain/attack/evasion"
	"quintain/ml"
)

const (
	starts   = 40   // rows to begin with
	samples  = 40   // to find a direction with, at first
	crowd    = 200  // in the end, about
	halvings = 8    // of a step that goes too far
	narrow   = 0.01 // of the distance: the boundary is known well enough
)

// A hopper is one row on its way.
type hopper struct {
	tr       *evasion.Trial
	hall     *hall
	center   []float32
	y        int32
	features []int // that may move
	rng      *rand.Rand
	x        []float32 // of another class
	asked    int
	most     int
}

func newHopper(tr *evasion.Trial, hall *hall, row, most int) *hopper {
	h := &hopper{tr: tr, hall: hall, center: tr.Batch.Row(row), y: tr.Batch.Y[row], rng: tr.Rand(row, 0), most: most}
	for i, r := range tr.Ball.Radius {
		if r > 0 {
			h.features = append(h.features, i)
		}
	}
	return h
}

// hop reports whether it found a row of another class within the ball; x is
// that row.
func (h *hopper) hop() (bool, error) {
	if len(h.features) == 0 {
		return false, nil
	}
	ok, err := h.begin()
	if err != nil || !ok {
		return false, err
	}
	for t := 1; ; t++ {
		far, err := h.project()
		if err != nil || far <= 1 || h.asked >= h.most {
			return far <= 1, err
		}
		v, err := h.direction(far, t)
		if err != nil {
			return false, err
		}
		if err := h.step(v, far/math.Sqrt(float64(t))); err != nil {
			return false, err
		}
	}
}

// ask reports which rows are of another class, of as many as may be asked
// about.
func (h *hopper) ask(rows [][]float32) ([]bool, error) {
	rows = rows[:min(len(rows), h.most-h.asked)]
	b := ml.Batch{Dim: len(h.center)}
	for _, r := range rows {
		b.X, b.Y = append(b.X, r...), append(b.Y, h.y)
	}
	h.asked += len(rows)
	if len(rows) == 0 {
		return nil, nil
	}
	return h.hall.ask(b)
}

// one is ask about one row. The answer is no once nothing may be asked.
func (h *hopper) one(x []float32) (bool, error) {
	got, err := h.ask([][]float32{x})
	return len(got) == 1 && got[0], err
}

// begin looks for a row of another class anywhere in the box, and takes the
// nearest.
func (h *hopper) begin() (bool, error) {
	rows := make([][]float32, starts)
	for s := range rows {
		x := append([]float32(nil), h.center...)
		reach := float32(s+1) / starts // some near, some far
		for _, i := range h.features {
			to := h.tr.Ball.Low[i] + (h.tr.Ball.High[i]-h.tr.Ball.Low[i])*h.rng.Float32()
			x[i] += (to - x[i]) * reach
		}
		rows[s] = x
	}
	got, err := h.ask(rows)
	best := math.Inf(1)
	for s, ok := range got {
		if d := h.far(rows[s]); ok && d < best {
			best, h.x = d, rows[s]
		}
	}
	return h.x != nil, err
}

// far is how far x is from the center, in radii of the ball.
func (h *hopper) far(x []float32) float64 {
	var d float64
	for _, i := range h.features {
		d = math.Max(d, math.Abs(float64(x[i])-float64(h.center[i]))/float64(h.tr.Ball.Radius[i]))
	}
	return d
}

// within returns x, clipped to the ball of so many radii.
func (h *hopper) within(x []float32, radii float64) []float32 {
	out := append([]float32(nil), x...)
	for _, i := range h.features {
		r := float32(radii * float64(h.tr.Ball.Radius[i]))
		out[i] = min(max(out[i], h.center[i]-r, h.tr.Ball.Low[i]), h.center[i]+r, h.tr.Ball.High[i])
	}
	if radii <= 1 {
		h.tr.Ball.Clip(out, h.center)
	}
	return out
}

// project moves x toward the center as far as its class allows, but no farther
// than into the ball, and returns how far it is then.
func (h *hopper) project() (float64, error) {
	low, high := 1.0, h.far(h.x)
	at := 1.0
	for {
		try := h.within(h.x, at)
		ok, err := h.one(try)
		switch {
		case err != nil:
			return high, err
		case ok && at == 1:
			h.x = try
			return 1, nil
		case ok:
			h.x, high = try, at
		default:
			low = at
		}
		if high-low <= narrow*high || h.asked >= h.most {
			return math.Max(high, low), nil
		}
		at = (low + high) / 2
	}
}

// direction estimates the sign of the direction away from the boundary at x.
func (h *hopper) direction(far float64, t int) ([]float64, error) {
	n := int(samples * math.Sqrt(float64(t)))
	size := far / math.Sqrt(float64(len(h.features))) / 2
	rows, moves := make([][]float32, n), make([][]float64, n)
	for s := range rows {
		rows[s], moves[s] = append([]float32(nil), h.x...), make([]float64, len(h.features))
		for k, i := range h.features {
			u := float32((2*h.rng.Float64() - 1) * size)
			to := min(max(h.x[i]+u*h.tr.Ball.Radius[i], h.tr.Ball.Low[i]), h.tr.Ball.High[i])
			rows[s][i], moves[s][k] = to, float64(to-h.x[i])/float64(h.tr.Ball.Radius[i])
		}
	}
	got, err := h.ask(rows)
	var mean float64
	for _, ok := range got {
		mean += sign(ok) / float64(len(got))
	}
	if math.Abs(mean) == 1 {
		mean = 0
	}
	v := make([]float64, len(h.features))
	for s, ok := range got {
		for k, u := range moves[s] {
			v[k] += (sign(ok) - mean) * u
		}
	}
	return v, err
}

func sign(ok bool) float64 {
	if ok {
		return 1
	}
	return -1
}

// step goes along the signs of v, less far until it stays in the other class.
func (h *hopper) step(v []float64, size float64) error {
	for range halvings {
		try := append([]float32(nil), h.x...)
		for k, i := range h.features {
			to := try[i] + float32(math.Copysign(size, v[k]))*h.tr.Ball.Radius[i]
			try[i] = min(max(to, h.tr.Ball.Low[i]), h.tr.Ball.High[i])
		}
		ok, err := h.one(try)
		if ok {
			h.x = try
		}
		if ok || err != nil {
			return err
		}
		size /= 2
	}
	return nil
}
