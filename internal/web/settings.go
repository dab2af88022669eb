package web

import (
	"net/http"

	"quintain/taxonomy"
)

// A settingsPage tells how the workbench is set up. It changes nothing: what is
// set, is set by flags and variables, so that it can be read in one place.
type settingsPage struct {
	Tool      string
	Hosts     []string
	Folders   []Folder
	Endpoints []Endpoint
	Sources   []taxonomy.Source
	Policy    string
	Checks    int
	Exercises int
}

func (w *Workbench) settings(*http.Request) (*page, error) {
	return &page{Name: "settings", Title: "Settings", Section: "Settings", Command: "quintain serve --help", Data: settingsPage{
		Tool: w.o.Tool.Name + " " + w.o.Tool.Version, Hosts: w.o.Hosts, Folders: w.o.Folders, Endpoints: w.o.Endpoints,
		Sources: taxonomy.Sources(), Policy: Policy, Checks: len(w.o.Checks), Exercises: len(w.o.Range.Exercises()),
	}}, nil
}
