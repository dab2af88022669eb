package cli

import (
	"fmt"
	"strings"
	"text/tabwriter"

	"github.com/spf13/cobra"

	"quintain"
	"quintain/taxonomy"
)

func checksCommand(env *Env, cat *catalog) *cobra.Command {
	var asJSON bool
	cmd := &cobra.Command{
		Use:     "checks [pattern]",
		Short:   "List the checks, with what each accepts and demonstrates",
		Example: "  quintain checks\n  quintain checks scan/\n  quintain checks --json",
		Args:    args(cobra.MaximumNArgs(1)),
		RunE: func(_ *cobra.Command, a []string) error {
			pattern := ""
			if len(a) > 0 {
				pattern = a[0]
			}
			var list []*quintain.Check
			for _, c := range cat.checks() {
				if strings.Contains(c.Name, pattern) || strings.Contains(c.Title(), pattern) {
					list = append(list, c)
				}
			}
			if len(list) == 0 {
				return hint(usagef("no check has %q in its name or title", pattern), "quintain checks lists them all")
			}
			if asJSON {
				return writeChecks(env, list)
			}
			w := tabwriter.NewWriter(env.Stdout, 0, 0, 2, ' ', 0)
			for _, c := range list {
				fmt.Fprintf(w, "%s\t%s\t%s\n", c.Name, c.Techniques[0], c.Title())
			}
			return w.Flush()
		},
	}
	cmd.Flags().BoolVar(&asJSON, "json", false, "write JSON")
	return cmd
}

func writeChecks(env *Env, list []*quintain.Check) error {
	type row struct {
		Name       string               `json:"name"`
		Title      string               `json:"title"`
		Techniques []quintain.Technique `json:"techniques"`
		Accepts    []quintain.Kind      `json:"accepts"`
		Needs      string               `json:"needs"`
	}
	rows := make([]row, 0, len(list))
	for _, c := range list {
		rows = append(rows, row{c.Name, c.Title(), c.Techniques, c.Accepts, c.Needs.String()})
	}
	return encode(env, rows)
}

func explainCommand(env *Env, cat *catalog) *cobra.Command {
	return &cobra.Command{
		Use:     "explain <check or technique>",
		Short:   "Show the manual page of a check, or what a technique is",
		Example: "  quintain explain scan/pickle\n  quintain explain AML.T0051.000",
		Args:    args(cobra.ExactArgs(1)),
		RunE: func(_ *cobra.Command, a []string) error {
			for _, c := range cat.checks() {
				if c.Name == a[0] {
					return explainCheck(env, c)
				}
			}
			if _, ok := taxonomy.Lookup(a[0]); ok {
				return showEntry(env, a[0], false)
			}
			return hint(usagef("no check and no technique is called %q", a[0]), "quintain checks lists the checks")
		},
	}
}

func explainCheck(env *Env, c *quintain.Check) error {
	fmt.Fprintf(env.Stdout, "%s\n\n%s\n", c.Name, strings.TrimSpace(c.Doc))
	fmt.Fprintf(env.Stdout, "\nAccepts: %s\nNeeds: %s\nTechniques:\n", kinds(c.Accepts), c.Needs)
	for _, id := range c.Techniques {
		fmt.Fprintf(env.Stdout, "  %s\n", taxonomy.Label(string(id)))
	}
	return nil
}

func kinds(ks []quintain.Kind) string {
	var s []string
	for _, k := range ks {
		s = append(s, string(k))
	}
	return strings.Join(s, ", ")
}
