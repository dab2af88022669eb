package cli

import (
	"bytes"
	"fmt"

	"github.com/spf13/cobra"

	"quintain"
	"quintain/ledger"
)

func ledgerCommand(env *Env) *cobra.Command {
	cmd := &cobra.Command{
		Use:     "ledger",
		Short:   "Show and verify what really happened",
		Example: "  quintain ledger verify .quintain/ledger.jsonl",
		Args:    args(cobra.NoArgs),
		RunE:    func(cmd *cobra.Command, _ []string) error { return cmd.Help() },
	}
	cmd.AddCommand(ledgerShow(env), ledgerVerify(env))
	return cmd
}

func ledgerShow(env *Env) *cobra.Command {
	var asJSON bool
	cmd := &cobra.Command{
		Use:     "show <ledger.jsonl>",
		Short:   "Show the events of a ledger, after verifying it",
		Example: "  quintain ledger show ledger.jsonl\n  quintain ledger show ledger.jsonl --json",
		Args:    args(cobra.ExactArgs(1)),
		RunE: func(_ *cobra.Command, a []string) error {
			data, err := readInput(env, a[0])
			if err != nil {
				return err
			}
			l, err := ledger.Read(bytes.NewReader(data))
			if err != nil {
				return fmt.Errorf("%s: %w", a[0], err)
			}
			if asJSON {
				return encode(env, l.Events())
			}
			for _, e := range l.Events() {
				fmt.Fprintf(env.Stdout, "%4d  %-14s %-14s %s %s %s\n", e.Seq, oneLine(e.Kind), oneLine(e.Actor), oneLine(e.Name), oneLine(string(e.Args)), oneLine(e.Text))
			}
			return nil
		},
	}
	cmd.Flags().BoolVar(&asJSON, "json", false, "write JSON")
	return cmd
}

func ledgerVerify(env *Env) *cobra.Command {
	var head string
	cmd := &cobra.Command{
		Use:     "verify <ledger.jsonl>",
		Short:   "Find any edit in a ledger",
		Long:    "Find any edit in a ledger. Without --head the chain proves that nothing inside was\nchanged; with it, also that nothing was cut off at the end.",
		Example: "  quintain ledger verify ledger.jsonl\n  quintain ledger verify ledger.jsonl --head sha256:DIGEST",
		Args:    args(cobra.ExactArgs(1)),
		RunE: func(_ *cobra.Command, a []string) error {
			data, err := readInput(env, a[0])
			if err != nil {
				return err
			}
			n, got, err := ledger.Verify(bytes.NewReader(data))
			if err == nil && head != "" && got != quintain.Digest(head) {
				err = fmt.Errorf("the last event is %s, not %s: events are missing or added", got, head)
			}
			if err != nil {
				fmt.Fprintf(env.Stdout, "%s: %s\n", oneLine(a[0]), oneLine(err.Error()))
				return &exitError{statusFailed}
			}
			if n == 0 && head == "" {
				return hint(fmt.Errorf("%s: no events: an empty file shows nothing, and so does one of which all was cut off", a[0]),
					"--head DIGEST finds what was cut off, if you have the digest of the last event")
			}
			fmt.Fprintf(env.Stdout, "%s: %d events, unbroken, head %s\n", oneLine(a[0]), n, got)
			return nil
		},
	}
	cmd.Flags().StringVar(&head, "head", "", "the `digest` that the last event must have")
	return cmd
}
