package tflite

import (
	"context"
	"math/bits"
	"strconv"
	"strings"

	"quintain"
	"quintain/scan"
	"quintain/scan/internal/tfops"
)

// A model is a model under inspection.
type model struct {
	*flat
	ctx       context.Context //nolint:containedctx // it serves one call of Inspect
	codes     []string        // the operators by their numbers
	buffers   []*object
	subgraphs int
}

const custom = 32

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
func (m *model) judge(root *object) error {
	m.buffers = root.get("Buffers").kids
	m.subgraphs = len(root.get("Subgraphs").kids)
	if v := root.get("Version").num; v != 3 {
		m.f.Doubtf(root.at, "version %d of the format is not known", v)
	}
	for _, c := range root.get("OperatorCodes").kids {
		if err := m.code(c); err != nil {
			return err
		}
	}
	for _, b := range m.buffers {
		if err := m.buffer(b); err != nil {
			return err
		}
	}
	for _, x := range root.get("Metadata").kids {
		if n := x.get("Buffer").num; n >= uint64(len(m.buffers)) {
			m.f.Reportf(quintain.High, x.at, "metadata are in buffer %d of %d", n, len(m.buffers))
		}
	}
	for _, s := range root.get("SignatureDefs").kids {
		if n := s.get("SubgraphIndex").num; n >= uint64(m.subgraphs) {
			m.f.Reportf(quintain.High, s.at, "a signature is for subgraph %d of %d", n, m.subgraphs)
		}
	}
	operators, tensors := 0, 0
	for _, s := range root.get("Subgraphs").kids {
		if err := m.ctx.Err(); err != nil {
			return err
		}
		operators += len(s.get("Operators").kids)
		tensors += len(s.get("Tensors").kids)
		if err := m.subgraph(s); err != nil {
			return err
		}
	}
	if operators == 0 {
		m.f.Doubtf(-1, "a model without operators")
	}
	m.f.Fact("operators", strconv.Itoa(operators))
	m.f.Fact("tensors", strconv.Itoa(tensors))
	return nil
}

// word returns a string, cut to maxWord.
func (m *model) word(v val) (string, error) {
	b := make([]byte, min(v.n, maxWord))
	if n, err := m.f.ReadAt(b, v.off); n < len(b) {
		return "", scan.Errorf(v.off, "read: %w", err)
	}
	return string(b), nil
}

// code judges an operator that the model uses.
func (m *model) code(c *object) error {
	n := max(c.get("BuiltinCode").num, c.get("DeprecatedBuiltinCode").num)
	name := schema().operators[n]
	if n == custom {
		s, err := m.word(c.get("CustomCode"))
		if err != nil {
			return err
		}
		name = s
		flex, isFlex := strings.CutPrefix(s, "Flex")
		switch what := tfops.ClassOf(flex).Does(); {
		case isFlex && what != "":
			m.f.Reportf(quintain.High, c.at, "operator %q of TensorFlow, which %s", flex, what)
		case isFlex && tfops.ClassOf(flex) != "", supplied[s]:
		case compiled[s]:
			m.f.Doubtf(c.at, "operator %q runs a compiled program, which is not analyzed", s)
		default:
			m.f.Reportf(quintain.Medium, c.at, "uses operator %q, which a library of its own supplies", s)
		}
	} else if name == "" {
		m.f.Doubtf(c.at, "operator %d is not known", n)
	}
	m.codes = append(m.codes, name)
	return nil
}

// buffer accounts for a buffer whose data lie behind the structure.
func (m *model) buffer(b *object) error {
	off, n := b.get("Offset").num, b.get("Size").num
	if off <= 1 {
		return nil
	}
	if off > uint64(m.size) || n > uint64(m.size)-off {
		m.f.Reportf(quintain.High, b.at, "a buffer of %d bytes at %d reaches out of the file", n, off)
		return errStop
	}
	return m.mark(int64(off), int64(n))
}

// held returns how many bytes a buffer has.
func held(b *object) uint64 {
	if b.get("Offset").num > 1 {
		return b.get("Size").num
	}
	return uint64(b.get("Data").n)
}

// subgraph inspects a graph.
func (m *model) subgraph(s *object) error {
	tensors := s.get("Tensors").kids
	for _, t := range tensors {
		if err := m.tensor(t); err != nil {
			return err
		}
	}
	if err := m.indexes(s, len(tensors), "Inputs", "Outputs"); err != nil {
		return err
	}
	for _, o := range s.get("Operators").kids {
		if err := m.operator(o, len(tensors)); err != nil {
			return err
		}
	}
	return nil
}

// indexes checks that numbers of tensors are those of tensors, or -1.
func (m *model) indexes(o *object, tensors int, fields ...string) error {
	for _, name := range fields {
		v := o.get(name)
		for at := v.off; at < v.off+v.n; at += 4 {
			n, err := m.num(at, 4)
			if err != nil {
				return err
			}
			if i := signed(n); i < -1 || i >= int64(tensors) {
				m.f.Reportf(quintain.High, at, "%s name tensor %d of %d", strings.ToLower(name), i, tensors)
				break
			}
		}
	}
	return nil
}

// operator inspects one step of a graph.
func (m *model) operator(o *object, tensors int) error {
	code := o.get("OpcodeIndex").num
	if code >= uint64(len(m.codes)) {
		m.f.Reportf(quintain.High, o.at, "a step uses operator %d of %d", code, len(m.codes))
		return nil
	}
	if err := m.indexes(o, tensors, "Inputs", "Outputs", "Intermediates"); err != nil {
		return err
	}
	for _, options := range append(o.get("BuiltinOptions").kids, o.get("BuiltinOptions2").kids...) {
		for _, v := range options.vals {
			if graph := v.name == "Subgraph" || strings.HasSuffix(v.name, "SubgraphIndex"); graph && signed(v.num) != -1 && v.num >= uint64(m.subgraphs) {
				m.f.Reportf(quintain.High, options.at, "a step calls subgraph %d of %d", v.num, m.subgraphs)
			}
		}
	}
	v := o.get("CustomOptions")
	if off, n := o.get("LargeCustomOptionsOffset").num, o.get("LargeCustomOptionsSize").num; off > 1 {
		if off > uint64(m.size) || n > uint64(m.size)-off {
			m.f.Reportf(quintain.High, o.at, "options of %d bytes at %d reach out of the file", n, off)
			return errStop
		}
		v.span = span{int64(off), int64(n)}
		if err := m.mark(v.off, v.n); err != nil {
			return err
		}
	}
	if !strings.HasPrefix(m.codes[code], "Flex") || v.n == 0 {
		return nil
	}
	return m.flex(o, v, strings.TrimPrefix(m.codes[code], "Flex"))
}

const maxOptions = 1 << 20

// flex looks into the options of an operator of TensorFlow: they decide what
// runs, whatever its name is.
func (m *model) flex(o *object, v val, named string) error {
	if v.n > maxOptions {
		return scan.Errorf(v.off, "options of %d bytes", v.n)
	}
	b := make([]byte, v.n)
	if n, err := m.f.ReadAt(b, v.off); n < len(b) {
		return scan.Errorf(v.off, "read: %w", err)
	}
	if op := tfops.Reach(b); op != "" && op != named {
		m.f.Reportf(quintain.High, o.at, "operator %q of TensorFlow is in truth %q, which %s", named, op, tfops.ClassOf(op).Does())
	}
	return nil
}

// bitsOf are the sizes of the element types in bits.
var bitsOf = map[uint64]uint64{
	0: 32, 1: 16, 2: 32, 3: 8, 4: 64, 6: 8, 7: 16, 8: 64, 9: 8, 10: 64, 11: 128, 12: 64, 15: 32, 16: 16, 17: 4, 18: 16, 19: 2,
}

// tensor compares the shape of a tensor with its data.
func (m *model) tensor(t *object) error {
	elements, bad := uint64(1), false
	shape := t.get("Shape")
	for at := shape.off; at < shape.off+shape.n; at += 4 {
		n, err := m.num(at, 4)
		if err != nil {
			return err
		}
		d := signed(n)
		hi, lo := bits.Mul64(elements, uint64(max(d, 0)))
		bad = bad || d < 0 || hi != 0 || lo > 1<<56
		elements = lo
	}
	if bad {
		m.f.Reportf(quintain.High, t.at, "the shape of a tensor is negative or overflows")
		return nil
	}
	n := t.get("Buffer").num
	if n >= uint64(len(m.buffers)) {
		m.f.Reportf(quintain.High, t.at, "a tensor is in buffer %d of %d", n, len(m.buffers))
		return nil
	}
	width, known := bitsOf[t.get("Type").num]
	have := held(m.buffers[n])
	if have == 0 || !known || len(t.get("Sparsity").kids) > 0 {
		return nil
	}
	if want := (elements*width + 7) / 8; want != have {
		m.f.Reportf(quintain.High, t.at, "a tensor has %d bytes where its shape calls for %d", have, want)
	}
	return nil
}
