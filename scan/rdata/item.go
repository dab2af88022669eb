package rdata

import (
	"strings"

	"quintain"
	"quintain/scan"
)

// The types of objects in a stream.
const (
	typeSymbol     = 1
	typeList       = 2 // of pairs
	typeClosure    = 3
	typeEnv        = 4
	typePromise    = 5
	typeCall       = 6
	typeSpecial    = 7
	typeBuiltin    = 8
	typeText       = 9
	typeLogical    = 10
	typeInteger    = 13
	typeReal       = 14
	typeComplex    = 15
	typeTexts      = 16
	typeDots       = 17
	typeVector     = 19
	typeExpression = 20
	typeBytecode   = 21
	typePointer    = 22
	typeWeak       = 23
	typeRaw        = 24
	typeS4         = 25
	typeAltrep     = 238
	typeAttrList   = 239
	typeAttrCall   = 240
	typeBaseEnv    = 241
	typeEmptyEnv   = 242
	typeCodeRef    = 243
	typeCodeDef    = 244
	typePersistent = 247
	typePackage    = 248
	typeNamespace  = 249
	typeBaseSpace  = 250
	typeMissing    = 251
	typeUnbound    = 252
	typeGlobalEnv  = 253
	typeNil        = 254
	typeRef        = 255
)

// The bits of the flags of an object.
const (
	flagAttr   = 1 << 9
	flagTag    = 1 << 10
	flagLevels = 12
	flagActive = 1 << 15 // among the levels: reading the variable calls a function
)

// item reads one object.
func (x *reader) item(depth int) error {
	flags, err := x.integer()
	if err != nil {
		return err
	}
	_, err = x.object(flags, depth)
	return err
}

// object reads what follows flags, and returns the name if it is one.
func (x *reader) object(flags int32, depth int) (string, error) {
	if depth > maxDepth {
		return "", x.fail("%w: more than %d objects inside each other", scan.ErrBudget, maxDepth)
	}
	if x.objects++; x.objects > maxObjects {
		return "", x.fail("%w: more than %d objects", scan.ErrBudget, maxObjects)
	}
	if x.objects&0xffff == 0 && x.ctx.Err() != nil {
		return "", x.ctx.Err()
	}
	switch kind := flags & 0xff; kind {
	case typeNil, typeGlobalEnv, typeEmptyEnv, typeBaseEnv, typeUnbound, typeMissing, typeBaseSpace:
		return "", nil
	case typeRef:
		return x.reference(flags)
	case typeSymbol:
		return x.symbol(depth)
	case typeText:
		n, err := x.integer()
		if err != nil {
			return "", err
		}
		return x.text(n)
	case typeList, typeCall, typeDots, typeClosure, typePromise:
		return "", x.pairs(flags, depth)
	case typeEnv:
		return "", x.environment(depth)
	case typePersistent, typePackage, typeNamespace:
		return "", x.outside(depth)
	case typeSpecial, typeBuiltin:
		n, err := x.integer()
		if err != nil {
			return "", err
		}
		name, err := x.text(n)
		x.called(name)
		return "", err
	case typeAltrep:
		return "", x.altrep(depth)
	default:
		if err := x.data(kind, depth); err != nil {
			return "", err
		}
	}
	if flags&flagAttr != 0 {
		return "", x.item(depth + 1)
	}
	return "", nil
}

// data reads a vector, or an object that is little more than its attributes.
func (x *reader) data(kind int32, depth int) error {
	switch kind {
	case typeS4:
		return nil
	case typeWeak:
		return x.remember("")
	case typePointer:
		if err := x.remember(""); err != nil {
			return err
		}
		return x.items(2, depth)
	case typeBytecode:
		return x.bytecode(depth)
	}
	var width, lines int64
	switch kind {
	case typeLogical, typeInteger:
		width, lines = 4, 1
	case typeReal:
		width, lines = 8, 1
	case typeComplex:
		width, lines = 16, 2
	case typeRaw:
		width, lines = 1, 1
	case typeTexts, typeVector, typeExpression:
	default:
		return x.fail("an object of the type %d", kind)
	}
	n, err := x.length()
	if err != nil {
		return err
	}
	if width > 0 {
		return x.vector(n, width, lines)
	}
	if kind == typeExpression {
		defer x.opens()()
	}
	return x.items(n, depth)
}

// items reads n objects.
func (x *reader) items(n int64, depth int) error {
	for range n {
		if err := x.item(depth + 1); err != nil {
			return err
		}
	}
	return nil
}

// remember numbers what later objects refer to.
func (x *reader) remember(name string) error {
	if len(x.refs) >= maxRefs {
		return x.fail("%w: more than %d names and environments", scan.ErrBudget, maxRefs)
	}
	x.refs = append(x.refs, name)
	return nil
}

// reference reads a reference to a name or an environment before.
func (x *reader) reference(flags int32) (string, error) {
	i := flags >> 8
	if i == 0 {
		var err error
		if i, err = x.integer(); err != nil {
			return "", err
		}
	}
	if i < 1 || int(i) > len(x.refs) {
		return "", x.fail("a reference to object %d of %d", i, len(x.refs))
	}
	name := x.refs[i-1]
	x.called(name)
	return name, nil
}

// symbol reads a name.
func (x *reader) symbol(depth int) (string, error) {
	flags, err := x.integer()
	if err != nil {
		return "", err
	}
	if flags&0xff != typeText {
		return "", x.fail("a name that is no text")
	}
	name, err := x.object(flags, depth+1)
	if err != nil {
		return "", err
	}
	x.called(name)
	return name, x.remember(name)
}

// pairs reads a list of pairs, a call, a function or a promise: attributes, a
// tag, a first part, and the rest, which mostly is another pair.
func (x *reader) pairs(flags int32, depth int) error {
	for first := true; ; first = false {
		at, kind := x.off, flags&0xff
		closes := func() {}
		switch kind {
		case typePromise:
			return x.promise(flags, at, depth)
		case typeClosure:
			x.facts["functions"]++
			closes = x.opens()
		case typeCall:
			if first {
				x.facts["calls"]++
			}
			closes = x.opens()
		}
		next, more, err := x.pair(flags, at, depth)
		if err == nil && !more {
			_, err = x.object(next, depth+1)
		}
		closes()
		if err != nil || !more {
			return err
		}
		flags = next
	}
}

// pair reads one pair up to the flags of its rest, and says whether the rest is
// another pair of a list.
func (x *reader) pair(flags int32, at int64, depth int) (next int32, more bool, err error) {
	if flags&flagAttr != 0 {
		if err := x.item(depth + 1); err != nil {
			return 0, false, err
		}
	}
	if flags&flagTag != 0 {
		tag, err := x.integer()
		if err != nil {
			return 0, false, err
		}
		name, err := x.object(tag, depth+1)
		if err != nil {
			return 0, false, err
		}
		if hooks[name] && flags&0xff == typeList {
			x.report(quintain.High, at, "has an object %q, which R runs by itself when it starts, ends or loads a package", name)
		}
	}
	if flags>>flagLevels&flagActive != 0 && flags&0xff == typeList {
		x.report(quintain.High, at, "has a variable that calls a function whenever it is read")
	}
	value, err := x.integer()
	if err != nil {
		return 0, false, err
	}
	if _, err := x.object(value, depth+1); err != nil {
		return 0, false, err
	}
	next, err = x.integer()
	kind := next & 0xff
	return next, kind == flags&0xff && (kind == typeList || kind == typeCall || kind == typeDots), err
}

// environment reads the variables of a scope.
func (x *reader) environment(depth int) error {
	if _, err := x.integer(); err != nil { // whether it is locked
		return err
	}
	if err := x.remember(""); err != nil {
		return err
	}
	x.facts["environments"]++
	return x.items(4, depth)
}

// outside reads the name of a package, of which R loads the code.
func (x *reader) outside(depth int) error {
	if _, err := x.integer(); err != nil {
		return err
	}
	n, err := x.integer()
	if err != nil {
		return err
	}
	if n < 0 || n > 1024 {
		return x.fail("a package with %d names", n)
	}
	if err := x.items(int64(n), depth); err != nil {
		return err
	}
	x.facts["packages"]++
	return x.remember("")
}

// altrep reads a vector in a form that a package defines: its class, its state
// and its attributes.
func (x *reader) altrep(depth int) error {
	at, before := x.off, len(x.refs)
	if err := x.item(depth + 1); err != nil {
		return err
	}
	if names := x.refs[before:]; len(names) > 0 && strings.HasPrefix(names[0], "mmap_") {
		x.report(quintain.High, at, "maps a file that it names into memory: %q", names[0])
	} else if len(names) > 1 && names[1] != "base" {
		x.report(quintain.Medium, at, "has the package %q make a vector: %q", names[1], names[0])
	}
	return x.items(2, depth)
}
