package sevenzip

import (
	"errors"
	"fmt"
	"strings"
	"unicode/utf16"

	"quintain/scan"
)

// What a header may ask for.
const (
	maxMembers = 1 << 16
	maxPairs   = 1 << 26 // of members and folders, which the decoder compares
	maxCoders  = 4       // in a row
	maxProps   = 64
)

// The kinds of parts of a header.
const (
	idEnd           = 0x00
	idHeader        = 0x01
	idStreams       = 0x04
	idFiles         = 0x05
	idPack          = 0x06
	idUnpack        = 0x07
	idSubStreams    = 0x08
	idSize          = 0x09
	idCRC           = 0x0a
	idFolder        = 0x0b
	idUnpackSize    = 0x0c
	idNumStreams    = 0x0d
	idEmptyStream   = 0x0e
	idEmptyFile     = 0x0f
	idAnti          = 0x10
	idNames         = 0x11
	idCreated       = 0x12
	idAccessed      = 0x13
	idModified      = 0x14
	idAttributes    = 0x15
	idEncodedHeader = 0x17
	idDummy         = 0x19
)

// A coder is one step of unpacking.
type coder struct {
	id    string
	props []byte
	size  int64 // of what it makes
}

// A folder is one packed stream, the coders that unpack it one after the
// other, and the members it becomes.
type folder struct {
	coders []coder
	first  int // the coder that reads what is packed
	last   int // the coder whose output nobody reads on
	sum    sum
	sizes  []int64 // of the members
	sums   []sum
}

func (f *folder) size() int64 { return f.coders[f.last].size }

// Streams say where packed data is and what it becomes.
type streams struct {
	at      int64 // of the first packed stream, from the end of the signature
	packed  []int64
	folders []folder
}

// A member is an entry of the archive.
type member struct {
	name   string
	attrs  uint32
	empty  bool // it has no data
	folder bool
	anti   bool
	in     int // its folder of data
	size   int64
	sum    sum
}

// readStreams reads where data is.
func (c *cursor) readStreams() streams {
	var s streams
	id := c.byte()
	if id == idPack {
		s.at = c.size()
		s.packed = make([]int64, c.count(maxMembers, "packed streams"))
		for id = c.byte(); id != idEnd && c.err == nil; id = c.byte() {
			switch id {
			case idSize:
				for i := range s.packed {
					s.packed[i] = c.size()
				}
			case idCRC:
				c.sums(len(s.packed))
			default:
				c.fail(fmt.Errorf("part 0x%02x among packed streams is not known", id))
			}
		}
		id = c.byte()
	}
	if id == idUnpack {
		s.folders = c.readFolders()
		id = c.byte()
	}
	for i := range s.folders {
		f := &s.folders[i]
		f.sizes, f.sums = []int64{f.size()}, []sum{f.sum}
	}
	if id == idSubStreams {
		c.readSubStreams(s.folders)
		id = c.byte()
	}
	if id != idEnd {
		c.fail(fmt.Errorf("part 0x%02x among streams is not known", id))
	}
	if len(s.packed) != len(s.folders) {
		c.fail(fmt.Errorf("%d packed streams for %d folders", len(s.packed), len(s.folders)))
	}
	return s
}

// readFolders reads how data is packed.
func (c *cursor) readFolders() []folder {
	c.expect(idFolder, "folders")
	out := make([]folder, c.count(maxMembers, "folders"))
	c.expect(0, "folders elsewhere")
	for i := range out {
		if out[i] = c.readFolder(); c.err != nil {
			return nil
		}
	}
	c.expect(idUnpackSize, "sizes of folders")
	for i := range out {
		for k := range out[i].coders {
			out[i].coders[k].size = c.size()
		}
	}
	id := c.byte()
	if id == idCRC {
		for i, s := range c.sums(len(out)) {
			out[i].sum = s
		}
		id = c.byte()
	}
	if id != idEnd {
		c.fail(fmt.Errorf("part 0x%02x among folders is not known", id))
	}
	if c.err != nil {
		return nil
	}
	return out
}

var errGraph = errors.New("coders that are not in a row")

// readFolder reads the coders of one folder. Each reads what one other has
// made: those with several inputs are not read.
func (c *cursor) readFolder() folder {
	var f folder
	n := c.count(maxCoders, "coders of one folder")
	for range n {
		flags := c.byte()
		x := coder{id: string(c.bytes(int(flags & 0xf)))}
		if flags&0x10 != 0 {
			if in, out := c.number(), c.number(); in != 1 || out != 1 {
				c.fail(fmt.Errorf("%w: %s has %d inputs and %d outputs", errGraph, methodName(x.id), in, out))
			}
		}
		if flags&0x20 != 0 {
			x.props = c.bytes(c.count(maxProps, "bytes of properties"))
		}
		if flags&0xc0 != 0 {
			c.fail(fmt.Errorf("flags 0x%02x of a coder are not known", flags))
		}
		f.coders = append(f.coders, x)
	}
	if n == 0 {
		c.fail(errors.New("a folder without coders"))
		return f
	}
	f.first, f.last = c.readBonds(n)
	return f
}

// readBonds reads who reads what whom made, and returns both ends of the row
// that all must be in.
func (c *cursor) readBonds(n int) (first, last int) {
	next := make([]int, n) // who reads what a coder makes
	for i := range next {
		next[i] = -1
	}
	read := make([]bool, n)
	for range n - 1 {
		in, out := c.count(n-1, "inputs"), c.count(n-1, "outputs")
		if c.err != nil {
			return 0, 0
		}
		if next[out] >= 0 || read[in] {
			c.fail(errGraph)
			return 0, 0
		}
		next[out], read[in] = in, true
	}
	for i := range read {
		if !read[i] {
			first = i
		}
	}
	last = first
	steps := 0
	for ; next[last] >= 0 && steps < n; steps++ {
		last = next[last]
	}
	if steps != n-1 {
		c.fail(errGraph)
	}
	return first, last
}

// readSubStreams reads how the content of each folder is cut into members.
func (c *cursor) readSubStreams(folders []folder) {
	id := c.byte()
	if id == idNumStreams {
		total := 0
		for i := range folders {
			n := c.count(maxMembers-total, "members")
			total += n
			folders[i].sizes, folders[i].sums = make([]int64, n), make([]sum, n)
		}
		id = c.byte()
	}
	for i := range folders {
		f := &folders[i]
		rest := f.size()
		for k := range f.sizes {
			if k == len(f.sizes)-1 {
				f.sizes[k] = rest
				break
			}
			if id == idSize {
				f.sizes[k] = c.size()
			}
			if rest -= f.sizes[k]; rest < 0 {
				c.fail(errors.New("members that are longer than their folder"))
				return
			}
		}
		if len(f.sizes) == 1 {
			f.sums[0] = f.sum
		}
	}
	if id == idSize {
		id = c.byte()
	}
	if id == idCRC {
		c.readSums(folders)
		id = c.byte()
	}
	if id != idEnd {
		c.fail(fmt.Errorf("part 0x%02x among members of folders is not known", id))
	}
}

// readSums reads the checksums of the members that have none yet.
func (c *cursor) readSums(folders []folder) {
	var to []*sum
	for i := range folders {
		for k := range folders[i].sums {
			if s := &folders[i].sums[k]; !s.known {
				to = append(to, s)
			}
		}
	}
	for i, s := range c.sums(len(to)) {
		*to[i] = s
	}
}

// readHeader reads a header behind its first byte.
func (c *cursor) readHeader() (streams, []member) {
	var s streams
	id := c.byte()
	if id == idStreams {
		s = c.readStreams()
		id = c.byte()
	}
	var members []member
	if id == idFiles {
		members = c.readMembers()
		id = c.byte()
	}
	if id != idEnd {
		c.fail(fmt.Errorf("part 0x%02x of the header is not known", id))
	}
	if c.err == nil && c.off != len(c.b) {
		c.fail(fmt.Errorf("%d bytes follow the end of the header", len(c.b)-c.off))
	}
	if c.err == nil {
		c.assign(members, s.folders)
	}
	return s, members
}

// readMembers reads what is known of the members.
func (c *cursor) readMembers() []member {
	out := make([]member, c.count(maxMembers, "members"))
	var empty []int
	var seen [256]bool
	for id := c.byte(); id != idEnd && c.err == nil; id = c.byte() {
		if seen[id] && id != idDummy {
			c.fail(fmt.Errorf("property 0x%02x of members is there twice", id))
		}
		seen[id] = true
		p := &cursor{b: c.bytes(c.count(len(c.b), "bytes of a property"))}
		switch id {
		case idEmptyStream:
			for i, is := range p.bools(len(out)) {
				if out[i].empty = is; is {
					empty = append(empty, i)
					out[i].folder = true // unless it is an empty file
				}
			}
		case idEmptyFile:
			for i, is := range p.bools(len(empty)) {
				out[empty[i]].folder = !is
			}
		case idAnti:
			for i, is := range p.bools(len(empty)) {
				out[empty[i]].anti = is
			}
		case idNames:
			p.readNames(out)
		case idAttributes:
			known := p.optional(len(out))
			p.expect(0, "attributes elsewhere")
			for i := range out {
				if known[i] {
					out[i].attrs = p.uint32()
				}
			}
		case idCreated, idAccessed, idModified:
			p.off = len(p.b)
		case idDummy:
			if strings.Trim(string(p.b), "\x00") != "" {
				p.fail(errors.New("filler of the header holds data"))
			}
			p.off = len(p.b)
		default:
			p.fail(fmt.Errorf("property 0x%02x of members is not known", id))
		}
		if p.err == nil && p.off != len(p.b) {
			p.fail(fmt.Errorf("property 0x%02x of members is longer than it has to say", id))
		}
		if p.err != nil {
			c.fail(p.err)
		}
	}
	return out
}

// readNames reads the names of all members, in UTF-16 with a zero behind each.
func (c *cursor) readNames(to []member) {
	c.expect(0, "names elsewhere")
	for i := range to {
		var name []uint16
		for {
			b := c.bytes(2)
			if b == nil {
				return
			}
			u := uint16(b[0]) | uint16(b[1])<<8
			if u == 0 {
				break
			}
			name = append(name, u)
		}
		to[i].name = string(utf16.Decode(name))
	}
}

// assign gives the parts of the folders to the members that have data.
func (c *cursor) assign(members []member, folders []folder) {
	in, k := 0, 0
	for i := range members {
		m := &members[i]
		if m.empty {
			continue
		}
		for in < len(folders) && k == len(folders[in].sizes) {
			in, k = in+1, 0
		}
		if in == len(folders) {
			c.fail(errors.New("a member has data and no folder has any left"))
			return
		}
		m.in, m.size, m.sum = in, folders[in].sizes[k], folders[in].sums[k]
		k++
	}
	for in < len(folders) && k == len(folders[in].sizes) {
		in, k = in+1, 0
	}
	if in < len(folders) {
		c.fail(errors.New("a folder has data that no member has"))
	}
	if int64(len(members))*int64(len(folders)) > maxPairs {
		c.fail(fmt.Errorf("%w: %d members in %d folders", scan.ErrBudget, len(members), len(folders)))
	}
}
