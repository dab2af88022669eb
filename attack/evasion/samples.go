package evasion

// A Sample is what became of one row.
type Sample struct {
	Row       int     `json:"row"` // of the data, counted from 1
	Label     int     `json:"label"`
	Predicted int     `json:"predicted"` // class of the row as the attack left it; -1 if the model answered no number
	Attack    string  `json:"attack"`
	Part      string  `json:"part,omitempty"` // of a cascade, that turned the row
	Success   bool    `json:"success"`
	Certified bool    `json:"certified"`
	Norm      string  `json:"norm"`
	Distance  float64 `json:"distance"` // of the nearest misclassified row known, in units of the range of features; 0 if none is
	Queries   int     `json:"queries"`  // of black-box attacks
	Seed      uint64  `json:"seed"`

	Values []float32 `json:"-"` // the row as the attack left it; must not be changed
}

// hand gives what became of every row attacked to whoever asked for it.
func (e *engine) hand(c *campaign) error {
	if e.o.Sample == nil || len(c.says) == 0 {
		return nil
	}
	part := make(map[int]string)
	for _, st := range c.stages {
		for _, row := range st.turned {
			part[row] = st.attack.Name
		}
	}
	for i, at := range c.at {
		s := Sample{
			Row: c.rows[at] + 1, Label: int(c.batch.Y[at]), Predicted: c.says[i], Attack: c.attack.Name, Part: part[i],
			Success: c.fell[i], Norm: c.ball.Norm.String(), Seed: e.o.Seed,
			Certified: c.proof.holds != nil && c.proof.holds[at],
		}
		s.Values = c.adv.Row(i)
		if c.far[i] >= 0 {
			s.Distance = c.far[i] * c.eps
		}
		if c.asked != nil {
			s.Queries = c.asked[i]
		}
		if err := e.o.Sample(s); err != nil {
			return err
		}
	}
	return nil
}
