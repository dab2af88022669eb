package standin

import (
	"strconv"
	"strings"
	"time"
)

var todayForm = compile(`(?i)today(?: is|:)?\s+([^.\n]{6,40})`)

// today finds the day in a system prompt, "" if it is not there.
func today(system string) string {
	m := todayForm.FindStringSubmatch(system)
	if m == nil {
		return ""
	}
	return findDate(tokens(m[1]), "")
}

// findDate returns the first day that is named, as YYYY-MM-DD. What is named
// relative to today needs today.
func findDate(ts []token, today string) string {
	now, err := time.Parse(time.DateOnly, today)
	for i, t := range ts {
		switch {
		case t.kind == date:
			return t.text
		case monthOf(t) != 0:
			if d := dayOfMonth(ts, i, now); d != "" {
				return d
			}
		case err != nil:
		case ordinalDay(t) > 0:
			return nextDay(now, ordinalDay(t))
		case t.low == "today" || t.low == "today's":
			return today
		case t.low == "tomorrow" || t.low == "tomorrow's":
			return now.AddDate(0, 0, 1).Format(time.DateOnly)
		default:
			if nextIs(ts, i, "the") && i+2 < len(ts) && ordinalDay(ts[i+2]) > 0 {
				continue // "Friday the 27th" is the 27th
			}
			for d := 1; d <= 7; d++ {
				day := now.AddDate(0, 0, d)
				if t.kind == word && strings.EqualFold(t.text, day.Weekday().String()) {
					return day.Format(time.DateOnly)
				}
			}
		}
	}
	return ""
}

// nextIs reports whether the word after i is w.
func nextIs(ts []token, i int, w string) bool { return i+1 < len(ts) && ts[i+1].low == w }

// ordinalDay returns the day of a month that a word such as "27th" names, 0 if
// it names none.
func ordinalDay(t token) int {
	for _, end := range []string{"st", "nd", "rd", "th"} {
		if d, ok := strings.CutSuffix(t.low, end); ok {
			if n, err := strconv.Atoi(d); err == nil && n >= 1 && n <= 31 {
				return n
			}
		}
	}
	return 0
}

// nextDay returns the first such day of a month from now on.
func nextDay(now time.Time, day int) string {
	for d := range 62 {
		if t := now.AddDate(0, 0, d); t.Day() == day {
			return t.Format(time.DateOnly)
		}
	}
	return ""
}

// hoursOfDay are the hours that are written out.
var hoursOfDay = map[string]int{
	"one": 1, "two": 2, "three": 3, "four": 4, "five": 5, "six": 6, "seven": 7, "eight": 8, "nine": 9, "ten": 10, "eleven": 11,
	"twelve": 12, "noon": 12,
}

// hourOf returns the hour that a token names, -1 if it names none.
func hourOf(t token) int {
	if n, ok := hoursOfDay[t.low]; ok {
		return n
	}
	if n, err := strconv.Atoi(t.text); t.kind == number && err == nil && n >= 0 && n <= 24 {
		return n
	}
	return -1
}

// hourAt reads an hour that the words around it make one: "10 am", "ten
// o'clock", "at ten", "ten in the morning".
func hourAt(ts []token, i int) string {
	n := hourOf(ts[i])
	if n < 0 {
		return ""
	}
	next, after := "", ""
	if i+1 < len(ts) {
		next = strings.ReplaceAll(ts[i+1].low, ".", "")
	}
	if i+3 < len(ts) {
		after = ts[i+3].low
	}
	late := next == "pm" || next == "in" && (after == "afternoon" || after == "evening")
	early := next == "am" || next == "o'clock" || next == "o’clock" || next == "oclock" || next == "in" && after == "morning" || ts[i].low == "noon"
	switch {
	case late && n < 12:
		n += 12
	case late, early:
	case i > 0 && (ts[i-1].low == "at" || ts[i-1].low == "around") && monthBeside(ts, i) == 0: // "at ten", and not "at 27 November"
	default:
		return ""
	}
	return time.Date(1, 1, 1, n, 0, 0, 0, time.UTC).Format("15:04")
}

// monthBeside returns the month that stands right after i.
func monthBeside(ts []token, i int) time.Month {
	for k := i + 1; k < min(len(ts), i+3); k++ {
		if m := monthOf(ts[k]); m != 0 {
			return m
		}
	}
	return 0
}

func monthOf(t token) time.Month {
	for m := time.January; m <= time.December; m++ {
		if t.kind == word && len(t.low) >= 3 && (t.low == strings.ToLower(m.String()) || len(t.low) == 3 && strings.HasPrefix(strings.ToLower(m.String()), t.low)) {
			return m
		}
	}
	return 0
}

// dayOfMonth reads "25 November 2026", "November 25, 2026" and both without
// the year around the month at i.
func dayOfMonth(ts []token, i int, now time.Time) string {
	day, year := 0, now.Year()
	for _, k := range []int{i - 1, i - 2, i + 1} { // "25 November", "25th of November", "November 25"
		if day == 0 && k >= 0 && k < len(ts) {
			n, err := strconv.Atoi(strings.TrimRight(ts[k].low, "sthndr"))
			if err == nil && n >= 1 && n <= 31 {
				day = n
			}
		}
	}
	for k := i + 1; k < min(len(ts), i+4); k++ {
		if n, err := strconv.Atoi(ts[k].text); err == nil && n >= 1900 && n < 2200 {
			year = n
			break
		}
	}
	if day == 0 || year < 1900 {
		return ""
	}
	return time.Date(year, monthOf(ts[i]), day, 0, 0, 0, 0, time.UTC).Format(time.DateOnly)
}

// findTime returns the first time of day that is named, as HH:MM.
func findTime(ts []token) string {
	for i, t := range ts {
		half := ""
		if i+1 < len(ts) {
			half = strings.ReplaceAll(ts[i+1].low, ".", "")
		}
		switch {
		case t.kind == clock && half == "pm":
			return afternoon(t.text)
		case t.kind == clock:
			return t.text
		default:
			if h := hourAt(ts, i); h != "" {
				return h
			}
		}
	}
	return ""
}

func afternoon(clock string) string {
	t, err := time.Parse("15:04", clock)
	if err != nil || t.Hour() >= 12 {
		return clock
	}
	return t.Add(12 * time.Hour).Format("15:04")
}
