package cli

import (
	"errors"
	"fmt"
	"io/fs"
	"path/filepath"
	"strings"

	"github.com/spf13/cobra"

	"quintain/internal/regular"
	"quintain/taxonomy"
)

func taxonomyCommand(env *Env) *cobra.Command {
	cmd := &cobra.Command{
		Use:     "taxonomy",
		Short:   "Look up and check the ids of public taxonomies",
		Example: "  quintain taxonomy show AML.T0051",
		Args:    args(cobra.NoArgs),
		RunE:    func(cmd *cobra.Command, _ []string) error { return cmd.Help() },
	}
	cmd.AddCommand(taxonomyShow(env), taxonomyLint(env), taxonomyUpdate(env))
	return cmd
}

func taxonomyShow(env *Env) *cobra.Command {
	var asJSON bool
	cmd := &cobra.Command{
		Use:     "show <id>",
		Short:   "Show an entry: what it is called, where it belongs, who maps it to what",
		Example: "  quintain taxonomy show AML.T0051\n  quintain taxonomy show LLM01:2026 --json",
		Args:    args(cobra.ExactArgs(1)),
		RunE:    func(_ *cobra.Command, a []string) error { return showEntry(env, a[0], asJSON) },
	}
	cmd.Flags().BoolVar(&asJSON, "json", false, "write JSON")
	return cmd
}

// taxonomyLint reports wrong, stale and unqualified ids in files.
func taxonomyLint(env *Env) *cobra.Command {
	var asJSON bool
	cmd := &cobra.Command{
		Use:     "lint <file>...",
		Short:   "Find wrong, stale and unqualified ids in any text, YAML, JSON or SARIF",
		Example: "  quintain taxonomy lint README.md docs/*.md",
		Args:    args(cobra.MinimumNArgs(1)),
		RunE: func(_ *cobra.Command, a []string) error {
			set, err := overlay(env)
			if err != nil {
				return err
			}
			var issues []taxonomy.Issue
			for _, name := range a {
				data, err := readInput(env, name)
				if err != nil {
					return err
				}
				issues = append(issues, set.Lint(name, data)...)
			}
			if err := writeIssues(env, issues, asJSON); err != nil {
				return err
			}
			if len(issues) > 0 {
				return &exitError{statusFailed}
			}
			return nil
		},
	}
	cmd.Flags().BoolVar(&asJSON, "json", false, "write JSON")
	return cmd
}

func writeIssues(env *Env, issues []taxonomy.Issue, asJSON bool) error {
	if asJSON {
		if issues == nil {
			issues = []taxonomy.Issue{}
		}
		return encode(env, issues)
	}
	for _, i := range issues {
		fmt.Fprintf(env.Stdout, "%s:%d:%d: %s: %s\n", oneLine(i.File), i.Line, i.Column, i.Kind, oneLine(i.Message))
		if i.Hint != "" {
			fmt.Fprintf(env.Stdout, "    %s\n", oneLine(i.Hint))
		}
	}
	fmt.Fprintf(env.Stderr, "%d issues\n", len(issues))
	return nil
}

// maxInput is the size limit in bytes of a text that is read whole.
const maxInput = 64 << 20

func readInput(env *Env, name string) ([]byte, error) {
	if name == "-" {
		return regular.All("standard input", env.Stdin, maxInput)
	}
	return regular.Read(name, maxInput)
}

// overlayFile is where `taxonomy update` keeps the release that the user
// supplied.
func overlayFile(env *Env) (string, error) {
	if dir := env.Getenv("XDG_DATA_HOME"); dir != "" {
		return filepath.Join(dir, "quintain", "atlas.json"), nil
	}
	if dir := env.Getenv("HOME"); dir != "" {
		return filepath.Join(dir, ".local", "share", "quintain", "atlas.json"), nil
	}
	return "", hint(errors.New("no folder for user data"), "set XDG_DATA_HOME")
}

// overlay returns the embedded taxonomy with the user's ATLAS release over it,
// if there is one.
func overlay(env *Env) (*taxonomy.Set, error) {
	name, err := overlayFile(env)
	if err != nil {
		return taxonomy.Default(), nil // nowhere to keep one, so there is none
	}
	f, err := regular.Open(name)
	if errors.Is(err, fs.ErrNotExist) {
		return taxonomy.Default(), nil
	}
	if err != nil {
		return nil, err
	}
	defer f.Close() //nolint:errcheck // only read
	set, err := taxonomy.WithOverlay(f)
	if err != nil {
		return nil, hint(fmt.Errorf("%s: %w", name, err), "remove the file, or run quintain taxonomy update again")
	}
	return set, nil
}

func taxonomyUpdate(env *Env) *cobra.Command {
	var from string
	cmd := &cobra.Command{
		Use:     "update --from ATLAS.yaml",
		Short:   "Use a newer ATLAS release from a file (formats 5.x and 6.x)",
		Example: "  quintain taxonomy update --from ATLAS.yaml",
		Args:    args(cobra.NoArgs),
		RunE: func(_ *cobra.Command, _ []string) error {
			if from == "" {
				return hint(usagef("no file given"), "quintain taxonomy update --from ATLAS.yaml")
			}
			return updateFrom(env, from)
		},
	}
	cmd.Flags().StringVar(&from, "from", "", "the `file` to read; nothing is fetched")
	return cmd
}

// updateFrom keeps the release in the named file as the user's overlay.
func updateFrom(env *Env, from string) error {
	data, err := readInput(env, from)
	if err != nil {
		return err
	}
	rel, err := taxonomy.ParseATLAS(strings.NewReader(string(data)))
	if err != nil {
		return fmt.Errorf("%s: %w", from, err)
	}
	name, err := overlayFile(env)
	if err != nil {
		return err
	}
	var b strings.Builder
	if err := rel.WriteOverlay(&b); err != nil {
		return err
	}
	if err := writeFile(name, []byte(b.String())); err != nil {
		return err
	}
	fmt.Fprintf(env.Stdout, "%s\nkept in %s\n", rel.Summary(), name)
	return nil
}
