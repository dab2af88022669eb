//go:build !amd64 || purego

package kernel

// Name names what multiplies: "avx2" or "scalar".
func Name() string { return "scalar" }

// tile multiplies a panel of a left operand with one of a right operand.
func tile[T Float](k int, a, b, c []T, ldc int, add bool) { scalarTile(k, a, b, c, ldc, add) }
