package jinja

// An op is the kind of an expression.
type op uint8

const (
	opConst   op = iota // val
	opName              // name
	opList              // args
	opTuple             // args
	opDict              // args: key, value, key, value ...
	opAttr              // args[0].name
	opItem              // args[0][args[1]]
	opSlice             // args[0][args[1]:args[2]:args[3]], nil where left out
	opCall              // args[0](args[1:], kw)
	opFilter            // args[0]|name(args[1:], kw); args[0] is nil in a filter block
	opTest              // args[0] is name(args[1:])
	opNot               // args[0]
	opSign              // name is "-" or "+", args[0]
	opAnd               // args[0], args[1]
	opOr                // args[0], args[1]
	opBinary            // args[0] name args[1]
	opCompare           // args[0] name args[1], chained ones joined by opAnd
	opConcat            // args joined by ~
	opCond              // args[1] if args[0] else args[2], which may be nil
	opSpread            // *args[0] or **args[0], in a call
)

// An expr is an expression.
type expr struct {
	op    op
	depth uint16
	off   int
	name  string
	val   value
	args  []*expr
	kw    []kwarg
}

type kwarg struct {
	name string
	val  *expr
}

// A statement kind is the name of its tag.
type stmtKind uint8

const (
	stData   stmtKind = iota // text
	stPrint                  // exprs[0]
	stIf                     // exprs[0], body, other
	stFor                    // target in exprs[0] if exprs[1] (may be nil), body, other
	stSet                    // target = exprs[0]
	stBlock                  // target = body, filtered by exprs[0] if not nil
	stMacro                  // name(params), body
	stCall                   // exprs[0] with params and body as caller
	stFilter                 // exprs[0] filters body
	stWith                   // targets = exprs, body
	stScope                  // body, printed: block, autoescape, generation
	stLoad                   // name: include, import, from, extends
	stDo                     // exprs[0]
	stBreak                  // break or continue
	stDebug                  // prints the context
)

// A stmt is a statement.
type stmt struct {
	kind    stmtKind
	off     int
	text    string
	name    string
	exprs   []*expr
	targets []*expr
	params  []kwarg // of a macro, with defaults that may be nil
	body    []*stmt
	other   []*stmt
}

// walkExprs calls f for e and everything below it, parents first, until f
// returns false for a branch.
func walkExprs(e *expr, f func(*expr) bool) {
	if e == nil || !f(e) {
		return
	}
	for _, a := range e.args {
		walkExprs(a, f)
	}
	for _, k := range e.kw {
		walkExprs(k.val, f)
	}
}

// walk calls text for the text of every statement and f for every expression
// in body and below.
func walk(body []*stmt, text func(*stmt), f func(*expr) bool) {
	for _, s := range body {
		if s.text != "" {
			text(s)
		}
		for _, e := range s.exprs {
			walkExprs(e, f)
		}
		for _, e := range s.targets {
			walkExprs(e, f)
		}
		for _, p := range s.params {
			walkExprs(p.val, f)
		}
		walk(s.body, text, f)
		walk(s.other, text, f)
	}
}
