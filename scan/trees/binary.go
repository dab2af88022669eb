package trees

import (
	"bytes"
	"context"
	"encoding/binary"
	"strconv"

	"quintain"
	"quintain/scan"
)

// Sizes in the binary format of XGBoost, which versions before 3 write.
const (
	sizeLearner = 136
	sizeForest  = 160
	sizeTree    = 148
	sizeNode    = 20
	sizeStat    = 16
	maxWord     = 4096 // of a name
)

var magicBinary = []byte("binf")

// isBinary reports whether head begins a model in the binary format.
func isBinary(head []byte) bool { return bytes.HasPrefix(head, magicBinary) }

// A reader reads numbers forward.
type reader struct {
	b []byte
	i int
}

func (r *reader) take(n int) ([]byte, error) {
	if n < 0 || n > len(r.b)-r.i {
		return nil, scan.Errorf(int64(r.i), "%d bytes where %d are left", n, len(r.b)-r.i)
	}
	r.i += n
	return r.b[r.i-n : r.i], nil
}

// word reads a text that its length stands before.
func (r *reader) word() (string, error) {
	b, err := r.take(8)
	if err != nil {
		return "", err
	}
	n := binary.LittleEndian.Uint64(b)
	if n > maxSize {
		return "", scan.Errorf(int64(r.i-8), "a text of %d bytes", n)
	}
	b, err = r.take(int(n))
	return string(b), err
}

// binaryModel inspects a model of XGBoost in the binary format.
func binaryModel(_ context.Context, f *scan.File, b []byte) error {
	r := &reader{b: b, i: len(magicBinary)}
	head, err := r.take(sizeLearner)
	if err != nil {
		return err
	}
	le := binary.LittleEndian
	features := le.Uint32(head[4:])
	attributes, metrics := le.Uint32(head[12:]), le.Uint32(head[16:])
	f.Fact("XGBoost", strconv.Itoa(int(le.Uint32(head[20:])))+"."+strconv.Itoa(int(le.Uint32(head[24:]))))
	objective, err := r.word()
	if err != nil {
		return err
	}
	booster, err := r.word()
	if err != nil {
		return err
	}
	if booster != "gbtree" {
		return scan.Errorf(int64(r.i), "the booster %q is not analyzed in this format", booster)
	}
	f.Fact("objective", strconv.Quote(objective[:min(len(objective), maxWord)]))
	forest, err := r.take(sizeForest)
	if err != nil {
		return err
	}
	trees := le.Uint32(forest)
	if int64(trees) > int64(len(b)/sizeTree) {
		f.Reportf(quintain.High, int64(r.i-sizeForest), "the model claims %d trees, for which it is too small", trees)
		return nil
	}
	for range trees {
		if ok, err := binaryTree(f, r, features); err != nil || !ok {
			return err
		}
	}
	if _, err := r.take(4 * int(trees)); err != nil { // the output that each tree adds to
		return err
	}
	f.Fact("trees", strconv.Itoa(int(trees)))
	return binaryRest(f, r, attributes, metrics)
}

// binaryTree inspects one tree. It returns false if no more can be read.
func binaryTree(f *scan.File, r *reader, features uint32) (bool, error) {
	at := int64(r.i)
	head, err := r.take(sizeTree)
	if err != nil {
		return false, err
	}
	le := binary.LittleEndian
	n := le.Uint32(head[4:])
	if n == 0 || int64(n) > int64(len(r.b)-r.i)/(sizeNode+sizeStat) {
		f.Reportf(quintain.High, at, "a tree claims %d nodes, for which the file is too small", n)
		return false, nil
	}
	nodes, err := r.take(int(n) * sizeNode)
	if err != nil {
		return false, err
	}
	if _, err := r.take(int(n) * sizeStat); err != nil {
		return false, err
	}
	left, right := make([]float64, n), make([]float64, n)
	for i := range left {
		b := nodes[i*sizeNode:]
		left[i], right[i] = decodeLE(b[4:]), decodeLE(b[8:])
		if split := le.Uint32(b[12:]) &^ (1 << 31); left[i] != -1 && split >= features {
			f.Reportf(quintain.High, at, "node %d splits on feature %d of %d", i, split, features)
			break
		}
	}
	if why := badLinks(left, right); why != "" {
		f.Reportf(quintain.High, at, "%s", why)
	}
	return true, nil
}

// decodeLE returns a whole number with a sign.
func decodeLE(b []byte) float64 {
	v := binary.LittleEndian.Uint32(b)
	if v >= 1<<31 {
		return float64(v) - 1<<32
	}
	return float64(v)
}

// binaryRest reads what stands behind the trees.
func binaryRest(f *scan.File, r *reader, attributes, metrics uint32) error {
	for i, has := range []uint32{attributes, metrics} {
		if has == 0 {
			continue
		}
		b, err := r.take(8)
		if err != nil {
			return err
		}
		words := binary.LittleEndian.Uint64(b)
		if words > maxSize {
			return scan.Errorf(int64(r.i-8), "%d texts", words)
		}
		if i == 0 {
			words *= 2 // names and values
		}
		for range words {
			if _, err := r.word(); err != nil {
				return err
			}
		}
	}
	if n := len(r.b) - r.i; n > 0 {
		f.Reportf(quintain.Medium, int64(r.i), "%s follow the end of the model", scan.Count(n, "byte"))
	}
	return nil
}
