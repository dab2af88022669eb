package cli

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"net"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"

	"github.com/spf13/cobra"

	"quintain/assess"
	"quintain/curriculum"
	"quintain/internal/regular"
	"quintain/internal/web"
	"quintain/lab"
	doc "quintain/report"
)

// defaultAddr is where the workbench answers unless told otherwise. If
// something else answers there, any free port will do.
const defaultAddr = "127.0.0.1:7811"

// A serveFlags is what the operator says about the workbench.
type serveFlags struct {
	lab  labFlags
	addr string
	keys keyFlag
}

func serveCommand(env *Env, cat *catalog) *cobra.Command {
	var o serveFlags
	cmd := &cobra.Command{
		Use:   "serve",
		Short: "Open the workbench: range, assessments, path and catalog in the browser",
		Long: `Open the workbench in the browser: the range, assessments, your path and the
catalog, with the same functions as the commands. It answers on this machine only,
to whoever has the address that it prints.`,
		Example: "  quintain serve\n  quintain serve --addr 127.0.0.1:9000",
		Args:    args(cobra.NoArgs),
		RunE:    func(cmd *cobra.Command, _ []string) error { return o.serve(cmd.Context(), env, cat) },
	}
	o.lab.flags(cmd)
	o.keys.flag(cmd)
	cmd.Flags().StringVar(&o.addr, "addr", "", "loopback `address` to answer on (default "+defaultAddr+", or any free port)")
	return cmd
}

// serve answers until ctx ends.
func (o *serveFlags) serve(ctx context.Context, env *Env, cat *catalog) (err error) {
	l, err := o.listen(ctx)
	if err != nil {
		return err
	}
	defer l.Close() //nolint:errcheck // closed already if all went well
	home, err := o.lab.folder(env)
	if err != nil {
		return err
	}
	token, err := tokenIn(home)
	if err != nil {
		return err
	}
	r, done, err := o.lab.open(ctx, env)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, done()) }()
	w, err := web.New(ctx, o.options(env, cat, r, home, token, l.Addr().String()))
	if err != nil {
		return err
	}
	fmt.Fprintf(env.Stdout, "Quintain workbench: http://%s/?token=%s\n", l.Addr(), token)
	fmt.Fprintln(env.Stderr, "It answers on this machine only. Stop it with Ctrl-C.")
	return w.Serve(ctx, l)
}

// listen opens the address, which must be one of this machine's own.
func (o *serveFlags) listen(ctx context.Context) (net.Listener, error) {
	addr := o.addr
	if addr == "" {
		addr = defaultAddr
	}
	host, port, err := net.SplitHostPort(addr)
	if err != nil {
		return nil, hint(usagef("--addr: %q is no address", o.addr), "--addr %s", defaultAddr)
	}
	if host == "localhost" {
		host = "127.0.0.1"
	}
	if ip := net.ParseIP(host); ip == nil || !ip.IsLoopback() {
		return nil, hint(usagef("--addr: %q can be reached from other machines, which needs TLS and accounts", addr),
			"--addr 127.0.0.1:%s, and from elsewhere ssh -L %s:127.0.0.1:%s to this machine", port, port, port)
	}
	var lc net.ListenConfig
	l, err := lc.Listen(ctx, "tcp", net.JoinHostPort(host, port))
	if err != nil && o.addr == "" {
		l, err = lc.Listen(ctx, "tcp", "127.0.0.1:0")
	}
	if err != nil {
		return nil, hint(fmt.Errorf("the workbench cannot answer on %s: %w", addr, err), "--addr 127.0.0.1:0 takes any free port")
	}
	return l, nil
}

// tokenIn returns the token of this install, made when first asked for. It is
// its owner's alone.
func tokenIn(home string) (string, error) {
	if err := os.MkdirAll(home, 0o700); err != nil {
		return "", err
	}
	name := filepath.Join(home, "workbench.token")
	f, err := os.OpenFile(name, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o600)
	if err == nil {
		token := strings.ToLower(rand.Text())
		_, err = io.WriteString(f, token+"\n")
		return token, errors.Join(err, f.Close())
	}
	if !errors.Is(err, fs.ErrExist) {
		return "", err
	}
	b, err := regular.Read(name, 1<<10)
	if err != nil {
		return "", err
	}
	token := strings.TrimSpace(string(b))
	if len(token) < 16 {
		return "", hint(fmt.Errorf("%s holds no token", name), "remove it, and a new one is made")
	}
	return token, nil
}

// hosts returns what requests may call the address.
func hosts(addr string) []string {
	_, port, err := net.SplitHostPort(addr)
	if err != nil {
		return []string{addr}
	}
	return []string{addr, net.JoinHostPort("localhost", port)}
}

// options hands the workbench what it shows and does.
func (o *serveFlags) options(env *Env, cat *catalog, r *lab.Range, home, token, addr string) web.Options {
	facts := curriculum.Default()
	me := &learner{env: env, facts: facts, built: builtExercises()}
	var mu sync.Mutex // between reading and writing what is known about the learner
	w := web.Options{
		Tool: doc.Tool{Name: "quintain", Version: version()}, Token: token, Hosts: hosts(addr), Range: r, Now: env.Now,
		Modules: modulesOf(facts, r), Checks: cat.checks(), Curriculum: facts,
		Assess: func(ctx context.Context, a web.Assessment, progress func(assess.Progress)) (*doc.Document, error) {
			return o.assess(ctx, env, cat, a, progress)
		},
		Runs: runs, Load: func(name string) (*doc.Document, error) {
			return readRun(env, filepath.Join(runsFolder, filepath.Base(name), "run.json"))
		},
		Learner: func(ctx context.Context) (*curriculum.State, error) {
			mu.Lock()
			defer mu.Unlock()
			s, err := me.load()
			if err != nil {
				return nil, err
			}
			return withLevels(ctx, facts, s, r)
		},
		Change: func(_ context.Context, change func(*curriculum.State) error) error {
			mu.Lock()
			defer mu.Unlock()
			s, err := me.load()
			if err == nil {
				err = change(s)
			}
			if err != nil {
				return err
			}
			return me.save(s)
		},
		Endpoints: []web.Endpoint{
			{Name: "Chat endpoints", KeyEnv: o.keys.name, Set: env.Getenv(o.keys.name) != "", Doc: "The key that is sent to the endpoints of a system, if they ask for one. --key-env names another variable."},
			{Name: "Stand-in", Doc: "builtin:appointment, an application that is built in: no key, no network, the same answers every time."},
		},
		Folders: []web.Folder{
			{Name: "Work", Path: home, Doc: "Your exercises, your progress and the token of this install. --home or QUINTAIN_HOME names another."},
			{Name: "Runs", Path: runsFolder, Doc: "Assessments, from the folder in which the workbench was started."},
		},
	}
	if f, err := findFormat(cat, "html"); err == nil {
		w.Report = f.Write
	}
	if name, err := me.stateFile(); err == nil {
		w.Folders = append(w.Folders, web.Folder{Name: "Path", Path: name, Doc: "What you say about your skills, and what you proved."})
	}
	return w
}

// modulesOf names the folders of exercises as the curriculum does.
func modulesOf(c *curriculum.Curriculum, r *lab.Range) map[string]web.Module {
	out := make(map[string]web.Module)
	for _, e := range r.Exercises() {
		fact := c.Exercise(e.ID)
		if fact == nil {
			continue
		}
		i := slices.IndexFunc(c.Modules, func(m curriculum.Module) bool { return m.ID == fact.Module })
		if i >= 0 {
			out[e.Module()] = web.Module{Title: c.Modules[i].Title, About: c.Modules[i].About}
		}
	}
	return out
}

// runs lists the assessments below the folder that `assess` writes to, the
// latest first.
func runs() ([]web.Run, error) {
	files, err := filepath.Glob(filepath.Join(runsFolder, "*", "run.json"))
	if err != nil {
		return nil, err
	}
	var out []web.Run
	for _, f := range files {
		if info, err := os.Stat(f); err == nil && info.Mode().IsRegular() {
			out = append(out, web.Run{Name: filepath.Base(filepath.Dir(f)), At: info.ModTime().UTC()})
		}
	}
	slices.SortStableFunc(out, func(a, b web.Run) int { return b.At.Compare(a.At) })
	return out, nil
}

// assess does what `quintain assess` does, and keeps the run where that does.
func (o *serveFlags) assess(ctx context.Context, env *Env, cat *catalog, a web.Assessment, progress func(assess.Progress)) (*doc.Document, error) {
	as := assessFlags{output: output{failOn: "high", seed: 1, format: "json"}, keys: o.keys}
	_, failOn, _, err := as.parse(cat)
	if err != nil {
		return nil, err
	}
	m, err := loadSystem(a.File)
	if err != nil {
		return nil, err
	}
	command := []string{"quintain", "assess", a.File}
	if a.Grant != 0 {
		command = append(command, "--grant", a.Grant.String())
	}
	dir, err := as.folder(m)
	if err != nil {
		return nil, err
	}
	ao := as.options(env, cat, failOn, a.Grant, command)
	ao.Progress = progress
	d, err := assess.Run(ctx, m, ao)
	if err != nil {
		return nil, fmt.Errorf("assess %s: %w", a.File, err)
	}
	return d, keepRun(cat, dir, d)
}
