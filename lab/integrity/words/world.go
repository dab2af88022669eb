package words

import (
	"bytes"
	"context"
	"encoding/csv"
	"errors"
	"io"
	"slices"
	"strconv"
	"strings"

	"quintain/lab"
	"quintain/ml/datasets"
)

const (
	archived = 2000 // mails that the filter has learned from
	targets  = 50   // phishing mails to be let through
)

// idle are words of a mail that the filter has never met: they make the
// dictionary look like one.
var idle = strings.Fields("apple bridge candle desert engine forest garden harbor island jacket kettle ladder marble needle orange pencil quiet river silver timber umbrella valley window yellow zebra anchor basket copper dolphin feather")

// setup hands over the mails to be let through, words to try, and the archive.
func setup(ctx context.Context, w *lab.Setup) error {
	k, err := learned(ctx, w.Attempt)
	if err != nil {
		return err
	}
	mails, err := phishing(ctx, w.Attempt)
	if err != nil {
		return err
	}
	words := slices.Concat(k.words, idle)
	w.Rand("dictionary").Shuffle(len(words), func(i, j int) { words[i], words[j] = words[j], words[i] })
	if err := w.Writef("dictionary.txt", "%s\n", strings.Join(words, "\n")); err != nil {
		return err
	}
	var rows [][]string
	for i, m := range mails {
		rows = append(rows, []string{strconv.Itoa(i + 1), m.Text})
	}
	if err := w.Write("phish.csv", sheet([]string{"id", "text"}, rows)); err != nil {
		return err
	}
	rows = nil
	for _, m := range archive(w.Source) {
		label := "ham"
		if m.Phish {
			label = "phish"
		}
		rows = append(rows, []string{label, m.Text})
	}
	return w.Write("archive.csv", sheet([]string{"label", "text"}, rows))
}

// sheet writes a table as CSV. Writing to memory does not fail.
func sheet(head []string, rows [][]string) []byte {
	var out bytes.Buffer
	w := csv.NewWriter(&out)
	_ = w.Write(head)
	_ = w.WriteAll(rows)
	return out.Bytes()
}

// phishing are the mails to be let through: those with a link that the shipped
// filter stops.
func phishing(ctx context.Context, a *lab.Attempt) ([]datasets.Message, error) {
	return lab.Once(a, "phishing", func() ([]datasets.Message, error) {
		k, err := learned(ctx, a)
		if err != nil {
			return nil, err
		}
		return stopped(k, a.Seed("phishing"))
	})
}

// stubborn is how many of the mails to be let through are beyond ten words. They
// are few, so that the goal can be reached with every seed.
const stubborn = 3

// stopped draws phishing mails with a link that the shipped filter stops.
func stopped(k *knowledge, seed uint64) ([]datasets.Message, error) {
	var out []datasets.Message
	reach, hard := -tokens*k.weight[plans(k)[0][0]], 0
	for _, m := range datasets.Mail(6*targets, seed) {
		score := (filter{}).tally(k, m.Text).score()
		switch {
		case len(out) == targets || !m.Phish || m.Link == "" || score < 0:
			continue
		case score >= reach && hard == stubborn:
			continue
		case score >= reach:
			hard++
		}
		out = append(out, m)
	}
	if len(out) < targets {
		return nil, errors.New("too few phishing mails with a link")
	}
	return out, nil
}

// maxText is the length limit of a mail in bytes: ten words more than a mail
// has do not need it.
const maxText = 4096

// parse reads mails as handed in: a table with the columns id and text, of
// which every id from 1 to the number of mails is there once.
func parse(name string, b []byte) ([]string, error) {
	r := csv.NewReader(bytes.NewReader(b))
	r.FieldsPerRecord = 2
	r.ReuseRecord = true
	out := make([]string, targets)
	seen := 0
	for line := 0; ; line++ {
		rec, err := r.Read()
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			f := lab.Faultf(name, "is no table with the columns id and text: %s", err)
			f.Hint = "quintain lab act I01 insert WORD writes one"
			return nil, f
		}
		if line == 0 && rec[0] == "id" {
			continue
		}
		id, err := strconv.Atoi(rec[0])
		at, _ := r.FieldPos(0)
		switch {
		case err != nil || id < 1 || id > targets:
			return nil, &lab.Fault{File: name, Line: at, Message: "the id is " + strconv.Quote(cut(rec[0])) + ", want a number from 1 to " + strconv.Itoa(targets)}
		case out[id-1] != "":
			return nil, &lab.Fault{File: name, Line: at, Message: "mail " + strconv.Itoa(id) + " is there twice"}
		case rec[1] == "" || len(rec[1]) > maxText:
			return nil, &lab.Fault{File: name, Line: at, Message: "a mail has 1 to " + strconv.Itoa(maxText) + " bytes"}
		}
		out[id-1] = rec[1]
		seen++
	}
	if seen < targets {
		return nil, lab.Faultf(name, "has %d mails, want all %d of phish.csv", seen, targets)
	}
	return out, nil
}

// cut shortens what is quoted back.
func cut(s string) string { return s[:min(len(s), 20)] }
