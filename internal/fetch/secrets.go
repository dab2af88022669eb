package fetch

import (
	"encoding/base64"
	"errors"
	"net/http"
	"net/url"
	"strings"
	"unicode"
)

// keep remembers what must be shown to nobody, in every form it is sent in.
func (c *client) keep(k Credentials) {
	for _, s := range []string{k.Secret, k.Token} {
		if s == "" {
			continue
		}
		c.secrets = append(c.secrets, s)
		if q := url.QueryEscape(s); q != s {
			c.secrets = append(c.secrets, q)
		}
		if q := url.PathEscape(s); q != s {
			c.secrets = append(c.secrets, q)
		}
	}
	if k.Secret != "" {
		c.secrets = append(c.secrets, base64.StdEncoding.EncodeToString([]byte(k.User+":"+k.Secret)))
	}
}

// holds reports whether s has a secret in it, which a server may have sent
// back.
func (c *client) holds(s string) bool {
	for _, secret := range c.secrets {
		if strings.Contains(strings.ToLower(s), strings.ToLower(secret)) {
			return true
		}
	}
	return false
}

// errEchoed replaces what cannot be shown.
var errEchoed = errors.New("the server sends back the credentials it was sent")

// scrub returns err, or another if err has a secret in it.
func (c *client) scrub(err error) error {
	if err != nil && c.holds(err.Error()) {
		return errEchoed
	}
	return err
}

// etag returns the version that a server says a file has, if it is fit to be
// recorded.
func (c *client) etag(h http.Header) string {
	e := h.Get("ETag")
	if len(e) > 256 || c.holds(e) || strings.ContainsFunc(e, func(r rune) bool { return r > unicode.MaxASCII || !unicode.IsPrint(r) }) {
		return ""
	}
	return e
}

// bearer authorizes requests by a token.
func bearer(token string) func(*http.Request) error {
	return func(r *http.Request) error {
		r.Header.Set("Authorization", "Bearer "+token)
		return nil
	}
}

// basic authorizes requests by name and password.
func basic(user, password string) func(*http.Request) error {
	return func(r *http.Request) error {
		r.SetBasicAuth(user, password)
		return nil
	}
}

// authorize sets the usual way of authorizing: a token, or else name and
// password, or nothing.
func (c *client) authorize() {
	switch k := c.o.Credentials; {
	case k.Token != "":
		c.sign = bearer(k.Token)
	case k.Secret != "":
		c.sign = basic(k.User, k.Secret)
	}
}
