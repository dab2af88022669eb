package datasets

import (
	"math"
	"slices"
	"strings"
)

const (
	ccBy = "CC BY 4.0"
	made = "made by this program"
)

// About returns the tables that are in the binary.
func About() []Info { return []Info{AboutDigits(), AboutCancer(), AboutCredit()} }

// AboutDigits describes [Digits].
func AboutDigits() Info {
	i := load("digits").about("digits", "Optical recognition of handwritten digits (Alpaydin, Kaynak 1998), test set",
		"https://archive.ics.uci.edu/dataset/80")
	i.Classes = strings.Split("0123456789", "")
	for k := range i.Features {
		f := &i.Features[k]
		f.Kind, f.Mutable, f.Low, f.High = Number, true, 0, 1
	}
	return i
}

// AboutCancer describes [Cancer].
func AboutCancer() Info {
	i := load("cancer").about("cancer", "Breast cancer Wisconsin, diagnostic (Wolberg, Mangasarian, Street, Street 1993)",
		"https://archive.ics.uci.edu/dataset/17")
	i.Classes = []string{"malignant", "benign"}
	for k := range i.Features {
		i.Features[k].Kind = Number
	}
	return i
}

// fixedGroups are the groups of [Credit] that are about the past or about who
// somebody is.
var fixedGroups = []string{"CreditHistory", "Personal", "EmploymentDuration", "Job", "Purpose"}

// AboutCredit describes [Credit]. A group's one-hot columns have the name of
// the group before the first point. Age, time at the residence, foreign worker,
// credit history, personal status, employment, job and purpose count as what an
// applicant cannot change at will; this is a judgment, made here.
func AboutCredit() Info {
	i := load("german").about("credit", "Statlog, German credit data (Hofmann 1994)",
		"https://archive.ics.uci.edu/dataset/144")
	i.Classes = []string{"good", "bad"}
	fixed := []string{"Age", "ResidenceDuration", "ForeignWorker", "NumberExistingCredits", "NumberPeopleMaintenance"}
	for k := range i.Features {
		f := &i.Features[k]
		group, _, grouped := strings.Cut(f.Name, ".")
		switch {
		case grouped:
			f.Kind, f.Group = OneHot, group
			f.Mutable = !slices.Contains(fixedGroups, group)
		case f.Name == "Telephone" || f.Name == "ForeignWorker":
			f.Kind, f.Mutable = Binary, !slices.Contains(fixed, f.Name)
		default:
			f.Kind, f.Mutable = Integer, !slices.Contains(fixed, f.Name)
		}
		if f.Kind != Integer {
			f.Low, f.High = 0, 1
		}
	}
	return i
}

// about describes an embedded table; all of them are from one archive.
func (t table) about(name, title, source string) Info {
	i := Info{Name: name, Title: title, License: ccBy, Source: source, Rows: t.Rows()}
	low, high := t.Ranges()
	for k, f := range t.Features {
		i.Features = append(i.Features, Feature{Name: f, Low: low[k], High: high[k]})
	}
	return i
}

// numbers describes features from low to high.
func numbers(names []string, low, high float64) []Feature {
	out := make([]Feature, len(names))
	for i, n := range names {
		out[i] = Feature{Name: n, Kind: Number, Low: float32(low), High: float32(high), Mutable: true}
	}
	return out
}

// gauss is the distribution function of the standard normal distribution.
func gauss(x float64) float64 { return math.Erfc(-x/math.Sqrt2) / 2 }
