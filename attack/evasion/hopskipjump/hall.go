package hopskipjump

import (
	"context"

	"quintain/attack/evasion"
	"quintain/ml"
)

// A hall is where rows under way meet: what all of them want to know is asked at
// once, so that a model that answers elsewhere is asked few times. It asks as
// soon as everybody in it has a question or has left.
type hall struct {
	model     ml.Oracle
	questions chan question
	left      chan struct{}
}

// A question is rows of one asker, and where the answer goes.
type question struct {
	rows   ml.Batch
	answer chan<- answer
}

type answer struct {
	fell []bool
	err  error
}

func newHall(m ml.Oracle) *hall {
	return &hall{model: m, questions: make(chan question), left: make(chan struct{})}
}

// ask returns which rows are of another class. Only who is in the hall may ask.
func (h *hall) ask(rows ml.Batch) ([]bool, error) {
	c := make(chan answer, 1)
	h.questions <- question{rows, c}
	a := <-c
	return a.fell, a.err
}

// leave says that one of those in the hall asks no more.
func (h *hall) leave() { h.left <- struct{}{} }

// serve answers so many askers until all of them have left. When ctx ends, all
// questions are answered with its error.
func (h *hall) serve(ctx context.Context, askers int) {
	var open []question
	for askers > 0 {
		select {
		case q := <-h.questions:
			open = append(open, q)
		case <-h.left:
			askers--
		}
		if len(open) > 0 && len(open) == askers {
			h.answer(ctx, open)
			open = nil
		}
	}
}

// answer asks the model all open questions in one batch.
func (h *hall) answer(ctx context.Context, open []question) {
	all := ml.Batch{Dim: open[0].rows.Dim}
	for _, q := range open {
		all.X, all.Y = append(all.X, q.rows.X...), append(all.Y, q.rows.Y...)
	}
	fell, err := evasion.Fooled(ctx, h.model, all)
	for _, q := range open {
		if err != nil {
			q.answer <- answer{err: err}
			continue
		}
		n := q.rows.Rows()
		q.answer <- answer{fell: fell[:n:n]}
		fell = fell[n:]
	}
}
