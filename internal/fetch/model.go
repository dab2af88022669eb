package fetch

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"path"
	"regexp"
	"strings"
)

// A model place is a version of a registered model in MLflow.
type model struct{ name, version string }

var mlflowVersion = regexp.MustCompile(`^[0-9]{1,18}$`)

func parseModel(rest string) (place, error) {
	i := strings.LastIndexByte(rest, '/')
	if i <= 0 || !mlflowVersion.MatchString(rest[i+1:]) {
		return nil, fmt.Errorf("%q is not MODEL/VERSION, with a number as version", rest)
	}
	return &model{rest[:i], rest[i+1:]}, nil
}

func (*model) base(o *Options) (*url.URL, error) {
	if o.Endpoint == "" {
		return nil, errors.New("a model in MLflow needs the endpoint of the tracking server")
	}
	return endpoint(o, "")
}

func (m *model) list(ctx context.Context, c *client) (*listing, error) {
	c.authorize()
	q := url.Values{"name": {m.name}, "version": {m.version}}
	b, err := ask(ctx, c, q, "api/2.0/mlflow/model-versions/get")
	if err != nil {
		return nil, err
	}
	v, err := decodeVersion(b)
	if err != nil {
		return nil, err
	}
	if b, err = ask(ctx, c, q, "api/2.0/mlflow/model-versions/get-download-uri"); err != nil {
		return nil, err
	}
	uri, err := decodeURI(b)
	if err != nil {
		return nil, err
	}
	w := &walk{c: c, l: &listing{revision: "run " + v.Run}}
	switch {
	case uri.Scheme == "mlflow-artifacts" && (uri.Host == "" || sameHost(&url.URL{Scheme: c.home.Scheme, Host: uri.Host}, c.home)):
		w.root = strings.Trim(uri.Path, "/")
		w.l.revision = strings.TrimSpace(w.l.revision + " " + w.root)
		w.list, w.address = w.served, w.servedAt
	case v.Run != "":
		w.run = v.Run
		w.root = insideRun(uri)
		w.list, w.address = w.tracked, w.trackedAt
	default:
		return nil, fmt.Errorf("the model's files are kept where the tracking server does not serve them: %.100q", uri.Scheme)
	}
	if err := w.into(ctx, "", 0); err != nil {
		return nil, err
	}
	return w.l, nil
}

// insideRun returns where below the artifacts of its run a model is.
func insideRun(uri *url.URL) string {
	if uri.Scheme == "runs" {
		_, inside, _ := strings.Cut(strings.Trim(uri.Path+uri.Opaque, "/"), "/")
		return inside
	}
	if _, inside, ok := strings.Cut(uri.Path, "/artifacts/"); ok {
		return strings.Trim(inside, "/")
	}
	return ""
}

// ask asks the tracking server.
func ask(ctx context.Context, c *client, q url.Values, at ...string) ([]byte, error) {
	u := below(c.home, at...)
	u.RawQuery = q.Encode()
	b, _, err := c.read(ctx, u, http.Header{"Accept": {"application/json"}})
	return b, err
}

// A walk lists the files of a model, folder by folder.
type walk struct {
	c         *client
	l         *listing
	run, root string
	asked     int
	list      func(ctx context.Context, dir string) ([]mlflowFile, error)
	address   func(p string) *url.URL
}

const maxDepth = 32 // folders in folders

// into lists the folder dir, which is below the root, and those in it.
func (w *walk) into(ctx context.Context, dir string, depth int) error {
	if w.asked++; depth > maxDepth || w.asked > w.c.o.MaxFiles {
		return errors.New("the model's folders have no end")
	}
	files, err := w.list(ctx, dir)
	if err != nil {
		return err
	}
	for _, f := range files {
		p := path.Join(dir, f.Path)
		if err := checkName(f.Path); err != nil {
			return err
		}
		if f.Dir {
			if err := w.into(ctx, p, depth+1); err != nil {
				return err
			}
			continue
		}
		if len(w.l.files) >= maxListed(w.c.o) {
			return errors.New("the model's folders have no end")
		}
		w.l.files = append(w.l.files, file{Path: p, Size: int64(f.Size), URL: w.address(p), Public: true})
	}
	return nil
}

// served lists by the server's own store of artifacts.
func (w *walk) served(ctx context.Context, dir string) ([]mlflowFile, error) {
	b, err := ask(ctx, w.c, url.Values{"path": {path.Join(w.root, dir)}}, "api/2.0/mlflow-artifacts/artifacts")
	if err != nil {
		return nil, err
	}
	files, _, err := decodeArtifacts(b)
	return files, err
}

func (w *walk) servedAt(p string) *url.URL {
	return below(w.c.home, "api/2.0/mlflow-artifacts/artifacts", path.Join(w.root, p))
}

// tracked lists by the run that made the model.
func (w *walk) tracked(ctx context.Context, dir string) ([]mlflowFile, error) {
	var all []mlflowFile
	at := path.Join(w.root, dir)
	for token := ""; ; {
		q := url.Values{"run_id": {w.run}}
		if at != "" {
			q.Set("path", at)
		}
		if token != "" {
			q.Set("page_token", token)
		}
		b, err := ask(ctx, w.c, q, "api/2.0/mlflow/artifacts/list")
		if err != nil {
			return nil, err
		}
		page, next, err := decodeArtifacts(b)
		if err != nil {
			return nil, err
		}
		for _, f := range page { // paths are below the run
			rest, ok := strings.CutPrefix(f.Path, at+"/")
			if at == "" {
				rest, ok = f.Path, true
			}
			if !ok {
				return nil, fmt.Errorf("the tracking server lists %.100q in %.100q", f.Path, at)
			}
			f.Path = rest
			all = append(all, f)
		}
		if next == "" {
			return all, nil
		}
		if next == token || len(page) == 0 || len(all) > maxListed(w.c.o) {
			return nil, errors.New("the model's folders have no end")
		}
		token = next
	}
}

func (w *walk) trackedAt(p string) *url.URL {
	u := below(w.c.home, "get-artifact")
	u.RawQuery = url.Values{"run_uuid": {w.run}, "path": {path.Join(w.root, p)}}.Encode()
	return u
}

type mlflowModel struct {
	Run string `json:"run_id"`
}

// decodeVersion reads what the registry says about a version.
func decodeVersion(b []byte) (mlflowModel, error) {
	var w struct {
		Version mlflowModel `json:"model_version"`
	}
	if err := json.Unmarshal(b, &w); err != nil {
		return mlflowModel{}, fmt.Errorf("the registry's answer is not what its API says: %w", err)
	}
	return w.Version, nil
}

// decodeURI reads where the registry says that the files of a version are.
func decodeURI(b []byte) (*url.URL, error) {
	var w struct {
		URI string `json:"artifact_uri"`
	}
	if err := json.Unmarshal(b, &w); err != nil {
		return nil, fmt.Errorf("the registry's answer is not what its API says: %w", err)
	}
	u, err := url.Parse(w.URI)
	if err != nil || w.URI == "" {
		return nil, errors.New("the registry does not say where the model's files are")
	}
	return u, nil
}

type mlflowFile struct {
	Path string     `json:"path"`
	Dir  bool       `json:"is_dir"`
	Size mlflowSize `json:"file_size"`
}

// An mlflowSize is a number or, as protocol buffers write long ones, a string.
type mlflowSize int64

// UnmarshalJSON implements [json.Unmarshaler].
func (s *mlflowSize) UnmarshalJSON(b []byte) error {
	var n json.Number
	if err := json.Unmarshal(b, &n); err != nil {
		return err
	}
	if n == "" { // null
		*s = -1
		return nil
	}
	i, err := n.Int64()
	if err != nil || i < 0 {
		return fmt.Errorf("a file of %q bytes", n.String())
	}
	*s = mlflowSize(i)
	return nil
}

// decodeArtifacts reads a page of a list of artifacts and the token of the
// next.
func decodeArtifacts(b []byte) (files []mlflowFile, next string, err error) {
	var w struct {
		Files []json.RawMessage `json:"files"`
		Next  string            `json:"next_page_token"`
	}
	if err := json.Unmarshal(b, &w); err != nil {
		return nil, "", fmt.Errorf("the list of artifacts is not what the API says: %w", err)
	}
	for _, raw := range w.Files {
		f := mlflowFile{Size: -1}
		if err := json.Unmarshal(raw, &f); err != nil {
			return nil, "", fmt.Errorf("the list of artifacts is not what the API says: %w", err)
		}
		files = append(files, f)
	}
	return files, w.Next, nil
}
