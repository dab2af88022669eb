package lab

import "time"

// intervals are the days after which a skill is checked again: after the first
// pass, after the first re-check, after the second. Recall that was spaced out
// lasts; three times are enough to tell whether it did.
var intervals = []int{7, 21, 60}

// Due returns when an exercise is to be passed again, given the times at which
// it was passed, oldest first. It is zero if it was never passed, or if every
// re-check was done. A pass before its time changes nothing.
func Due(passes []time.Time) time.Time {
	var due time.Time
	done := 0
	for _, p := range passes {
		if done > 0 && p.Before(due) {
			continue
		}
		if done == len(intervals) {
			return time.Time{}
		}
		due = p.AddDate(0, 0, intervals[done])
		done++
	}
	return due
}
