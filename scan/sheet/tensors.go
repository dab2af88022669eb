package sheet

import (
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"
)

// storages are the types of PyTorch's storages: the name of safetensors and the
// size of an element.
var storages = map[string]struct {
	dtype string
	size  int64
}{
	"FloatStorage": {"F32", 4}, "DoubleStorage": {"F64", 8}, "HalfStorage": {"F16", 2}, "BFloat16Storage": {"BF16", 2},
	"LongStorage": {"I64", 8}, "IntStorage": {"I32", 4}, "ShortStorage": {"I16", 2}, "CharStorage": {"I8", 1},
	"ByteStorage": {"U8", 1}, "BoolStorage": {"BOOL", 1},
}

// An opener gives the bytes of a storage and their number.
type opener func(key string) (io.ReaderAt, int64, error)

// A NotTensors error lists what a checkpoint holds beside tensors.
type NotTensors struct{ What []string }

// Error names the first few of them.
func (e *NotTensors) Error() string {
	return fmt.Sprintf("%d entries are no tensors, such as %s", len(e.What), strings.Join(e.What[:min(3, len(e.What))], ", "))
}

// takeTensors adds the tensors in a value, with the names of the dicts that
// they are in, and keeps aside what is no tensor.
func (s *Sheet) takeTensors(v any, open opener) error {
	w := &walker{open: open}
	w.visit("", v, 0)
	if len(w.tensors) > maxTensors {
		return fmt.Errorf("more than %d tensors", maxTensors)
	}
	s.Tensors, s.rest = w.tensors, w.rest
	return w.err
}

// A walker finds the tensors in what a checkpoint makes.
type walker struct {
	open    opener
	tensors []Tensor
	rest    []string // what is no tensor
	err     error
	others  int // values that are no tensors
	steps   int
}

const maxRest = 1000 // values that are no tensors and are told

// maxSteps bounds how many values are visited: a pickle of a few hundred bytes
// can refer to the same values so often that nobody would see the end.
const maxSteps = 1 << 19

const maxNested = 32

func (w *walker) visit(name string, v any, depth int) {
	if w.steps++; w.steps > maxSteps {
		w.err = errors.New("more values than are visited")
	}
	if w.err != nil || depth > maxNested || len(w.tensors) > maxTensors {
		return
	}
	if t, ok, err := w.tensor(name, v); err != nil {
		w.err = fmt.Errorf("tensor %q: %w", name, err)
		return
	} else if ok {
		w.tensors = append(w.tensors, t)
		return
	}
	var d *dict
	switch x := v.(type) {
	case *dict:
		d = x
	case *object:
		if x.items != nil && resolve(x.fn, 4) == "collections.OrderedDict" {
			d = x.items
		}
	}
	if d == nil {
		if w.others++; w.others <= maxRest {
			w.rest = append(w.rest, quoted(name)+" = "+shown(v, 2))
		}
		return
	}
	for i, k := range d.keys {
		key, ok := k.(string)
		if !ok {
			key = shown(k, 1)
		}
		if name != "" {
			key = name + "." + key
		}
		w.visit(key, d.values[i], depth+1)
	}
}

// tensor reads a call of _rebuild_tensor_v2, or of _rebuild_parameter around
// one.
func (w *walker) tensor(name string, v any) (Tensor, bool, error) {
	o, ok := v.(*object)
	if !ok {
		return Tensor{}, false, nil
	}
	switch resolve(o.fn, 2) {
	case "torch._utils._rebuild_parameter":
		if len(o.args) == 0 {
			return Tensor{}, false, errors.New("a parameter without data")
		}
		return w.tensor(name, o.args[0])
	case "torch._utils._rebuild_tensor_v2", "torch._utils._rebuild_tensor":
	default:
		return Tensor{}, false, nil
	}
	if len(o.args) < 4 {
		return Tensor{}, false, errors.New("fewer arguments than a tensor has")
	}
	st, err := storageOf(o.args[0])
	if err != nil {
		return Tensor{}, false, err
	}
	off, ok1 := o.args[1].(int64)
	shape, ok2 := numbers(o.args[2])
	stride, ok3 := numbers(o.args[3])
	if !ok1 || !ok2 || !ok3 || len(shape) != len(stride) || off < 0 || len(shape) > maxNested {
		return Tensor{}, false, errors.New("its offset, shape or strides are not numbers")
	}
	t := Tensor{Name: name, DType: st.dtype, Shape: shape}
	if w.open != nil {
		t.read = func() ([]byte, error) { return gather(w.open, st, off, shape, stride) }
	}
	return t, true, nil
}

// A storage is what a persistent id names.
type storage struct {
	key, dtype string
	size       int64 // of an element
}

func storageOf(v any) (storage, error) {
	p, ok := v.(*persistent)
	if !ok {
		return storage{}, errors.New("its data are no storage")
	}
	id, _ := p.id.(tuple)
	if len(id) < 5 || id[0] != any("storage") {
		return storage{}, errors.New("its storage has an id of another form")
	}
	class, ok := id[1].(*global)
	key, ok2 := id[2].(string)
	if !ok || !ok2 || class.module != "torch" {
		return storage{}, errors.New("its storage has no type or key")
	}
	kind, ok := storages[class.name]
	if !ok {
		return storage{}, fmt.Errorf("its storage has the type %q, which is not read", class.name)
	}
	return storage{key, kind.dtype, kind.size}, nil
}

// storageSizes returns the size of an element of every storage that a value
// names.
func storageSizes(v any) map[string]int64 {
	out := make(map[string]int64)
	seen := make(map[any]bool)
	steps := 0
	var visit func(v any, depth int)
	visit = func(v any, depth int) {
		if steps++; depth > maxNested || steps > maxSteps {
			return
		}
		switch x := v.(type) {
		case *persistent:
			if st, err := storageOf(x); err == nil {
				out[st.key] = st.size
			}
		case tuple:
			for _, e := range x {
				visit(e, depth+1)
			}
		case *object:
			if seen[x] {
				return
			}
			seen[x] = true
			visit(tuple(x.args), depth+1)
			if x.items != nil {
				visit(x.items, depth+1)
			}
		case *dict:
			if seen[x] {
				return
			}
			seen[x] = true
			visit(tuple(x.values), depth+1)
		}
	}
	visit(v, 0)
	return out
}

func numbers(v any) ([]int64, bool) {
	t, ok := v.(tuple)
	if !ok {
		return nil, false
	}
	out := make([]int64, len(t))
	for i, e := range t {
		n, ok := e.(int64)
		if !ok || n < 0 {
			return nil, false
		}
		out[i] = n
	}
	return out, true
}

// maxTensor is the size limit in bytes of one tensor that is copied.
const maxTensor = 1 << 30

// gather copies the elements of a tensor out of its storage in row order.
func gather(open opener, st storage, off int64, shape, stride []int64) ([]byte, error) {
	r, size, err := open(st.key)
	if err != nil {
		return nil, err
	}
	n := (&Tensor{Shape: shape}).Elements()
	// A stride of zero repeats numbers without end; nobody saves weights so.
	if n > maxTensor/st.size || n*st.size > 4*size+1<<20 {
		return nil, fmt.Errorf("%d elements are more than are copied of %d bytes", n, size)
	}
	last, row := off, int64(1)
	plain := true
	for i, d := range slices.Backward(shape) {
		if d > 1 {
			if stride[i] > (1<<56)/d {
				return nil, errors.New("its strides lead out of its storage")
			}
			last += (d - 1) * stride[i]
			plain = plain && stride[i] == row
		}
		row *= d
	}
	if n > 0 && (last < 0 || last >= size/st.size) {
		return nil, errors.New("it lies outside its storage")
	}
	if size > maxTensor {
		return nil, errors.New("its storage is larger than what is copied")
	}
	out := make([]byte, n*st.size)
	if n == 0 {
		return out, nil
	}
	if plain {
		return out, readFull(r, out, off*st.size)
	}
	all := make([]byte, size)
	if err := readFull(r, all, 0); err != nil {
		return nil, err
	}
	index := make([]int64, len(shape))
	for i := range n {
		at := off
		for k, x := range index {
			at += x * stride[k]
		}
		copy(out[i*st.size:(i+1)*st.size], all[at*st.size:])
		for k := len(index) - 1; k >= 0; k-- {
			if index[k]++; index[k] < shape[k] {
				break
			}
			index[k] = 0
		}
	}
	return out, nil
}

func readFull(r io.ReaderAt, p []byte, off int64) error {
	if n, err := r.ReadAt(p, off); n < len(p) {
		return fmt.Errorf("read its storage: %w", err)
	}
	return nil
}
