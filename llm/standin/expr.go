package standin

import (
	"regexp"
	"sync"
)

// An expr is a regular expression that is compiled when it is first used: most
// runs of the program never ask the stand-in.
type expr struct {
	text string
	once sync.Once
	re   *regexp.Regexp
}

// compile returns the expression that text stands for; it panics at first use
// if that is none, and a test uses them all.
func compile(text string) *expr { return &expr{text: text} }

// get compiles the expression once.
func (e *expr) get() *regexp.Regexp {
	e.once.Do(func() { e.re = regexp.MustCompile(e.text) })
	return e.re
}

func (e *expr) MatchString(s string) bool { return e.get().MatchString(s) }

func (e *expr) FindStringSubmatch(s string) []string { return e.get().FindStringSubmatch(s) }

func (e *expr) FindAllString(s string, n int) []string { return e.get().FindAllString(s, n) }

func (e *expr) FindAllStringIndex(s string, n int) [][]int { return e.get().FindAllStringIndex(s, n) }

func (e *expr) FindAllStringSubmatch(s string, n int) [][]string {
	return e.get().FindAllStringSubmatch(s, n)
}

func (e *expr) ReplaceAllString(s, to string) string { return e.get().ReplaceAllString(s, to) }

func (e *expr) ReplaceAllStringFunc(s string, f func(string) string) string {
	return e.get().ReplaceAllStringFunc(s, f)
}

func (e *expr) Split(s string, n int) []string { return e.get().Split(s, n) }
