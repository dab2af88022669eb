//go:build !amd64 || purego

package kernel

// Name names what multiplies: "avx2" or "scalar".
func Name() string { return "scalar" }

// tile multiplies a panel of a left operand with 16 columns of a right one,
// whose rows start where rows tells.
func tile[T Float](k int, a, b []T, rows []int, c []T, ldc int, add bool) {
	scalarTile(k, a, b, rows, c, ldc, add)
}

// Nothing is done by vector loops.
func rectify[T Float](_, _ []T, _ T) (done int) { return 0 }

func gate[T Float](_, _, _ []T) (done int) { return 0 }

func raise[T Float](_, _, _ []T, _ T) (done int) { return 0 }
