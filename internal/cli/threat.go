package cli

import (
	"errors"
	"fmt"
	"io/fs"
	"strings"

	"github.com/spf13/cobra"

	"quintain"
	"quintain/taxonomy"
	"quintain/threat"
)

func threatCommand(env *Env, cat *catalog) *cobra.Command {
	cmd := &cobra.Command{
		Use:     "threat",
		Short:   "Check and draw a system model, and list its threats",
		Example: "  quintain threat check system.yaml",
		Args:    args(cobra.NoArgs),
		RunE:    func(cmd *cobra.Command, _ []string) error { return cmd.Help() },
	}
	cmd.AddCommand(threatCheck(env, cat), threatDiagram(env), threatSchema(env))
	return cmd
}

// threatCheck lists the threats of a system model. It runs no check, so it
// settles nothing.
func threatCheck(env *Env, cat *catalog) *cobra.Command {
	var asJSON bool
	cmd := &cobra.Command{
		Use:     "check <system.yaml>",
		Short:   "Check a system model and list the threats it implies",
		Example: "  quintain threat check examples/clinic/system.yaml",
		Args:    args(cobra.ExactArgs(1)),
		RunE: func(_ *cobra.Command, a []string) error {
			m, err := loadSystem(a[0])
			if err != nil {
				return err
			}
			threats := m.Threats(cat.rules)
			warnDangling(env, m, threats)
			if asJSON {
				return writeThreatsJSON(env, threats)
			}
			fmt.Fprintf(env.Stdout, "%s: %d elements, %d flows, %d threats\n", oneLine(m.Name), len(m.Elements), len(m.Flows), len(threats))
			for i := range threats {
				writeThreat(env, &threats[i])
			}
			return nil
		},
	}
	cmd.Flags().BoolVar(&asJSON, "json", false, "write JSON")
	return cmd
}

func writeThreat(env *Env, t *threat.Threat) {
	fmt.Fprintf(env.Stdout, "\n%s  %-8s %s (%s)\n", t.ID, t.Severity, t.Rule.Title(), t.Rule.Name)
	fmt.Fprintf(env.Stdout, "    %s\n", oneLine(t.Why))
	if len(t.Path) > 0 {
		fmt.Fprintf(env.Stdout, "    path: %s\n", strings.Join(t.Path, " → "))
	}
	if t.Unreachable != "" {
		fmt.Fprintf(env.Stdout, "    unreachable: %s\n", oneLine(t.Unreachable))
	}
	fmt.Fprintf(env.Stdout, "    %s\n    settled by: %s\n", taxonomy.Label(string(t.Rule.Techniques[0])), strings.Join(t.Rule.Verify, ", "))
}

func writeThreatsJSON(env *Env, threats []threat.Threat) error {
	type row struct {
		ID          string               `json:"id"`
		Rule        string               `json:"rule"`
		Severity    quintain.Severity    `json:"severity"`
		Elements    []string             `json:"elements"`
		Path        []string             `json:"path,omitempty"`
		Why         string               `json:"why"`
		Unreachable string               `json:"unreachable,omitempty"`
		Techniques  []quintain.Technique `json:"techniques"`
		Verify      []string             `json:"verify"`
	}
	rows := make([]row, 0, len(threats))
	for _, t := range threats {
		r := row{ID: t.ID, Rule: t.Rule.Name, Severity: t.Severity, Path: t.Path, Why: t.Why, Unreachable: t.Unreachable, Techniques: t.Rule.Techniques, Verify: t.Rule.Verify}
		for _, e := range t.Elements {
			r.Elements = append(r.Elements, e.ID)
		}
		rows = append(rows, r)
	}
	return encode(env, rows)
}

func threatDiagram(env *Env) *cobra.Command {
	var mermaid bool
	var file string
	cmd := &cobra.Command{
		Use:     "diagram <system.yaml>",
		Short:   "Draw a system model as SVG, or as Mermaid text",
		Example: "  quintain threat diagram system.yaml > system.svg",
		Args:    args(cobra.ExactArgs(1)),
		RunE: func(_ *cobra.Command, a []string) error {
			m, err := loadSystem(a[0])
			if err != nil {
				return err
			}
			out := m.SVG(threat.SVGOptions{Title: m.Name})
			if mermaid {
				out = []byte(m.Mermaid())
			}
			if file != "" && file != "-" {
				return writeFile(file, out)
			}
			_, err = env.Stdout.Write(out)
			return err
		},
	}
	cmd.Flags().BoolVar(&mermaid, "mermaid", false, "write Mermaid text")
	cmd.Flags().StringVarP(&file, "output", "o", "", "write to `file`")
	return cmd
}

func threatSchema(env *Env) *cobra.Command {
	return &cobra.Command{
		Use:     "schema",
		Short:   "Write the JSON Schema of system.yaml, for editors",
		Example: "  quintain threat schema > system.schema.json",
		Args:    args(cobra.NoArgs),
		RunE: func(_ *cobra.Command, _ []string) error {
			_, err := env.Stdout.Write(threat.Schema())
			return err
		},
	}
}

// warnDangling says which acceptances accept nothing.
func warnDangling(env *Env, m *threat.Model, threats []threat.Threat) {
	for _, a := range m.Dangling(threats) {
		fmt.Fprintf(env.Stderr, "warning: %s accepts %s, which is no threat of this system\n", oneLine(a.By), oneLine(a.Threat))
	}
}

func loadSystem(name string) (*threat.Model, error) {
	m, err := threat.Load(name)
	if _, notRead := errors.AsType[*fs.PathError](err); err != nil && !notRead {
		err = hint(err, "quintain threat schema writes the schema of the file")
	}
	return m, err
}
