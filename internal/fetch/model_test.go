package fetch_test

import (
	"fmt"
	"maps"
	"net/http"
	"path"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// A tracking server is a small MLflow with version 3 of "fraud model".
type tracking struct {
	*recorder
	uri   string            // where the version's files are
	files map[string]string // below the store: run-1/artifacts/...
	list  func(dir string) string
}

func newTracking(t *testing.T, uri string) *tracking {
	t.Helper()
	s := &tracking{uri: uri, files: map[string]string{
		"1/run-1/artifacts/other.txt": "no", "1/run-1/artifacts/model/MLmodel": "flavors: {}", "1/run-1/artifacts/model/data/model.pkl": string(content(1000)), "1/run-1/artifacts/model/data/deep/x": "x",
	}}
	s.recorder = serve(t, s.answer)
	return s
}

// entries lists a folder of the store. Names are written after prefix.
func (s *tracking) entries(dir, prefix string) string {
	if s.list != nil {
		return s.list(dir)
	}
	seen := make(map[string]string)
	for p, b := range s.files {
		rest, ok := strings.CutPrefix(p, dir+"/")
		if !ok {
			continue
		}
		name, _, deeper := strings.Cut(rest, "/")
		seen[name] = fmt.Sprintf(`{"path":%q,"is_dir":%t`, path.Join(prefix, name), deeper)
		if !deeper {
			seen[name] += fmt.Sprintf(`,"file_size":"%d"`, len(b))
		}
		seen[name] += "}"
	}
	var list []string
	for _, name := range slices.Sorted(maps.Keys(seen)) {
		list = append(list, seen[name])
	}
	return `{"files":[` + strings.Join(list, ",") + `]}`
}

func (s *tracking) answer(w http.ResponseWriter, r *http.Request) {
	q := r.URL.Query()
	const served, run = "/api/2.0/mlflow-artifacts/artifacts", "1/run-1/artifacts"
	version := q.Get("name") == "fraud model" && q.Get("version") == "3"
	p := ""
	switch {
	case r.URL.Path == "/api/2.0/mlflow/model-versions/get" && version:
		write(w, []byte(`{"model_version":{"name":"fraud model","version":"3","run_id":"run-1","status":"READY"}}`))
		return
	case r.URL.Path == "/api/2.0/mlflow/model-versions/get-download-uri" && version:
		write(w, []byte(`{"artifact_uri":"`+s.uri+`"}`))
		return
	case r.URL.Path == served:
		write(w, []byte(s.entries(q.Get("path"), "")))
		return
	case r.URL.Path == "/api/2.0/mlflow/artifacts/list" && q.Get("run_id") == "run-1":
		write(w, []byte(s.entries(path.Join(run, q.Get("path")), q.Get("path"))))
		return
	case r.URL.Path == "/get-artifact" && q.Get("run_uuid") == "run-1":
		p = path.Join(run, q.Get("path"))
	case strings.HasPrefix(r.URL.Path, served+"/"):
		p = strings.TrimPrefix(r.URL.Path, served+"/")
	}
	b, ok := s.files[p]
	if !ok {
		w.WriteHeader(http.StatusNotFound)
		return
	}
	write(w, []byte(b))
}

// TestModel fetches a version from servers that keep the files themselves and
// from ones that know them by the run.
func TestModel(t *testing.T) {
	for _, uri := range []string{"mlflow-artifacts:/1/run-1/artifacts/model", "runs:/run-1/model", "s3://elsewhere/1/run-1/artifacts/model", "/srv/mlruns/1/run-1/artifacts/model"} {
		s := newTracking(t, uri)
		o, _ := options(t.TempDir())
		o.Endpoint = s.URL
		must(t, "mlflow:fraud model/3", o)
		want := map[string]string{"MLmodel": "flavors: {}", "data/model.pkl": string(content(1000)), "data/deep/x": "x"}
		if d := cmp.Diff(want, tree(t, o.Dir)); d != "" {
			t.Errorf("%s: (-want +got):\n%s", uri, d)
		}
		if m := manifest(t, o.Dir); !strings.HasPrefix(m.Revision, "run run-1") {
			t.Errorf("%s: revision %q, want the run", uri, m.Revision)
		}
	}
}

// TestModelLies shows what a tracking server may not say.
func TestModelLies(t *testing.T) {
	for name, tt := range map[string]struct {
		uri  string
		list func(dir string) string
		want string
	}{
		"folders without end": {"runs:/run-1/model", func(d string) string {
			return `{"files":[{"path":"` + strings.TrimPrefix(d, "1/run-1/artifacts/") + `/d","is_dir":true}]}`
		}, "no end"},
		"its own folders":  {"mlflow-artifacts:/1/x", func(string) string { return `{"files":[{"path":"d","is_dir":true}]}` }, "no end"},
		"pages":            {"runs:/run-1/model", func(string) string { return `{"files":[],"next_page_token":"t"}` }, "no end"},
		"outside":          {"runs:/run-1/model", func(string) string { return `{"files":[{"path":"other.txt"}]}` }, "lists"},
		"traversal":        {"mlflow-artifacts:/1/x", func(string) string { return `{"files":[{"path":"../x"}]}` }, "leave the folder"},
		"folder traversal": {"mlflow-artifacts:/1/x", func(string) string { return `{"files":[{"path":"..","is_dir":true}]}` }, "leave the folder"},
		"size":             {"mlflow-artifacts:/1/x", func(string) string { return `{"files":[{"path":"x","file_size":-1}]}` }, "not what the API says"},
		"another size":     {"mlflow-artifacts:/1/run-1/artifacts", func(string) string { return `{"files":[{"path":"other.txt","file_size":5}]}` }, "promised"},
		"not JSON":         {"mlflow-artifacts:/1/x", func(string) string { return `<html>` }, "not what the API says"},
		"another host":     {"mlflow-artifacts://example.com/1/x", nil, "model"},
		"nowhere":          {"", nil, "does not say where"},
	} {
		s := newTracking(t, tt.uri)
		s.list = tt.list
		o, _ := options(t.TempDir())
		o.Endpoint, o.MaxFiles = s.URL, 100
		_, err := get(t, "mlflow:fraud model/3", o)
		if name == "another host" { // asked by the run instead, here
			if err != nil || len(tree(t, o.Dir)) == 0 {
				t.Errorf("%s: %v", name, err)
			}
			continue
		}
		fails(t, name, err, tt.want, o.Dir)
		if n := len(tree(t, o.Dir)); n != 0 {
			t.Errorf("%s: %d files", name, n)
		}
	}
	o, _ := options(t.TempDir())
	_, err := get(t, "mlflow:m/1", o)
	fails(t, "no endpoint", err, "needs the endpoint", o.Dir)
	o.Endpoint = newTracking(t, "x").URL
	_, err = get(t, "mlflow:m/1", o)
	fails(t, "no such model", err, "status 404", o.Dir)
	o.Endpoint = serve(t, func(w http.ResponseWriter, _ *http.Request) { write(w, make([]byte, 33<<20)) }).URL
	_, err = get(t, "mlflow:m/1", o)
	fails(t, "endless reply", err, "more than", o.Dir)
}
