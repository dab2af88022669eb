package rdata

import (
	"cmp"
	"fmt"
	"maps"
	"slices"
	"strings"

	"quintain"
	"quintain/scan"
)

// report reports the same only once.
func (x *reader) report(s quintain.Severity, at int64, format string, args ...any) {
	text := fmt.Sprintf(format, args...)
	if !x.told[text] && len(x.told) < 1000 {
		x.told[text] = true
		x.f.Reportf(s, at, "%s", text)
	}
}

// called notes a name in code.
func (x *reader) called(name string) {
	if x.code == 0 || name == "" || len(x.names) >= maxText {
		return
	}
	if _, ok := x.names[name]; !ok {
		x.names[name] = x.off
	}
}

// opens begins a function or a call, and returns what ends it. The outermost
// judges the names in all.
func (x *reader) opens() func() {
	x.code++
	return func() {
		if x.code--; x.code == 0 {
			if bad := x.dangerous(); len(bad) > 0 {
				x.report(quintain.Medium, x.names[bad[0]], "holds code that uses %s, which runs when the object is used", strings.Join(bad, ", "))
			}
			clear(x.names)
		}
	}
}

// promise reads a promise: code that runs when somebody touches the value. One
// that has a value, or is for a constant, runs nothing.
func (x *reader) promise(flags int32, at int64, depth int) error {
	x.facts["promises"]++
	if err := x.prelude(flags, depth); err != nil {
		return err
	}
	value, err := x.integer()
	if err != nil {
		return err
	}
	outer := x.names
	x.names = make(map[string]int64)
	x.code++
	if _, err = x.object(value, depth+1); err == nil {
		err = x.item(depth + 1)
	}
	x.code--
	if err != nil {
		return err
	}
	if value&0xff == typeUnbound && len(x.names) > 0 {
		if bad := x.dangerous(); len(bad) > 0 {
			x.report(quintain.Critical, at, "would run code: a promise that uses %s runs when its value is touched", strings.Join(bad, ", "))
		} else {
			x.report(quintain.High, at, "holds a promise, whose code runs when its value is touched")
		}
	}
	maps.Copy(outer, x.names)
	x.names = outer
	return nil
}

// prelude reads the attributes of a pair, and its tag, which for a promise is
// where its code runs.
func (x *reader) prelude(flags int32, depth int) error {
	for _, flag := range []int32{flagAttr, flagTag} {
		if flags&flag != 0 {
			if err := x.item(depth + 1); err != nil {
				return err
			}
		}
	}
	return nil
}

// dangerous lists the noted names of functions that do more than compute.
func (x *reader) dangerous() []string {
	return slices.SortedFunc(func(yield func(string) bool) {
		for n := range maps.Keys(x.names) {
			if runs[n] && !yield(n) {
				return
			}
		}
	}, cmp.Compare)
}

// bytecode reads compiled code with its constants.
func (x *reader) bytecode(depth int) error {
	n, err := x.integer() // of the parts that are referred to
	if err != nil {
		return err
	}
	if n < 0 || int64(n) > x.f.Size() {
		return x.fail("compiled code with %d shared parts", n)
	}
	x.facts["compiled"]++
	defer x.opens()()
	return x.compiled(depth + 1)
}

// compiled reads one piece of compiled code.
func (x *reader) compiled(depth int) error {
	if depth > maxDepth {
		return x.fail("%w: more than %d objects inside each other", scan.ErrBudget, maxDepth)
	}
	if err := x.item(depth); err != nil { // the instructions
		return err
	}
	n, err := x.integer()
	if err != nil {
		return err
	}
	if n < 0 {
		return x.fail("compiled code with %d constants", n)
	}
	for range n {
		kind, err := x.integer()
		if err != nil {
			return err
		}
		switch kind {
		case typeBytecode:
			err = x.compiled(depth + 1)
		case typeCall, typeList, typeCodeDef, typeCodeRef, typeAttrCall, typeAttrList:
			err = x.language(kind, depth+1)
		default:
			err = x.item(depth + 1)
		}
		if err != nil {
			return err
		}
	}
	return nil
}

// language reads a constant of compiled code that is itself code.
func (x *reader) language(kind int32, depth int) error {
	for {
		if depth > maxDepth {
			return x.fail("%w: more than %d objects inside each other", scan.ErrBudget, maxDepth)
		}
		if x.objects++; x.objects > maxObjects {
			return x.fail("%w: more than %d objects", scan.ErrBudget, maxObjects)
		}
		var err error
		switch kind {
		case typeCodeRef:
			_, err = x.integer()
			return err
		case typeCodeDef:
			if _, err = x.integer(); err == nil {
				kind, err = x.integer()
			}
			if err != nil {
				return err
			}
		case typeCall, typeList, typeAttrCall, typeAttrList:
		default:
			return x.item(depth)
		}
		if kind == typeAttrCall || kind == typeAttrList {
			if err = x.item(depth + 1); err != nil {
				return err
			}
		}
		if err = x.item(depth + 1); err != nil { // the tag
			return err
		}
		first, err := x.integer()
		if err == nil {
			err = x.language(first, depth+1)
		}
		if err != nil {
			return err
		}
		if kind, err = x.integer(); err != nil {
			return err
		}
	}
}
