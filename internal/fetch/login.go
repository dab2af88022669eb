package fetch

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strings"
)

// login returns what answers a registry's challenge: name and password as
// they are, or a token that they buy. The token is asked for on the registry's
// host, or without a password on one that is allowed.
func (a *artifact) login(c *client) func(context.Context, http.Header) error {
	return func(ctx context.Context, h http.Header) error {
		scheme, params := challenge(h.Get("WWW-Authenticate"))
		k := c.o.Credentials
		switch {
		case scheme == "basic" && k.Secret != "":
			c.sign = basic(k.User, k.Secret)
			return nil
		case scheme != "bearer" || params["realm"] == "":
			return &StatusError{http.StatusUnauthorized, shown(c.home)}
		}
		realm, err := url.Parse(params["realm"])
		if err != nil {
			return errors.New("the registry sends for a token to what is no address")
		}
		q := realm.Query()
		q.Set("scope", "repository:"+a.repository+":pull")
		if s := params["service"]; s != "" {
			q.Set("service", s)
		}
		realm.RawQuery = q.Encode()
		c.sign = nil
		if k.Secret != "" {
			c.sign = basic(k.User, k.Secret)
		}
		token, err := c.token(ctx, realm)
		if err != nil {
			return err
		}
		c.keep(Credentials{Token: token})
		c.sign = bearer(token)
		return nil
	}
}

// token asks a token server.
func (c *client) token(ctx context.Context, u *url.URL) (string, error) {
	resp, err := c.follow(ctx, u, http.Header{"Accept": {"application/json"}})
	if err != nil {
		return "", err
	}
	defer resp.Body.Close() //nolint:errcheck // only read
	if resp.StatusCode != http.StatusOK {
		return "", &StatusError{resp.StatusCode, shown(u)}
	}
	b, err := io.ReadAll(io.LimitReader(resp.Body, 1<<20))
	if err != nil {
		return "", fmt.Errorf("get %s: %w", shown(u), err)
	}
	return decodeToken(b)
}

// decodeToken reads the answer of a token server. It is not quoted in errors.
func decodeToken(b []byte) (string, error) {
	var w struct {
		Token  string `json:"token"`
		Access string `json:"access_token"`
	}
	if json.Unmarshal(b, &w) != nil {
		return "", errors.New("the token server's answer is not JSON")
	}
	if w.Token == "" {
		w.Token = w.Access
	}
	if w.Token == "" || strings.ContainsFunc(w.Token, func(r rune) bool { return r <= ' ' || r > '~' }) {
		return "", errors.New("the token server sends no token")
	}
	return w.Token, nil
}

// challenge reads a WWW-Authenticate header: its scheme, in lower case, and
// its parameters.
func challenge(s string) (scheme string, params map[string]string) {
	scheme, rest, _ := strings.Cut(strings.TrimSpace(s), " ")
	params = make(map[string]string)
	for rest != "" {
		var name, value string
		name, rest, _ = strings.Cut(rest, "=")
		if quoted, ok := strings.CutPrefix(rest, `"`); ok {
			value, rest, _ = strings.Cut(quoted, `"`)
			_, rest, _ = strings.Cut(rest, ",")
		} else {
			value, rest, _ = strings.Cut(rest, ",")
		}
		params[strings.ToLower(strings.Trim(name, ", "))] = value
	}
	return strings.ToLower(scheme), params
}
