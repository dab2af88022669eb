package cli

import (
	"fmt"
	"strings"

	"quintain/taxonomy"
)

// An entryView is everything that is known of an entry, as JSON shows it.
type entryView struct {
	taxonomy.Entry
	Label           string           `json:"label"`
	Names           []nameView       `json:"names"`
	Correspondences []correspondence `json:"correspondences"`
}

type nameView struct {
	Name  string `json:"name"`
	Since string `json:"since"`
}

// A correspondence is an edge seen from one of its ends.
type correspondence struct {
	ID        string `json:"id"`
	Label     string `json:"label"`
	Relation  string `json:"relation"`
	Direction string `json:"direction"` // "to" if the source states it of the entry, "from" if of the other one
	By        string `json:"by"`
	Standing  string `json:"standing"`
	Source    string `json:"source"`
	Lint      string `json:"lint"`
	Claimed   string `json:"claimed,omitempty"` // what the source wrongly calls the target
	Pinned    string `json:"pinned,omitempty"`
}

// showEntry writes what an id is, what it was called, where it belongs, and
// who maps it to what. It is a usage error if there is no such id.
func showEntry(env *Env, id string, asJSON bool) error {
	set, err := overlay(env)
	if err != nil {
		return err
	}
	e, ok := set.Lookup(id)
	if !ok {
		return noEntry(set, id)
	}
	v := entryView{Entry: e, Label: set.Label(id), Names: []nameView{}, Correspondences: []correspondence{}}
	for _, n := range set.Names(id) {
		v.Names = append(v.Names, nameView{n.Name, n.Since})
	}
	for _, edge := range set.Edges(id) {
		c := correspondence{
			ID: edge.To, Direction: "to", Relation: edge.Relation, Source: edge.Source,
			Lint: edge.Lint, Claimed: edge.Label, Pinned: edge.Pinned,
		}
		if edge.To == id && edge.From != id {
			c.ID, c.Direction = edge.From, "from"
		}
		c.Label = set.Label(c.ID)
		if src, ok := set.EdgeSource(edge.Source); ok {
			c.By, c.Standing = src.By, src.Standing
		}
		v.Correspondences = append(v.Correspondences, c)
	}
	if asJSON {
		return encode(env, v)
	}
	writeEntry(env, set, &v)
	return nil
}

// noEntry says that no entry has the id, and what could have been meant.
func noEntry(set *taxonomy.Set, id string) error {
	var candidates []string
	for _, e := range set.Candidates(id) {
		candidates = append(candidates, strings.TrimSpace(e.ID+" "+set.Short(e.ID)))
	}
	err := usagef("no entry of a taxonomy has the id %q", id)
	if len(candidates) == 0 {
		return hint(err, "ids are exact and carry their edition, such as AML.T0051.001, LLM01:2026 or NISTAML.018")
	}
	return hint(err, "use one of: %s", strings.Join(candidates, ", "))
}

func writeEntry(env *Env, set *taxonomy.Set, v *entryView) {
	fmt.Fprintf(env.Stdout, "%s %s\n\n", oneLine(v.ID), oneLine(set.Short(v.ID)))
	row := func(key string, values ...string) {
		for _, value := range values {
			if value != "" {
				fmt.Fprintf(env.Stdout, "  %-12s %s\n", key, oneLine(value))
			}
			key = ""
		}
	}
	labels := func(ids []string) []string {
		var list []string
		for _, id := range ids {
			list = append(list, strings.TrimSpace(id+" "+set.Short(id)))
		}
		return list
	}
	row("label", v.Label)
	row("kind", v.Kind)
	row("framework", strings.TrimSpace(v.Framework+" "+v.Edition))
	row("page", v.URL)
	if v.Retired {
		row("retired", "no longer part of "+v.Framework+" "+v.Edition)
		row("successor", labels(nonEmpty(v.Successor))...)
	}
	row("parent", labels(nonEmpty(v.Parent))...)
	row("tactics", labels(set.TacticsOf(v.ID))...)
	row("platforms", strings.Join(v.Platforms, ", "))
	row("maturity", v.Maturity)
	row("mitigations", labels(v.Mitigations)...)
	if len(v.Names) > 1 {
		var names []string
		for _, n := range v.Names {
			names = append(names, fmt.Sprintf("%s: %s", n.Since, n.Name))
		}
		row("names since", names...)
	}
	writeCorrespondences(env, v.Correspondences)
}

// writeCorrespondences writes who says what, one paragraph for each party. An
// arrow points away from the entry that the party states it of.
func writeCorrespondences(env *Env, list []correspondence) {
	var sources []string
	bySource := make(map[string][]correspondence)
	for _, c := range list {
		if bySource[c.Source] == nil {
			sources = append(sources, c.Source)
		}
		bySource[c.Source] = append(bySource[c.Source], c)
	}
	for _, source := range sources {
		of := bySource[source]
		fmt.Fprintf(env.Stdout, "\n%s says (%s, %s):\n", oneLine(of[0].By), oneLine(source), oneLine(of[0].Standing))
		for _, c := range of {
			arrow := "->"
			if c.Direction == "from" {
				arrow = "<-"
			}
			fmt.Fprintf(env.Stdout, "  %s %s %s%s\n", arrow, oneLine(c.Relation), oneLine(c.Label), oneLine(verdict(c)))
		}
	}
}

// verdict says what the lint found wrong with a correspondence, if anything.
func verdict(c correspondence) string {
	switch c.Lint {
	case "ok", "ok-name-variant", "not-checked":
		return ""
	case "name-contradicts-id":
		return fmt.Sprintf(" - WRONG: the source calls the target %q", c.Claimed)
	case "id-newer-than-pin":
		return " - WRONG: the target is newer than the release " + c.Pinned + " that the source relies on"
	case "retired-id":
		return " - WRONG: the id is retired"
	}
	return " - WRONG: " + c.Lint
}

func nonEmpty(s string) []string {
	if s == "" {
		return nil
	}
	return []string{s}
}
