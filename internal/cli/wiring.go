package cli

import (
	"context"
	"fmt"
	"net/url"
	"slices"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"quintain"
	"quintain/assess"
	"quintain/attack/evasion"
	"quintain/attack/poisoning"
	"quintain/attack/privacy"
	"quintain/internal/endpoint"
	"quintain/lab/app"
	"quintain/llm"
	"quintain/llm/openai"
	"quintain/ml/graph"
	"quintain/probe"
	"quintain/scan"
)

// A keyFlag names the environment variable that holds the endpoint's key. The
// key itself is never an argument: arguments are visible to everybody.
type keyFlag struct{ name string }

const defaultKeyEnv = "QUINTAIN_API_KEY"

func (k *keyFlag) flag(cmd *cobra.Command) {
	cmd.Flags().StringVar(&k.name, "key-env", defaultKeyEnv, "environment `variable` with the key of the endpoint")
}

// A wiring builds engines and hands them what they need.
type wiring struct {
	env  *Env
	cat  *catalog
	seed uint64
	keys keyFlag

	// What single commands set; the zero values are the engines' defaults.
	jobs     int
	evasion  evasion.Options
	privacy  privacy.Options
	trials   int
	timeout  time.Duration                              // of one answer
	sleep    func(context.Context, time.Duration) error // nil waits in real time
	flags    []string                                   // for the command line that makes an attempt again
	copied   func(check string, g *graph.Graph) error
	asked    func(check string, row []float32, label int) error
	progress func(done, total int)
}

// engines returns one engine of each kind.
func (w *wiring) engines() []quintain.Engine {
	return []quintain.Engine{w.scan(), w.attacker(), w.eavesdropper(), w.poisoner(), w.thief(), w.prober()}
}

func (w *wiring) scan() quintain.Engine {
	return scan.New(scan.Options{Jobs: w.jobs}, w.cat.formats...)
}

func (w *wiring) attacker() quintain.Engine {
	o := w.evasion
	o.Seed = w.seed
	o.Open = w.ask
	o.Progress = w.progress
	return evasion.New(o, w.cat.attacks...)
}

func (w *wiring) poisoner() quintain.Engine {
	return poisoning.New(poisoning.Options{Seed: w.seed, Progress: w.progress}, w.cat.poisons...)
}

func (w *wiring) prober() quintain.Engine {
	flags := slices.Clone(w.flags)
	if w.keys.name != "" && w.keys.name != defaultKeyEnv {
		flags = append(flags, "--key-env", w.keys.name)
	}
	return probe.New(probe.Options{
		Open: func(ctx context.Context, t quintain.Target) (probe.App, error) { return w.open(ctx, t) },
		Twin: app.Twin, Seed: w.seed, Trials: w.trials, Flags: flags, Strategies: w.cat.strategies, Progress: w.progress,
	}, w.cat.probes...)
}

// open opens a chat endpoint or a built-in application.
func (w *wiring) open(ctx context.Context, t quintain.Target) (probe.App, error) {
	return app.Open(ctx, t, func(endpoint string) (llm.Chat, error) {
		return openai.New(endpoint, openai.Options{Key: w.env.Getenv(w.keys.name), Model: t.With["model"], Timeout: w.timeout})
	})
}

// digest binds applications: their prompt, tools and profile.
func (w *wiring) digest(ctx context.Context, t quintain.Target) (quintain.Digest, error) {
	if t.Kind != quintain.KindAgent && t.Kind != quintain.KindChat {
		return "", nil
	}
	a, err := w.open(ctx, t)
	if err != nil {
		return "", err
	}
	bound, err := assess.Bind(ctx, t)
	if err != nil {
		return "", err
	}
	return quintain.DigestOf(fmt.Appendf(nil, "%s\n%s\n", bound, a.Target().Digest)), nil
}

// needs says what running c against t needs beyond what c says: a target on
// another machine needs the network, and a strange model costs money.
func needs(_ *quintain.Check, t quintain.Target) quintain.Need {
	if described(t) {
		if c, err := endpoint.Load(t.Ref); err == nil {
			t.Ref = c.URL
		}
	}
	if !strings.Contains(t.Ref, "://") {
		return 0
	}
	u, err := url.Parse(t.Ref)
	if err != nil {
		return quintain.NeedNetwork | quintain.NeedSpend
	}
	switch u.Hostname() {
	case "localhost", "127.0.0.1", "::1":
		return 0
	}
	return quintain.NeedNetwork | quintain.NeedSpend
}
