package cli

import (
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"quintain"
	"quintain/lab/app"
	"quintain/llm/standin"
)

// checkEndpoint refuses what can only be a mistake of the operator.
func checkEndpoint(ref, profile string, trials int) error {
	t := quintain.Target{Kind: quintain.KindAgent, Ref: ref}
	switch scheme, _, remote := strings.Cut(ref, "://"); {
	case t.Validate() != nil:
		return hint(&usageError{t.Validate()}, "put the key into an environment variable and name it with --key-env")
	case remote && scheme != "http" && scheme != "https":
		return usagef("an endpoint is reached over http or https, not over %q", scheme)
	case !remote && ref != app.Builtin:
		return hint(usagef("%q is neither the address of an endpoint nor an application that comes with the program", strings.TrimPrefix(ref[strings.LastIndex(ref, "@")+1:], "/")),
			"http://HOST:PORT/v1, or %s", app.Builtin)
	case profile != "" && !slices.Contains(standin.Profiles(), profile):
		return usagef("there is no profile %q (have %s)", profile, strings.Join(standin.Profiles(), ", "))
	case trials < 0:
		return usagef("--trials is %d, want a number from 1, or 0 for the engine's choice", trials)
	}
	return nil
}

func probeCommand(env *Env, cat *catalog) *cobra.Command {
	var o output
	var checks []string
	var prompt, profile, model string
	var w wiring
	cmd := &cobra.Command{
		Use:   "probe <endpoint>",
		Short: "Probe a chat endpoint or an agent; effects decide, not wording",
		Long: `Probe a chat-completions endpoint (an http or https URL), or a built-in application
such as builtin:appointment. An endpoint is given a system prompt with a secret and
two tools that act on a small world; a probe succeeds when the secret crosses or a
forbidden tool is called, never because of how a reply is worded.`,
		Example: "  quintain probe builtin:appointment\n  quintain probe http://127.0.0.1:11434/v1 --model llama3.2",
		Args:    args(cobra.ExactArgs(1)),
		RunE: func(cmd *cobra.Command, a []string) error {
			t := quintain.Target{Kind: quintain.KindAgent, Ref: a[0], With: map[string]string{}}
			if err := checkEndpoint(t.Ref, profile, w.trials); err != nil {
				return err
			}
			for k, v := range map[string]string{"prompt": prompt, "profile": profile, "model": model} {
				if v != "" {
					t.With[k] = v
				}
			}
			bar := newProgress(env, false)
			w.env, w.cat, w.seed = env, cat, o.seed
			w.progress = func(done, total int) { bar.step(done, total, "probing "+a[0]) }
			j := job{
				out: &o, kind: "probe", engine: w.prober(), checks: checks, targets: []quintain.Target{t}, digest: w.digest,
				command: repeat(cmd, a, o.seed),
			}
			defer bar.clear()
			return j.run(cmd.Context(), env, cat)
		},
	}
	o.flags(cmd, cat)
	w.keys.flag(cmd)
	f := cmd.Flags()
	f.StringArrayVar(&checks, "check", nil, "run this `check` or family only (repeatable)")
	f.StringVar(&prompt, "prompt", "", "`file` with the system prompt")
	f.StringVar(&profile, "profile", "", "susceptibility of the built-in stand-in: naive, obliging, careful, hardened")
	f.StringVar(&model, "model", "", "name of the model at the endpoint")
	f.IntVar(&w.trials, "trials", 0, "attempts per probe (default: the engine's)")
	return cmd
}
