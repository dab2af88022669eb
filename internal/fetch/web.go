package fetch

import (
	"context"
	"errors"
	"fmt"
	"net/url"
	"path"
)

// A web place is one file at an address.
type web struct{ url *url.URL }

func parseWeb(ref string) (place, error) {
	u, err := url.Parse(ref)
	if err != nil {
		return nil, errors.New("not a URL") // the cause quotes it
	}
	if u.Host == "" || u.User != nil {
		return nil, errors.New("an address needs a host, and no password")
	}
	u.Fragment = ""
	if name := path.Base(u.Path); name == "/" || name == "." {
		return nil, fmt.Errorf("%s is not the address of a file", shown(u))
	}
	return &web{u}, nil
}

func (w *web) base(*Options) (*url.URL, error) { return w.url, nil }

func (w *web) list(_ context.Context, c *client) (*listing, error) {
	c.authorize()
	for _, vs := range w.url.Query() {
		c.keep(Credentials{Token: longest(vs)})
	}
	return &listing{files: []file{{Path: path.Base(w.url.Path), URL: w.url, Size: -1}}}, nil
}

// longest returns the longest of the values of a query that is long enough to
// be a key.
func longest(vs []string) string {
	s := ""
	for _, v := range vs {
		if len(v) >= 16 && len(v) > len(s) {
			s = v
		}
	}
	return s
}
