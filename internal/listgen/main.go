// Command listgen writes the lists of plug-ins, and the skeletons of new ones.
//
// A plug-in is a package-level variable of a known name in a folder below its
// engine. For each kind of plug-in the command writes one list in the engine's
// package all, so that adding a plug-in is adding a folder. With -check it
// writes nothing and exits with status 1 if a list is stale. With -new it
// makes a folder that compiles and passes its tests, with the places to change
// marked TODO.
package main

import (
	"flag"
	"fmt"
	"os"
	"strings"
)

func main() {
	root := flag.String("root", ".", "root `folder` of the module")
	check := flag.Bool("check", false, "write nothing; report stale lists")
	name := flag.String("new", "", "make the skeleton of a plug-in with this `path`, such as scan/mine")
	flag.Parse()
	if err := run(*root, *name, *check); err != nil {
		fmt.Fprintln(os.Stderr, "listgen:", err)
		os.Exit(1)
	}
}

func run(root, name string, check bool) error {
	if name != "" {
		if err := scaffold(root, name); err != nil {
			return err
		}
	}
	stale, err := generate(root, !check)
	if err != nil {
		return err
	}
	if check && len(stale) > 0 {
		return fmt.Errorf("stale: %s (go generate ./... writes them)", strings.Join(stale, " "))
	}
	return nil
}
