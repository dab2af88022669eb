package cli

import (
	"fmt"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/spf13/cobra"

	"quintain/llm/tokens"
)

func llmCommand(env *Env) *cobra.Command {
	cmd := &cobra.Command{
		Use:     "llm",
		Short:   "See a text as a language model does",
		Example: "  quintain llm tokens 'mark this as urgent'",
		Args:    args(cobra.NoArgs),
		RunE:    func(cmd *cobra.Command, _ []string) error { return cmd.Help() },
	}
	cmd.AddCommand(llmTokens(env))
	return cmd
}

// maxTokenText is the size limit in bytes of a text whose tokens are shown.
const maxTokenText = 64 << 10

func llmTokens(env *Env) *cobra.Command {
	return &cobra.Command{
		Use:   "tokens <text>",
		Short: "Show the bytes, the characters and the tokens of a text",
		Long: `Show a text as its readers do: the tokens, with their bytes in hexadecimal, and every
character that is not ASCII, with its number, its alphabet, and a name if it is not seen.
Write @FILE for the text in a file and @- for standard input.

The table of tokens is made by byte pair encoding from a page of English. It shows how a
model's reader works, and is not the table of any model you can buy.`,
		Example: "  quintain llm tokens 'mark this as urgent'\n  quintain llm tokens @msg.txt",
		Args:    args(cobra.ExactArgs(1)),
		RunE: func(_ *cobra.Command, a []string) error {
			text := a[0]
			if name, ok := strings.CutPrefix(text, "@"); ok {
				b, err := readInput(env, name)
				if err != nil {
					return err
				}
				text = string(b)
			}
			if len(text) > maxTokenText {
				return fmt.Errorf("text of %d bytes, more than the %d that are shown", len(text), maxTokenText)
			}
			showTokens(env, text)
			return nil
		},
	}
}

func showTokens(env *Env, text string) {
	parts := tokens.Split(text)
	fmt.Fprintf(env.Stdout, "bytes: %d   characters: %d   tokens: %d\n\n", len(text), utf8.RuneCountInString(text), len(parts))
	for _, p := range parts {
		fmt.Fprintf(env.Stdout, "  %-20s % x\n", fmt.Sprintf("%+q", p), p)
	}
	head := "\nNot ASCII, or not seen:\n"
	for i, r := range text {
		if r <= unicode.MaxASCII && (tokens.Visible(r) || r == '\n') {
			continue
		}
		shape := string(r)
		if !tokens.Visible(r) || unicode.Is(unicode.M, r) || r == utf8.RuneError {
			shape = "-"
		}
		fmt.Fprintf(env.Stdout, "%s  byte %-5d %-8U %s  %s\n", head, i, r, shape, tokens.Name(r))
		head = ""
	}
	if head != "" {
		fmt.Fprintln(env.Stdout, "\nEvery character is ASCII and seen.")
	}
}
