package taxonomy

import "maps"

// past is what is known of an ATLAS entry beyond one release.
type past struct {
	names     []Name // oldest first, never empty
	gone      string // the first release without it, "" while it exists
	successor string
}

// since returns the first release with the entry.
func (p past) since() string { return p.names[0].Since }

// at returns the name of the entry in a release, and whether it existed.
func (p past) at(version string) (string, bool) {
	name := ""
	for _, n := range p.names {
		if compareVersions(n.Since, version) <= 0 {
			name = n.Name
		}
	}
	return name, name != "" && (p.gone == "" || compareVersions(version, p.gone) < 0)
}

// revise returns what the history is as seen from a release: without what
// came later, and with what the release itself adds, renames and leaves out.
func revise(history map[string]past, release *Release) map[string]past {
	now := make(map[string]past, len(history))
	for id, p := range history {
		n := 0
		for n < len(p.names) && compareVersions(p.names[n].Since, release.Version) <= 0 {
			n++
		}
		if n == 0 {
			continue
		}
		p.names = p.names[:n:n]
		if p.gone != "" && compareVersions(p.gone, release.Version) > 0 {
			p.gone, p.successor = "", ""
		}
		now[id] = p
	}
	present := make(map[string]bool, len(release.Entries))
	for _, e := range release.Entries {
		present[e.ID] = true
		p := now[e.ID]
		if len(p.names) == 0 || p.names[len(p.names)-1].Name != e.Name {
			p.names = append(p.names, Name{Name: e.Name, Since: release.Version})
		}
		p.gone, p.successor = "", ""
		now[e.ID] = p
	}
	maps.DeleteFunc(now, func(_ string, p past) bool { return len(p.names) == 0 })
	for id, p := range now {
		if !present[id] && p.gone == "" {
			p.gone = release.Version
			now[id] = p
		}
	}
	return now
}
