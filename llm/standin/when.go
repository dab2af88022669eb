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
		case t.low == "today" || t.low == "today's":
			return today
		case t.low == "tomorrow" || t.low == "tomorrow's":
			return now.AddDate(0, 0, 1).Format(time.DateOnly)
		default:
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
		case t.kind == number && (half == "am" || half == "pm" || half == "o'clock"):
			n, err := strconv.Atoi(t.text)
			if err != nil || n > 24 {
				continue
			}
			if half == "pm" && n < 12 {
				n += 12
			}
			return time.Date(1, 1, 1, n, 0, 0, 0, time.UTC).Format("15:04")
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
