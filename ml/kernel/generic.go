//go:build !amd64 || purego

package kernel

// Name names what multiplies: "avx2" or "scalar".
func Name() string { return "scalar" }

// tile multiplies a panel of h rows of a left operand with 16 columns of a right
// one: its rows start where rows tells, and in them groups of columns where cols
// tells.
func tile[T Float](h int, a, b []T, rows, cols []int, c []T, ldc int, add bool) {
	scalarTile(h, a, b, rows, cols, c, ldc, add)
}

// tileLeft multiplies h rows of a left operand, which start where rows tells, and
// in which elements are where cols tells, with a panel of a right one.
func tileLeft[T Float](h int, a []T, rows, cols []int, b, c []T, ldc int, add bool) {
	scalarTileLeft(h, a, rows, cols, b, c, ldc, add)
}

// Nothing is done by vector loops.

func quickRectify[T Float](_, _ []T, _ T) (done int) { return 0 }

func quickGate[T Float](_, _, _ []T) (done int) { return 0 }

func quickMask[T Float](_, _, _ []T) (done int) { return 0 }

func quickRaise[T Float](_, _, _ []T, _ T) (done int) { return 0 }

func quickSum[T Float](_ *[4]T, _ []T) (done int) { return 0 }

func quickSquare[T Float](_ *[4]float64, _ []T) (done int) { return 0 }

func quickScale[T Float](_ []T, _ T) (done int) { return 0 }

func quickAdam(_, _, _, _ []float32, _ *AdamRates) (done int, bad float32) { return 0, 0 }

func quickWeave[T Float](_ []T, _ int, _, _, _, _ []T) (done int) { return 0 }

func quickCopy[T Float](_ []T, _ int, _ []T, _, _, _ int) (done bool) { return false }

func quickAdd[T Float](_ []T, _ int, _ []T, _, _, _ int) (done bool) { return false }

func quickHalve[T Float](_, _, _ []T, _, _, _ int) (done bool) { return false }

func quickUnhalve[T Float](_, _, _ []T, _, _, _ int) (columns int) { return 0 }
