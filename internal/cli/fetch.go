package cli

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"quintain"
	"quintain/internal/fetch"
)

const fetchLong = `Bring the files of a model into a folder and record their digests there, in
quintain.fetch.json. Scanning never uses the network; this is the step before it.

Sources:
  https://HOST/PATH/FILE        one file
  hf:OWNER/NAME@REVISION        a repository of a model hub; a branch is resolved to
                                its commit first, and the commit is recorded
  s3://BUCKET/KEY               an object of an S3-compatible store, or all below KEY/
  oci://HOST/REPO:TAG@DIGEST    an artifact in a registry
  mlflow:MODEL/VERSION          a registered model version; needs --endpoint

A transfer that breaks off is taken up again, by the next fetch too. What the
source promises is proved: hub and registry digests, and --sha256. A second fetch
verifies what is there. Credentials are read from environment variables that you
name, go to the host of the source only, and are written nowhere.`

// A fetching is the flags of one fetch.
type fetching struct {
	fetch.Options
	grant, sha256                string
	userEnv, secretEnv, tokenEnv string
	json, headOnly               bool
}

func fetchCommand(env *Env) *cobra.Command {
	var o fetching
	cmd := &cobra.Command{
		Use:   "fetch <source>",
		Short: "Bring model files from elsewhere, verified, for scanning",
		Long:  fetchLong,
		Example: "  quintain fetch hf:OWNER/NAME@main --to models/name --grant network --allow-host '*.hf.co'\n" +
			"  quintain fetch https://example.com/model.pt --to models --grant network --sha256 DIGEST",
		Args: args(cobra.ExactArgs(1)),
		RunE: func(cmd *cobra.Command, a []string) error {
			s, err := fetch.Parse(a[0])
			if err != nil {
				return hint(&usageError{err}, "%s --help", cmd.CommandPath())
			}
			if err := o.parse(env); err != nil {
				return err
			}
			if o.headOnly {
				return o.heads(cmd.Context(), env, s)
			}
			if o.Dir == "" {
				return hint(usagef("no folder to fetch to"), "--to DIR")
			}
			return o.fetch(cmd.Context(), env, s)
		},
	}
	f := cmd.Flags()
	f.StringVar(&o.Dir, "to", "", "`folder` that receives the files")
	f.StringVar(&o.grant, "grant", "", "network: connect to other machines than this one")
	f.StringArrayVar(&o.Include, "include", nil, "fetch only files whose path or name matches this `glob` (repeatable)")
	f.Int64Var(&o.MaxBytes, "max-bytes", 64<<30, "refuse more `bytes` than this in all")
	f.IntVar(&o.MaxFiles, "max-files", 10_000, "refuse more files than this")
	f.StringVar(&o.sha256, "sha256", "", "the `digest` that the one file must have")
	f.StringArrayVar(&o.AllowHosts, "allow-host", nil, "follow redirects to this `host`, host:port or *.domain too (repeatable)")
	f.StringVar(&o.Endpoint, "endpoint", "", "base `URL` of the hub, store, registry or tracking server")
	f.StringVar(&o.Region, "region", "us-east-1", "region of an S3 bucket")
	f.BoolVar(&o.PlainHTTP, "plain-http", false, "allow unencrypted connections to other machines")
	f.StringVar(&o.userEnv, "user-env", "", "environment `variable` with the user name, or the id of an S3 key")
	f.StringVar(&o.secretEnv, "secret-env", "", "environment `variable` with the password, or the secret of an S3 key")
	f.StringVar(&o.tokenEnv, "token-env", "", "environment `variable` with a bearer token, or the session token of an S3 key")
	f.BoolVar(&o.headOnly, "head-only", false, "read only the headers of safetensors files, and keep nothing")
	f.BoolVar(&o.json, "json", false, "write JSON")
	return cmd
}

// parse checks the flags before anything is asked.
func (o *fetching) parse(env *Env) error {
	grant, err := quintain.ParseNeeds(o.grant)
	if err != nil {
		return usagef("--grant: %w", err)
	}
	if o.MaxBytes < 1 || o.MaxFiles < 1 {
		return usagef("--max-bytes and --max-files are numbers from 1")
	}
	if o.sha256 != "" {
		o.Digest = quintain.Digest("sha256:" + strings.ToLower(strings.TrimPrefix(o.sha256, "sha256:")))
		if err := o.Digest.Validate(); err != nil {
			return usagef("--sha256: %w", err)
		}
	}
	for _, v := range []struct {
		name string
		to   *string
	}{{o.userEnv, &o.Credentials.User}, {o.secretEnv, &o.Credentials.Secret}, {o.tokenEnv, &o.Credentials.Token}} {
		if v.name == "" {
			continue
		}
		if *v.to = env.Getenv(v.name); *v.to == "" {
			return usagef("the environment variable %q, which was named for credentials, is empty", v.name)
		}
	}
	if o.userEnv != "" && o.secretEnv == "" {
		return hint(usagef("a user name without a password"), "--secret-env VARIABLE")
	}
	o.Now = env.Now
	o.Permit = func(address string) error {
		missing := needs(nil, quintain.Target{Ref: address}) & quintain.NeedNetwork &^ grant
		if missing == 0 {
			return nil
		}
		return hint(fmt.Errorf("fetching from %s needs %s, which was not granted", address, missing), "--grant %s", missing)
	}
	return nil
}

// fetch brings the files and says what became of them.
func (o *fetching) fetch(ctx context.Context, env *Env, s fetch.Source) error {
	bar := newProgress(env, false)
	o.Progress = func(p fetch.Progress) {
		doing := p.Path + " " + size(p.Done)
		if p.Size >= 0 {
			doing += " of " + size(p.Size)
		}
		bar.step(p.File, p.Files, doing)
	}
	res, err := s.Fetch(ctx, o.Options)
	bar.clear()
	if err != nil {
		return explainFetch(ctx, err, s)
	}
	if o.json {
		return encode(env, res)
	}
	total := int64(0)
	if r := res.Manifest.Revision; r != "" {
		fmt.Fprintf(env.Stdout, "%s is %s\n", oneLine(s.String()), oneLine(r))
	}
	for i, f := range res.Manifest.Files {
		total += f.Size
		fmt.Fprintf(env.Stdout, "%-8s  %10s  %s  %s\n", res.Outcomes[i], size(f.Size), f.SHA256, oneLine(f.Path))
	}
	for _, p := range res.Left {
		fmt.Fprintf(env.Stdout, "left      no longer part of the source: %s\n", oneLine(p))
	}
	noun := "files"
	if len(res.Outcomes) == 1 {
		noun = "file"
	}
	fmt.Fprintf(env.Stdout, "%d %s, %s, recorded in %s/quintain.fetch.json\n", len(res.Outcomes), noun, size(total), strings.TrimRight(oneLine(o.Dir), "/"))
	return nil
}

// heads says what the headers of safetensors files say.
func (o *fetching) heads(ctx context.Context, env *Env, s fetch.Source) error {
	h, err := s.Heads(ctx, o.Options)
	if err != nil {
		return explainFetch(ctx, err, s)
	}
	if o.json {
		return encode(env, h)
	}
	if h.Revision != "" {
		fmt.Fprintf(env.Stdout, "%s is %s\n", oneLine(h.Source), oneLine(h.Revision))
	}
	for _, f := range h.Files {
		var types []string
		for t, n := range f.Types {
			types = append(types, fmt.Sprintf("%s ×%d", t, n))
		}
		slices.Sort(types)
		fmt.Fprintf(env.Stdout, "%s: %d tensors, %d parameters (%s)\n", oneLine(f.Path), f.Tensors, f.Parameters, strings.Join(types, ", "))
		var lines []string
		for k, v := range f.Metadata {
			lines = append(lines, "  "+oneLine(k)+": "+oneLine(v))
		}
		slices.Sort(lines)
		for _, line := range lines {
			fmt.Fprintln(env.Stdout, line)
		}
	}
	return nil
}

// explainFetch adds to an error what can be done about it.
func explainFetch(ctx context.Context, err error, s fetch.Source) error {
	if host, ok := errors.AsType[*fetch.HostError](err); ok {
		return hint(err, "--allow-host %s, if that host is trusted to serve files of this source", host.Host)
	}
	if status, ok := errors.AsType[*fetch.StatusError](err); ok && (status.Status == 401 || status.Status == 403) {
		return hint(err, "--token-env, or --user-env and --secret-env, name the variables that hold credentials")
	}
	if ctx.Err() != nil {
		return hint(fmt.Errorf("interrupted: %w", err), "quintain fetch %s again goes on from here", s)
	}
	return err
}
