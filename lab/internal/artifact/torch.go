package artifact

import (
	"archive/zip"
	"bytes"
	"encoding/binary"
	"slices"
	"strconv"
)

func key(i int) string { return strconv.Itoa(i) }

// A Member is a file in an archive.
type Member struct {
	Name string
	Data []byte
}

// Zip writes an archive without compression and without times, so that the
// same members are the same bytes.
func Zip(members ...Member) []byte {
	var out bytes.Buffer
	w := zip.NewWriter(&out)
	for _, m := range members {
		f, err := w.CreateHeader(&zip.FileHeader{Name: m.Name, Method: zip.Store})
		if err != nil {
			panic(err) // a buffer takes everything
		}
		if _, err := f.Write(m.Data); err != nil {
			panic(err)
		}
	}
	if err := w.Close(); err != nil {
		panic(err)
	}
	return out.Bytes()
}

// Checkpoint writes an archive as torch.save does since version 1.6: the
// pickle, the storages of the tensors, the version, and more.
func Checkpoint(pickle []byte, tensors []Tensor, more ...Member) []byte {
	members := []Member{{"archive/data.pkl", pickle}}
	for i := range tensors {
		members = append(members, Member{"archive/data/" + key(i), tensors[i].Bytes()})
	}
	members = append(members, Member{"archive/version", []byte("3\n")})
	return Zip(append(members, more...)...)
}

// Legacy writes a checkpoint as torch.save did before version 1.6: five pickles
// and then the storages. The object is what [Program.Training] makes of facts.
func Legacy(tensors []Tensor, facts ...Fact) []byte {
	magic := []byte{0x6c, 0xfc, 0x9c, 0x46, 0xf9, 0x20, 0x6a, 0xa8, 0x50, 0x19}
	out := NewProgram(2).Op(0x8a, byte(len(magic))).Op(magic...).End()
	out = append(out, NewProgram(2).Num(1001).End()...)
	machine := NewProgram(2).Op('}', '(').Text("protocol_version").Num(1001).Text("little_endian").Op(0x88)
	machine.Text("type_sizes").Op('}', '(').Text("short").Num(2).Text("int").Num(4).Text("long").Num(4).Op('u', 'u')
	out = append(out, machine.End()...)
	p := NewProgram(2)
	p.legacy = true
	out = append(out, p.Training(tensors, facts...).End()...)
	keys := NewProgram(2).Op(']', '(')
	names := make([]string, len(tensors))
	for i := range tensors {
		names[i] = key(i)
		keys.Text(names[i])
	}
	out = append(out, keys.Op('e').End()...)
	index := make([]int, len(tensors))
	for i := range index {
		index[i] = i
	}
	slices.SortFunc(index, func(a, b int) int { return bytes.Compare([]byte(names[a]), []byte(names[b])) })
	for _, i := range index {
		out = binary.LittleEndian.AppendUint64(out, uint64(len(tensors[i].Data)))
		out = append(out, tensors[i].Bytes()...)
	}
	return out
}
