package tflite

import (
	"context"
	"math/bits"
	"strconv"
	"strings"

	"quintain"
	"quintain/scan"
	"quintain/scan/internal/flatbuffer"
	"quintain/scan/internal/tfops"
)

// A model is a model under inspection.
type model struct {
	*flatbuffer.Reader
	ctx       context.Context //nolint:containedctx // it serves one call of Inspect
	codes     []string        // the operators by their numbers
	buffers   []*flatbuffer.Object
	subgraphs int
}

const custom = 32

const maxWord = 256

// supplied are operators that the libraries beside TensorFlow Lite supply.
var supplied = map[string]bool{
	"TFLite_Detection_PostProcess": true, "AudioSpectrogram": true, "Mfcc": true, "NumericVerify": true, "RFFT2D": true,
	"Convolution2DTransposeBias": true, "MaxPoolingWithArgmax2D": true, "MaxUnpooling2D": true, "TransformTensorBilinear": true,
	"TransformLandmarks": true, "Landmarks2TransformMatrix": true, "TFSentencepieceTokenizeOp": true, "aeq.hadamard_rotation": true,
	"TFText>WhitespaceTokenizeWithOffsetsV2": true, "TFText>FastWordpieceTokenizeWithOffsets": true, "TFText>FastBertNormalize": true,
	"RaggedTensorToTensor": true, "AtanOp": true, "SignOp": true, "Unsorted_Segment_Prod": true, "Multinomial": true, "RandomUniform": true,
	"RandomStandardNormal": true, "AvgPool3D": true, "MaxPool3D": true, "Roll": true, "Irfft2d": true, "Bucketize": true,
}

// compiled are operators that hold a program for a chip.
var compiled = map[string]bool{"edgetpu-custom-op": true, "ethos-u": true, "DISPATCH_OP": true, "QNN": true, "vsi-npu": true}

// judge inspects the model.
func (m *model) judge(root *flatbuffer.Object) error {
	m.buffers = root.Get("Buffers").Kids
	m.subgraphs = len(root.Get("Subgraphs").Kids)
	if v := root.Get("Version").Num; v != 3 {
		m.F.Doubtf(root.At, "version %d of the format is not known", v)
	}
	for _, c := range root.Get("OperatorCodes").Kids {
		if err := m.code(c); err != nil {
			return err
		}
	}
	for _, b := range m.buffers {
		if err := m.buffer(b); err != nil {
			return err
		}
	}
	for _, x := range root.Get("Metadata").Kids {
		if n := x.Get("Buffer").Num; n >= uint64(len(m.buffers)) {
			m.F.Reportf(quintain.High, x.At, "metadata are in buffer %d of %d", n, len(m.buffers))
		}
	}
	for _, s := range root.Get("SignatureDefs").Kids {
		if n := s.Get("SubgraphIndex").Num; n >= uint64(m.subgraphs) {
			m.F.Reportf(quintain.High, s.At, "a signature is for subgraph %d of %d", n, m.subgraphs)
		}
	}
	operators, tensors := 0, 0
	for _, s := range root.Get("Subgraphs").Kids {
		if err := m.ctx.Err(); err != nil {
			return err
		}
		operators += len(s.Get("Operators").Kids)
		tensors += len(s.Get("Tensors").Kids)
		if err := m.subgraph(s); err != nil {
			return err
		}
	}
	if operators == 0 {
		m.F.Doubtf(-1, "a model without operators")
	}
	m.F.Fact("operators", strconv.Itoa(operators))
	m.F.Fact("tensors", strconv.Itoa(tensors))
	return nil
}

// word returns a string, cut to maxWord.
func (m *model) word(v flatbuffer.Val) (string, error) {
	b := make([]byte, min(v.N, maxWord))
	if n, err := m.F.ReadAt(b, v.Off); n < len(b) {
		return "", scan.Errorf(v.Off, "read: %w", err)
	}
	return string(b), nil
}

// code judges an operator that the model uses.
func (m *model) code(c *flatbuffer.Object) error {
	n := max(c.Get("BuiltinCode").Num, c.Get("DeprecatedBuiltinCode").Num)
	name := schema().Lists["operators"][n]
	if n == custom {
		s, err := m.word(c.Get("CustomCode"))
		if err != nil {
			return err
		}
		name = s
		flex, isFlex := strings.CutPrefix(s, "Flex")
		switch what := tfops.ClassOf(flex).Does(); {
		case isFlex && what != "":
			m.F.Reportf(quintain.High, c.At, "operator %q of TensorFlow, which %s", flex, what)
		case isFlex && tfops.ClassOf(flex) != "", supplied[s]:
		case compiled[s]:
			m.F.Doubtf(c.At, "operator %q runs a compiled program, which is not analyzed", s)
		default:
			m.F.Reportf(quintain.Medium, c.At, "uses operator %q, which a library of its own supplies", s)
		}
	} else if name == "" {
		m.F.Doubtf(c.At, "operator %d is not known", n)
	}
	m.codes = append(m.codes, name)
	return nil
}

// buffer accounts for a buffer whose data lie behind the structure.
func (m *model) buffer(b *flatbuffer.Object) error {
	off, n := b.Get("Offset").Num, b.Get("Size").Num
	if off <= 1 {
		return nil
	}
	if off > uint64(m.Size) || n > uint64(m.Size)-off {
		m.F.Reportf(quintain.High, b.At, "a buffer of %d bytes at %d reaches out of the file", n, off)
		return flatbuffer.ErrStop
	}
	return m.Mark(int64(off), int64(n))
}

// held returns how many bytes a buffer has.
func held(b *flatbuffer.Object) uint64 {
	if b.Get("Offset").Num > 1 {
		return b.Get("Size").Num
	}
	return uint64(b.Get("Data").N)
}

// subgraph inspects a graph.
func (m *model) subgraph(s *flatbuffer.Object) error {
	tensors := s.Get("Tensors").Kids
	for _, t := range tensors {
		if err := m.tensor(t); err != nil {
			return err
		}
	}
	if err := m.indexes(s, len(tensors), "Inputs", "Outputs"); err != nil {
		return err
	}
	for _, o := range s.Get("Operators").Kids {
		if err := m.operator(o, len(tensors)); err != nil {
			return err
		}
	}
	return nil
}

// indexes checks that numbers of tensors are those of tensors, or -1.
func (m *model) indexes(o *flatbuffer.Object, tensors int, fields ...string) error {
	for _, name := range fields {
		v := o.Get(name)
		for at := v.Off; at < v.Off+v.N; at += 4 {
			n, err := m.Num(at, 4)
			if err != nil {
				return err
			}
			if i := flatbuffer.Signed(n); i < -1 || i >= int64(tensors) {
				m.F.Reportf(quintain.High, at, "%s name tensor %d of %d", strings.ToLower(name), i, tensors)
				break
			}
		}
	}
	return nil
}

// operator inspects one step of a graph.
func (m *model) operator(o *flatbuffer.Object, tensors int) error {
	code := o.Get("OpcodeIndex").Num
	if code >= uint64(len(m.codes)) {
		m.F.Reportf(quintain.High, o.At, "a step uses operator %d of %d", code, len(m.codes))
		return nil
	}
	if err := m.indexes(o, tensors, "Inputs", "Outputs", "Intermediates"); err != nil {
		return err
	}
	for _, options := range append(o.Get("BuiltinOptions").Kids, o.Get("BuiltinOptions2").Kids...) {
		for _, v := range options.Vals {
			if graph := v.Name == "Subgraph" || strings.HasSuffix(v.Name, "SubgraphIndex"); graph && flatbuffer.Signed(v.Num) != -1 && v.Num >= uint64(m.subgraphs) {
				m.F.Reportf(quintain.High, options.At, "a step calls subgraph %d of %d", v.Num, m.subgraphs)
			}
		}
	}
	v := o.Get("CustomOptions")
	if off, n := o.Get("LargeCustomOptionsOffset").Num, o.Get("LargeCustomOptionsSize").Num; off > 1 {
		if off > uint64(m.Size) || n > uint64(m.Size)-off {
			m.F.Reportf(quintain.High, o.At, "options of %d bytes at %d reach out of the file", n, off)
			return flatbuffer.ErrStop
		}
		v.Span = flatbuffer.Span{Off: int64(off), N: int64(n)}
		if err := m.Mark(v.Off, v.N); err != nil {
			return err
		}
	}
	if !strings.HasPrefix(m.codes[code], "Flex") || v.N == 0 {
		return nil
	}
	return m.flex(o, v, strings.TrimPrefix(m.codes[code], "Flex"))
}

const maxOptions = 1 << 20

// flex looks into the options of an operator of TensorFlow: they decide what
// runs, whatever its name is.
func (m *model) flex(o *flatbuffer.Object, v flatbuffer.Val, named string) error {
	if v.N > maxOptions {
		return scan.Errorf(v.Off, "options of %d bytes", v.N)
	}
	b := make([]byte, v.N)
	if n, err := m.F.ReadAt(b, v.Off); n < len(b) {
		return scan.Errorf(v.Off, "read: %w", err)
	}
	if op := tfops.Reach(b); op != "" && op != named {
		m.F.Reportf(quintain.High, o.At, "operator %q of TensorFlow is in truth %q, which %s", named, op, tfops.ClassOf(op).Does())
	}
	return nil
}

// bitsOf are the sizes of the element types in bits.
var bitsOf = map[uint64]uint64{
	0: 32, 1: 16, 2: 32, 3: 8, 4: 64, 6: 8, 7: 16, 8: 64, 9: 8, 10: 64, 11: 128, 12: 64, 15: 32, 16: 16, 17: 4, 18: 16, 19: 2,
}

// tensor compares the shape of a tensor with its data.
func (m *model) tensor(t *flatbuffer.Object) error {
	elements, bad := uint64(1), false
	shape := t.Get("Shape")
	for at := shape.Off; at < shape.Off+shape.N; at += 4 {
		n, err := m.Num(at, 4)
		if err != nil {
			return err
		}
		d := flatbuffer.Signed(n)
		hi, lo := bits.Mul64(elements, uint64(max(d, 0)))
		bad = bad || d < 0 || hi != 0 || lo > 1<<56
		elements = lo
	}
	if bad {
		m.F.Reportf(quintain.High, t.At, "the shape of a tensor is negative or overflows")
		return nil
	}
	n := t.Get("Buffer").Num
	if n >= uint64(len(m.buffers)) {
		m.F.Reportf(quintain.High, t.At, "a tensor is in buffer %d of %d", n, len(m.buffers))
		return nil
	}
	width, known := bitsOf[t.Get("Type").Num]
	have := held(m.buffers[n])
	if have == 0 || !known || len(t.Get("Sparsity").Kids) > 0 {
		return nil
	}
	if want := (elements*width + 7) / 8; want != have {
		m.F.Reportf(quintain.High, t.At, "a tensor has %d bytes where its shape calls for %d", have, want)
	}
	return nil
}
