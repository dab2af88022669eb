package threat

import (
	"cmp"
	"fmt"
	"maps"
	"path"
	"slices"
	"strconv"
	"strings"

	"quintain"
	"quintain/internal/strictyaml"
)

// complete fills in what was left out.
func (m *Model) complete() {
	for i := range m.Elements {
		e := &m.Elements[i]
		if e.Trust == "" && e.Kind == KindExternal {
			e.Trust = Untrusted
		} else if e.Trust == "" && demands[e.Kind] != "trust" {
			e.Trust = Internal
		}
		e.Provenance.Origin = cmp.Or(e.Provenance.Origin, InHouse)
		if e.Format == "" && e.Test != nil && (e.Test.Kind == quintain.KindArtifact || e.Test.Kind == quintain.KindClassifier) && !remote(e.Test.Ref) {
			e.Format = strings.TrimPrefix(path.Ext(e.Test.Ref), ".")
		}
		e.Format = strings.ToLower(e.Format)
	}
}

const maxName = 200 // bytes of a name or label

// check reports what no type can express: references, and fields that only
// make sense together.
func (d *document) check(m *Model) {
	if len(m.Elements) > MaxElements || len(m.Flows) > MaxFlows {
		d.Errorf(m, "%d elements and %d flows, more than %d and %d", len(m.Elements), len(m.Flows), MaxElements, MaxFlows)
		return
	}
	if len(m.Elements) == 0 {
		d.Errorf(m, "the system has no elements")
	}
	d.line(&m.Name, "name")
	elements := make(map[string]*Element)
	for i := range m.Elements {
		e := &m.Elements[i]
		d.checkElement(e)
		if first, ok := elements[e.ID]; ok {
			line, _ := d.Pos(&first.ID)
			d.Errorf(&e.ID, "element %q is already described in line %d", e.ID, line)
			continue
		}
		elements[e.ID] = e
	}
	known := slices.Sorted(maps.Keys(elements))
	for i := range m.Flows {
		d.checkFlow(&m.Flows[i], elements, known)
	}
	seen := make(map[string]bool)
	for i := range m.Accepted {
		a := &m.Accepted[i]
		switch {
		case !patterns["threat"].MatchString(a.Threat):
			d.Errorf(&a.Threat, "threat %q is no id of a threat, such as T-K3XQ7A2M", strictyaml.Clip(a.Threat))
		case seen[a.Threat]:
			d.Errorf(&a.Threat, "threat %s is accepted twice", a.Threat)
		}
		seen[a.Threat] = true
		d.line(&a.By, "by")
		d.line(&a.Why, "why")
	}
}

// line reports a required text that is blank, longer than a line, or broken
// over several.
func (d *document) line(s *string, what string) {
	switch {
	case strings.TrimSpace(*s) == "":
		d.Errorf(s, "%s is blank", what)
	case what != "why" && len(*s) > maxName || strings.ContainsAny(strings.TrimSpace(*s), "\n\r"):
		d.Errorf(s, "%s is longer than one line", what)
	}
}

func (d *document) checkElement(e *Element) {
	if !patterns["id"].MatchString(e.ID) || len(e.ID) > 64 {
		d.Errorf(&e.ID, "id %q is not lower-case letters, digits and single dashes, at most 64", strictyaml.Clip(e.ID))
	}
	if e.Name != "" {
		d.line(&e.Name, "name")
	}
	switch {
	case e.Trust == "" && demands[e.Kind] == "trust":
		d.Errorf(e, "%s %s has no trust: say trusted, internal or untrusted", e.Kind, e.ID)
	case e.Task == "" && demands[e.Kind] == "task":
		d.Errorf(e, "%s %s has no task: say classify, regress, generate, embed or rank", e.Kind, e.ID)
	case e.Task != "" && !e.Is(KindModel, KindGuard, KindJudge):
		d.Errorf(&e.Task, "%s has a task, but only a model, guard or judge has one", strictyaml.Article(string(e.Kind)))
	case e.Kind == KindJudge && e.Task != "" && e.Task != TaskGenerate && e.Task != TaskClassify:
		d.Errorf(&e.Task, "a judge classifies or generates")
	}
	if s := &e.Provenance.Digest; *s != "" && !patterns["digest"].MatchString(*s) {
		d.Errorf(s, "digest %q is not sha256: and 64 hexadecimal digits", strictyaml.Clip(*s))
	}
	d.distinct(e.Data)
	if e.Test != nil {
		d.checkTest(e)
	}
}

// distinct reports classes of data that are named twice.
func (d *document) distinct(data []Data) {
	for i := range data {
		if slices.Contains(data[:i], data[i]) {
			d.Errorf(&data[i], "class of data %q twice", data[i])
		}
	}
}

func (d *document) checkTest(e *Element) {
	t := e.Test
	d.line(&t.Ref, "ref")
	if strings.HasPrefix(t.Ref, "builtin:") && t.Kind != quintain.KindAgent && t.Kind != quintain.KindChat {
		d.Errorf(&t.Ref, "%s is an application; its kind is agent or chat", strictyaml.Clip(t.Ref))
	}
	if err := (quintain.Target{Kind: t.Kind, Ref: t.Ref}).Validate(); err != nil {
		d.Errorf(&t.Ref, "ref: %v", err)
	}
	var with any = &t.With
	if !d.Set(with) {
		with = t
	}
	for _, k := range slices.Sorted(maps.Keys(t.With)) {
		if key, ok := testKeys[k]; !ok || !slices.Contains(key.of, t.Kind) {
			d.Errorf(with, "a test of kind %s takes no %q%s", t.Kind, strictyaml.Clip(k), strictyaml.DidYouMean(k, keysOf(t.Kind)))
		} else if strings.TrimSpace(t.With[k]) == "" {
			d.Errorf(with, "%s is blank", k)
		}
	}
	for _, k := range []string{"eps", "robust"} {
		if s, ok := t.With[k]; ok && t.Kind == quintain.KindClassifier {
			if x, err := strconv.ParseFloat(s, 64); err != nil || !(x >= 0 && x <= 1e6) {
				d.Errorf(with, "%s is %q, want a number from 0", k, strictyaml.Clip(s))
			}
		}
	}
	if t.Kind == quintain.KindClassifier && t.With["data"] == "" {
		d.Errorf(with, "a test of kind classifier needs data: the path of labeled rows")
	}
}

// keysOf returns the keys that a test of kind k knows.
func keysOf(k quintain.Kind) []string {
	var keys []string
	for _, name := range slices.Sorted(maps.Keys(testKeys)) {
		if slices.Contains(testKeys[name].of, k) {
			keys = append(keys, name)
		}
	}
	return keys
}

func (d *document) checkFlow(f *Flow, elements map[string]*Element, known []string) {
	exists := func(id string, at any, what string) *Element {
		e := elements[id]
		if e == nil {
			d.Errorf(at, "%s names %q, which is no element%s", what, strictyaml.Clip(id), strictyaml.DidYouMean(id, known))
		}
		return e
	}
	exists(f.From, &f.From, "from")
	exists(f.To, &f.To, "to")
	if f.From == f.To {
		d.Errorf(&f.To, "the flow goes from %s to itself", strictyaml.Clip(f.From))
	}
	if f.Label != "" {
		d.line(&f.Label, "label")
	}
	d.distinct(f.Data)
	for i := range f.Through {
		e := exists(f.Through[i], &f.Through[i], "through")
		if e != nil && !e.Is(KindGuard, KindApproval, KindJudge, KindBudget) {
			d.Errorf(&f.Through[i], "through names %s, which is %s and neither guard nor approval, judge or budget", e.ID, strictyaml.Article(string(e.Kind)))
		}
		if slices.Contains(f.Through[:i], f.Through[i]) || f.Through[i] == f.From || f.Through[i] == f.To {
			d.Errorf(&f.Through[i], "through names %s again", strictyaml.Clip(f.Through[i]))
		}
	}
}

// String returns the flow as "from → to".
func (f *Flow) String() string { return fmt.Sprintf("%s → %s", f.From, f.To) }
