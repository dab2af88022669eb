package cli

import (
	"cmp"
	"slices"

	"quintain"
	"quintain/attack/evasion"
	evasionall "quintain/attack/evasion/all"
	"quintain/attack/extraction"
	extractionall "quintain/attack/extraction/all"
	"quintain/attack/poisoning"
	poisoningall "quintain/attack/poisoning/all"
	"quintain/attack/privacy"
	privacyall "quintain/attack/privacy/all"
	"quintain/defend"
	defendall "quintain/defend/all"
	"quintain/probe"
	probeall "quintain/probe/all"
	"quintain/report"
	reportall "quintain/report/all"
	"quintain/scan"
	scanall "quintain/scan/all"
	"quintain/threat"
	threatall "quintain/threat/all"
)

// A catalog is the plug-ins that the program was built with.
type catalog struct {
	formats    []*scan.Format
	attacks    []*evasion.Attack
	eavesdrops []*privacy.Attack
	poisons    []*poisoning.Attack
	thefts     []*extraction.Attack
	defenses   []*defend.Defense
	probes     []*probe.Probe
	strategies []*probe.Strategy
	rules      []*threat.Rule
	reports    []*report.Format
}

func newCatalog() *catalog {
	return &catalog{
		formats: scanall.Formats, attacks: evasionall.Attacks, eavesdrops: privacyall.Attacks, poisons: poisoningall.Attacks, thefts: extractionall.Attacks, probes: probeall.Probes,
		defenses:   defendall.Defenses,
		strategies: probeall.Strategies, rules: threatall.Rules, reports: reportall.Formats,
	}
}

// checks returns every check of every engine, sorted by name.
func (c *catalog) checks() []*quintain.Check {
	var out []*quintain.Check
	for _, p := range c.formats {
		out = append(out, &p.Check)
	}
	for _, p := range c.attacks {
		out = append(out, &p.Check)
	}
	for _, p := range c.eavesdrops {
		out = append(out, &p.Check)
	}
	for _, p := range c.poisons {
		out = append(out, &p.Check)
	}
	for _, p := range c.thefts {
		out = append(out, &p.Check)
	}
	for _, p := range c.defenses {
		out = append(out, &p.Check)
	}
	for _, p := range c.probes {
		out = append(out, &p.Check)
	}
	for _, p := range c.rules {
		out = append(out, &p.Check)
	}
	slices.SortFunc(out, func(a, b *quintain.Check) int { return cmp.Compare(a.Name, b.Name) })
	return out
}
