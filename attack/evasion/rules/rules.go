// Package rules says which rows of a table could exist: what features may
// change, in which direction, how far, in which steps, at which cost, and what
// must hold between them.
package rules

import (
	"fmt"
	"math"
	"reflect"
	"slices"

	"quintain/internal/strictyaml"
)

// A Type says which values a feature takes. The zero value is Real.
type Type string

// A Change says in which direction a feature may change. The zero value is Free.
type Change string

// An Op compares a number with another one.
type Op string

// The words of a constraint file.
const (
	Real        Type = "real"
	Integer     Type = "integer"
	Categorical Type = "categorical" // whole numbers without an order
	Binary      Type = "binary"      // 0 or 1

	Free      Change = "free"
	Up        Change = "up"
	Down      Change = "down"
	Immutable Change = "immutable"

	Equal   Op = "="
	AtMost  Op = "<="
	AtLeast Op = ">="
)

// A Feature is what one column may be.
type Feature struct {
	Name   string   `yaml:"name" need:"yes"`
	Type   Type     `yaml:"type"`
	Change Change   `yaml:"change"`
	Low    *float64 `yaml:"low"`  // of the data if absent
	High   *float64 `yaml:"high"` // of the data if absent
	Cost   *float64 `yaml:"cost"` // of a change: by its whole range if the type has an order; 1 if absent
}

// A Group is columns of which exactly one is 1 and all others are 0.
type Group struct {
	Name    string   `yaml:"name" need:"yes"`
	Columns []string `yaml:"columns" need:"yes"`
	Change  Change   `yaml:"change"` // free or immutable
	Cost    *float64 `yaml:"cost"`   // of another choice; 1 if absent
}

// A Relation is one thing that must hold in a row: the weighted sum of columns
// compares with a number, or the first column of a ratio with a multiple of the
// second, or Then holds where If does.
type Relation struct {
	Sum   []Term     `yaml:"sum"`
	Ratio []string   `yaml:"ratio"`
	Op    Op         `yaml:"op"`
	Than  float64    `yaml:"than"`
	If    *Condition `yaml:"if"`
	Then  *Condition `yaml:"then"`
}

// A Term is a column of a sum and its weight.
type Term struct {
	Feature string  `yaml:"feature" need:"yes"`
	Times   float64 `yaml:"times" need:"yes"`
}

// A Condition compares one column with a number.
type Condition struct {
	Feature string  `yaml:"feature" need:"yes"`
	Op      Op      `yaml:"op" need:"yes"`
	Value   float64 `yaml:"value" need:"yes"`
}

type file struct {
	Features  []Feature  `yaml:"features"`
	Groups    []Group    `yaml:"groups"`
	Relations []Relation `yaml:"relations"`
}

func words(t reflect.Type) []string {
	switch t {
	case reflect.TypeFor[Type]():
		return []string{string(Real), string(Integer), string(Categorical), string(Binary)}
	case reflect.TypeFor[Change]():
		return []string{string(Free), string(Up), string(Down), string(Immutable)}
	case reflect.TypeFor[Op]():
		return []string{string(Equal), string(AtMost), string(AtLeast)}
	}
	return nil
}

// Parse reads a constraint file for a table with the given columns, whose values
// lie between low and high. A column that no entry names does not change. What
// is wrong is said with file, line and column.
func Parse(name string, data []byte, columns []string, low, high []float32) (*Set, error) {
	var f file
	d := strictyaml.Decode(name, data, &f, strictyaml.Options{Name: "constraint file", Words: words})
	if err := d.Err(); err != nil {
		return nil, err
	}
	s := &Set{Low: slices.Clone(low), High: slices.Clone(high)}
	p := parser{d: d, s: s, columns: columns, used: make([]bool, len(columns))}
	for i := range f.Features {
		p.feature(&f.Features[i])
	}
	for i := range f.Groups {
		p.group(&f.Groups[i])
	}
	for i := range f.Relations {
		p.relation(&f.Relations[i])
	}
	if len(s.Units) == 0 {
		d.Errorf(nil, "nothing may change: no features and no groups")
	}
	if err := d.Err(); err != nil {
		return nil, err
	}
	return s, nil
}

type parser struct {
	d       *strictyaml.File
	s       *Set
	columns []string
	used    []bool
}

// column finds a column by its name.
func (p *parser) column(at any, name string) int {
	i := slices.Index(p.columns, name)
	if i < 0 {
		p.d.Errorf(at, "the data has no column %q; %s", name, strictyaml.DidYouMean(name, p.columns))
	}
	return i
}

// claim finds a column that no other entry names.
func (p *parser) claim(at any, name string) int {
	i := p.column(at, name)
	if i >= 0 && p.used[i] {
		p.d.Errorf(at, "column %q is named twice", name)
	}
	if i >= 0 {
		p.used[i] = true
	}
	return i
}

func (p *parser) feature(f *Feature) {
	i := p.claim(&f.Name, f.Name)
	if i < 0 {
		return
	}
	if f.Low != nil {
		p.s.Low[i] = float32(*f.Low)
	}
	if f.High != nil {
		p.s.High[i] = float32(*f.High)
	}
	if !(p.s.Low[i] <= p.s.High[i]) {
		p.d.Errorf(&f.Name, "feature %q is at least %v and at most %v", f.Name, p.s.Low[i], p.s.High[i])
	}
	p.s.Units = append(p.s.Units, Unit{
		Name: f.Name, Columns: []int{i}, Type: or(f.Type, Real), Change: or(f.Change, Free), Cost: p.cost(&f.Name, f.Cost),
	})
}

func (p *parser) group(g *Group) {
	u := Unit{Name: g.Name, Change: or(g.Change, Free), Cost: p.cost(&g.Name, g.Cost), Type: Categorical}
	for k := range g.Columns {
		if i := p.claim(&g.Columns[k], g.Columns[k]); i >= 0 {
			u.Columns = append(u.Columns, i)
			p.s.Low[i], p.s.High[i] = 0, 1
		}
	}
	if len(g.Columns) < 2 {
		p.d.Errorf(&g.Name, "group %q has one column; a choice takes two", g.Name)
	}
	if u.Change == Up || u.Change == Down {
		p.d.Errorf(&g.Change, "group %q has no order to go %s in; want free or immutable", g.Name, u.Change)
	}
	p.s.Units = append(p.s.Units, u)
}

func (p *parser) cost(at any, v *float64) float64 {
	if v == nil {
		return 1
	}
	if !(*v >= 0) || math.IsInf(*v, 0) {
		p.d.Errorf(at, "a cost of %v, want none below 0", *v)
	}
	return *v
}

func (p *parser) relation(r *Relation) {
	forms := 0
	for _, is := range []bool{len(r.Sum) > 0, len(r.Ratio) > 0, r.If != nil || r.Then != nil} {
		if is {
			forms++
		}
	}
	switch {
	case forms != 1:
		p.d.Errorf(r, "a relation has one of sum, ratio, and if with then")
	case len(r.Sum) > 0:
		p.linear(r, r.Sum, r.Than)
	case len(r.Ratio) > 0:
		if len(r.Ratio) != 2 || r.Ratio[0] == r.Ratio[1] {
			p.d.Errorf(r, "a ratio has two columns")
			return
		}
		p.linear(r, []Term{{r.Ratio[0], 1}, {r.Ratio[1], -r.Than}}, 0)
	case r.If == nil || r.Then == nil:
		p.d.Errorf(r, "if comes with then")
	default:
		a, b := p.column(&r.If.Feature, r.If.Feature), p.column(&r.Then.Feature, r.Then.Feature)
		if a >= 0 && b >= 0 {
			p.s.implies = append(p.s.implies, implication{condition{a, r.If.Op, r.If.Value}, condition{b, r.Then.Op, r.Then.Value}})
		}
	}
}

func (p *parser) linear(r *Relation, sum []Term, than float64) {
	if r.Op == "" {
		p.d.Errorf(r, "a relation without op")
		return
	}
	l := linear{op: r.Op, than: than}
	for _, t := range sum {
		if i := p.column(r, t.Feature); i >= 0 {
			l.columns, l.weights = append(l.columns, i), append(l.weights, t.Times)
		}
	}
	p.s.linear = append(p.s.linear, l)
}

func or[T ~string](v, def T) T {
	if v == "" {
		return def
	}
	return v
}

// String writes a relation for errors.
func (l *linear) String() string {
	return fmt.Sprintf("the sum of %d columns %s %v", len(l.columns), l.op, l.than)
}
