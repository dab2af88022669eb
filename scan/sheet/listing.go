package sheet

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"iter"
	"math"
	"strconv"
	"strings"
)

// An Instruction is one opcode of a pickle with its argument.
type Instruction struct {
	Offset int64
	Name   string
	Arg    string // as text, quoted where it is one; "" if there is none

	code byte
	n    int64  // a number
	raw  []byte // bytes or text
	next int64
}

// Instructions yields the opcodes of a pickle from off on, up to its STOP. An
// error ends it: what follows is no pickle.
func Instructions(b []byte, off int64) iter.Seq2[Instruction, error] {
	return func(yield func(Instruction, error) bool) {
		for at := off; ; {
			in, err := decode(b, at)
			if !yield(in, err) || err != nil || in.code == '.' {
				return
			}
			at = in.next
		}
	}
}

var errEnd = errors.New("the pickle ends before its STOP")

// decode reads the instruction at an offset.
func decode(b []byte, at int64) (Instruction, error) {
	in := Instruction{Offset: at}
	if at < 0 || at >= int64(len(b)) {
		return in, errEnd
	}
	op, ok := opcodes[b[at]]
	if !ok {
		return in, fmt.Errorf("byte 0x%02x at 0x%x is no opcode", b[at], at)
	}
	in.code, in.Name = b[at], op.name
	rest := b[at+1:]
	used, err := in.argument(op.arg, rest)
	if err != nil {
		return in, fmt.Errorf("%s at 0x%x: %w", op.name, at, err)
	}
	in.next = at + 1 + used
	return in, nil
}

// argument reads the argument and returns its length.
func (in *Instruction) argument(kind argKind, rest []byte) (int64, error) {
	switch kind {
	case argNone:
		return 0, nil
	case argLine, argLines:
		return in.lines(kind, rest)
	case argLen1, argLen4, argLen8:
		return in.counted(kind, rest)
	default:
	}
	size := map[argKind]int{argU1: 1, argU2: 2, argI4: 4, argU4: 4, argU8: 8, argF8: 8}[kind]
	if len(rest) < size {
		return 0, errEnd
	}
	le := binary.LittleEndian
	switch kind {
	case argU1:
		in.n = int64(rest[0])
	case argU2:
		in.n = int64(le.Uint16(rest))
	case argI4:
		in.n = int64(int32(le.Uint32(rest)))
	case argU4:
		in.n = int64(le.Uint32(rest))
	case argF8:
		in.raw = rest[:8]
		in.Arg = strconv.FormatFloat(math.Float64frombits(binary.BigEndian.Uint64(rest)), 'g', -1, 64)
		return 8, nil
	default:
		in.n = int64(min(le.Uint64(rest), math.MaxInt64))
	}
	in.Arg = strconv.FormatInt(in.n, 10)
	return int64(size), nil
}

func (in *Instruction) lines(kind argKind, rest []byte) (int64, error) {
	n := bytes.IndexByte(rest, '\n')
	if n < 0 {
		return 0, errEnd
	}
	in.raw = rest[:n]
	used := n + 1
	if kind == argLines {
		m := bytes.IndexByte(rest[used:], '\n')
		if m < 0 {
			return 0, errEnd
		}
		in.raw = rest[:used+m]
		used += m + 1
	}
	in.Arg = quoted(strings.ReplaceAll(string(in.raw), "\n", " "))
	return int64(used), nil
}

func (in *Instruction) counted(kind argKind, rest []byte) (int64, error) {
	width := map[argKind]int{argLen1: 1, argLen4: 4, argLen8: 8}[kind]
	if len(rest) < width {
		return 0, errEnd
	}
	var n uint64
	for i, c := range rest[:width] {
		n |= uint64(c) << (8 * i)
	}
	if n > uint64(len(rest)-width) {
		return 0, errEnd
	}
	in.raw = rest[width : width+int(n)] // at most len(rest)
	if in.code == 0x8a || in.code == 0x8b {
		in.Arg = fmt.Sprintf("0x%x", in.raw)
		if v, ok := littleEndian(in.raw); ok {
			in.Arg = strconv.FormatInt(v, 10)
		}
	} else {
		in.Arg = quoted(string(in.raw))
	}
	return int64(width) + int64(len(in.raw)), nil
}

// littleEndian returns a number of at most eight bytes.
func littleEndian(b []byte) (int64, bool) {
	if len(b) > 8 {
		return 0, false
	}
	var v uint64
	for i, c := range b {
		v |= uint64(c) << (8 * i)
	}
	if n := len(b); n > 0 && n < 8 && b[n-1]&0x80 != 0 {
		v |= ^uint64(0) << (8 * n)
	}
	return int64(v), true // two's complement
}

// maxShown is how much of an argument a listing shows.
const maxShown = 400

// quoted writes bytes so that they are one line of plain characters.
func quoted(s string) string {
	if len(s) > maxShown {
		return strconv.QuoteToASCII(s[:maxShown]) + "…"
	}
	return strconv.QuoteToASCII(s)
}
