package html

import (
	"cmp"
	"slices"

	"quintain"
	"quintain/report"
)

// An artifact is a scanned file with the judgment on it.
type artifact struct {
	state
	Ref     string
	Digest  quintain.Digest
	Members []member // that something was said against
	More    int      // members that are not shown
}

// A member is a file inside an artifact.
type member struct {
	state
	Path string
}

// judgments gives every judgment a sign that says how good the news is.
var judgments = map[report.Judgment]state{
	report.Malicious:   {"malicious", "failed", "a weakness that is high or critical was demonstrated"},
	report.NotAnalyzed: {"not analyzed", "open", "part of it could not be decided, so anything may be in it"},
	report.Review:      {"review", "stale", "a lesser weakness was demonstrated; somebody should look"},
	report.Clean:       {"clean", "resisted", "every check that applies found nothing, and would have found its twin"},
}

// maxMembers is how many files inside an artifact are listed.
const maxMembers = 20

// artifacts returns the artifacts of a scan, the worst first.
func artifacts(d *report.Document) []artifact {
	var out []artifact
	for _, a := range d.Artifacts {
		row := artifact{state: judgments[a.Judgment], Ref: a.Ref, Digest: a.Digest}
		for _, m := range a.Members {
			if m.Judgment != report.Clean {
				row.Members = append(row.Members, member{judgments[m.Judgment], m.Path})
			}
		}
		if n := len(row.Members); n > maxMembers {
			row.Members, row.More = row.Members[:maxMembers], n-maxMembers
		}
		out = append(out, row)
	}
	rank := func(a artifact) int {
		return slices.IndexFunc(report.Judgments, func(j report.Judgment) bool { return judgments[j].Name == a.Name })
	}
	slices.SortStableFunc(out, func(a, b artifact) int { return cmp.Compare(rank(a), rank(b)) })
	return out
}
