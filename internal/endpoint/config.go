// Package endpoint asks classifiers that answer over HTTP: KServe, TensorFlow
// Serving, MLflow, or any service that takes rows of numbers as JSON.
//
// What an endpoint sends is bounded in time and size, redirects are not
// followed, and a key goes into one header and nowhere else. Every row that is
// sent is counted in a ledger of queries, which is what the endpoint's owner
// would count.
package endpoint

import (
	"cmp"
	"encoding/json"
	"errors"
	"net/http"
	"net/url"
	"reflect"
	"strings"

	"quintain"
	"quintain/internal/regular"
	"quintain/internal/strictyaml"
)

// A Protocol is how rows are asked about.
type Protocol string

// The protocols.
const (
	KServe Protocol = "kserve"     // the Open Inference Protocol, version 2
	TF     Protocol = "tensorflow" // TensorFlow Serving's REST API
	MLflow Protocol = "mlflow"     // MLflow's scoring server
	Plain  Protocol = "json"       // whatever request and response say
)

// An Output is what the numbers of an answer mean.
type Output string

// The outputs.
const (
	Probabilities Output = "probabilities" // one for each class; of two classes the second alone will do
	Logits        Output = "logits"        // one for each class
	Label         Output = "label"         // the number of the class and nothing else
)

// A Config describes an endpoint. It holds no credentials.
type Config struct {
	URL      string   `yaml:"url" need:"yes"`
	Protocol Protocol `yaml:"protocol" need:"yes"`
	Features int      `yaml:"features" need:"yes"` // numbers in a row
	Classes  int      `yaml:"classes" need:"yes"`
	Output   Output   `yaml:"output"`   // probabilities if empty
	Input    string   `yaml:"input"`    // kserve: name of the input tensor, "input-0" if empty
	Columns  []string `yaml:"columns"`  // mlflow: names of the features, sent as a table if given
	Request  string   `yaml:"request"`  // json: the body, with {{rows}} where a list of rows belongs
	Response string   `yaml:"response"` // json: where the answers are, such as data.scores

	Batch       int     `yaml:"batch"`       // rows in a request at most; 32 if 0
	Concurrency int     `yaml:"concurrency"` // requests at a time; 1 if 0
	Rate        float64 `yaml:"rate"`        // requests in a second at most; 0 is as fast as it answers
	Price       float64 `yaml:"price"`       // of 1,000 rows, in the operator's currency
	Key         string  `yaml:"key-env"`     // environment variable that holds a bearer token
}

// Load reads the description of an endpoint from a YAML file.
func Load(name string) (*Config, error) {
	data, err := regular.Read(name, strictyaml.MaxFile)
	if err != nil {
		return nil, err
	}
	return Parse(name, data)
}

// Parse reads the description of an endpoint. Each error is one line,
// "file:line:col: what is wrong"; several are joined.
func Parse(name string, data []byte) (*Config, error) {
	c := &Config{}
	f := strictyaml.Decode(name, data, c, strictyaml.Options{Name: "endpoint", Words: words})
	if f.Err() == nil {
		c.check(f)
	}
	if err := f.Err(); err != nil {
		return nil, err
	}
	c.Output = cmp.Or(c.Output, Probabilities)
	c.Input = cmp.Or(c.Input, "input-0")
	c.Batch = cmp.Or(c.Batch, defaultBatch)
	c.Concurrency = cmp.Or(c.Concurrency, defaultConcurrency)
	return c, nil
}

func words(t reflect.Type) []string {
	switch t {
	case reflect.TypeFor[Protocol]():
		return []string{string(KServe), string(TF), string(MLflow), string(Plain)}
	case reflect.TypeFor[Output]():
		return []string{string(Probabilities), string(Logits), string(Label)}
	}
	return nil
}

// What a description leaves open.
const (
	defaultBatch       = 32
	defaultConcurrency = 1
)

// The limits of a description.
const (
	maxFeatures    = 1 << 20
	maxClasses     = 1 << 16
	maxBatch       = 1 << 12
	maxConcurrency = 64
)

// check reports what no type can express.
func (c *Config) check(f *strictyaml.File) {
	if _, err := checkURL(c.URL); err != nil {
		f.Errorf(&c.URL, "%v", err)
	}
	for _, n := range []struct {
		name  string
		value *int
		least int
		most  int
	}{
		{"features", &c.Features, 1, maxFeatures},
		{"classes", &c.Classes, 2, maxClasses},
		{"batch", &c.Batch, 0, maxBatch},
		{"concurrency", &c.Concurrency, 0, maxConcurrency},
	} {
		if *n.value < n.least || *n.value > n.most {
			f.Errorf(n.value, "%s is %d, want a number from %d to %d", n.name, *n.value, n.least, n.most)
		}
	}
	if c.Rate < 0 || c.Price < 0 {
		f.Errorf(c, "rate and price are not negative")
	}
	if len(c.Columns) > 0 && (c.Protocol != MLflow || len(c.Columns) != c.Features) {
		f.Errorf(&c.Columns, "%d columns, want one for each of %d features, and protocol mlflow", len(c.Columns), c.Features)
	}
	if strings.ContainsAny(c.Key, "=\n ") || c.Key != "" && http.CanonicalHeaderKey(c.Key) == "Bearer" {
		f.Errorf(&c.Key, "key-env is the name of an environment variable, not a key")
	}
	c.checkPlain(f)
}

// checkURL parses an address. Its errors do not quote it.
func checkURL(address string) (*url.URL, error) {
	u, err := url.Parse(address)
	switch {
	case err != nil || u.Host == "" || u.Scheme != "http" && u.Scheme != "https":
		return nil, errors.New("url is no address that begins with http:// or https://")
	case (quintain.Target{Kind: quintain.KindClassifier, Ref: address}).Validate() != nil:
		return nil, errors.New("credentials do not belong into a url: name an environment variable as key-env")
	}
	return u, nil
}

func (c *Config) checkPlain(f *strictyaml.File) {
	switch {
	case c.Protocol != Plain && (c.Request != "" || c.Response != ""):
		f.Errorf(&c.Protocol, "protocol %s knows its own request and response", c.Protocol)
	case c.Protocol != Plain:
	case strings.Count(c.Request, rowsMark) != 1:
		f.Errorf(&c.Request, "request has to hold %s once", rowsMark)
	case !json.Valid([]byte(strings.Replace(c.Request, rowsMark, "[[0]]", 1))):
		f.Errorf(&c.Request, "request is no JSON once %s is a list of rows", rowsMark)
	case c.Response == "":
		f.Errorf(&c.Request, "response has to say where the answers are, such as data.scores")
	}
}
