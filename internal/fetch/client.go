package fetch

import (
	"context"
	"errors"
	"fmt"
	"io"
	"maps"
	"net"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"
)

const (
	maxHops  = 8
	maxReply = 32 << 20 // bytes of a reply that is not a file
)

// errStalled says that a server went silent.
var errStalled = errors.New("the server sends nothing")

// A StatusError is a reply that is neither what was asked for nor a reason to
// try again.
type StatusError struct {
	Status  int
	Address string // without what may be secret
}

// Error implements error. It quotes nothing that the server said.
func (e *StatusError) Error() string {
	return fmt.Sprintf("%s answers with status %d %s", e.Address, e.Status, http.StatusText(e.Status))
}

// A HostError is a redirect to a host that was not allowed.
type HostError struct{ Host string }

// Error implements error.
func (e *HostError) Error() string {
	return fmt.Sprintf("redirected to %q, which is not allowed", e.Host)
}

// A client asks servers that it does not trust.
type client struct {
	o    *Options
	http *http.Transport // follows nothing by itself
	home *url.URL        // credentials go to its host and to no other
	sign func(*http.Request) error
	// refused is asked once after status 401 to find credentials that help.
	refused func(ctx context.Context, h http.Header) error
	secrets []string
}

func newClient(o *Options) *client {
	c := &client{o: o, http: &http.Transport{
		Proxy:                  http.ProxyFromEnvironment,
		DisableCompression:     true, // files are wanted as they are
		IdleConnTimeout:        time.Minute,
		TLSHandshakeTimeout:    20 * time.Second,
		MaxResponseHeaderBytes: 64 << 10,
		ForceAttemptHTTP2:      true,
	}}
	c.keep(o.Credentials)
	return c
}

// get asks for u until a server that is busy has time, and returns a reply of
// status 200, 206, 304 or 416. The caller closes its body.
func (c *client) get(ctx context.Context, u *url.URL, h http.Header) (*http.Response, error) {
	refused := c.refused
	for try := 0; ; try++ {
		resp, err := c.follow(ctx, u, h)
		if err != nil {
			return nil, err
		}
		switch resp.StatusCode {
		case http.StatusOK, http.StatusPartialContent, http.StatusNotModified, http.StatusRequestedRangeNotSatisfiable:
			return resp, nil
		}
		resp.Body.Close() //nolint:errcheck // nothing in it is wanted
		if resp.StatusCode == http.StatusUnauthorized && refused != nil && sameHost(resp.Request.URL, c.home) {
			if err := refused(ctx, resp.Header); err != nil {
				return nil, err
			}
			refused = nil
			continue
		}
		if !busy(resp.StatusCode) || try >= c.o.Retries {
			return nil, &StatusError{resp.StatusCode, shown(u)}
		}
		if err := c.o.Sleep(ctx, min(pause(resp.Header, try, c.o.Now()), c.o.MaxWait)); err != nil {
			return nil, err
		}
	}
}

func busy(status int) bool {
	switch status {
	case http.StatusTooManyRequests, http.StatusBadGateway, http.StatusServiceUnavailable, http.StatusGatewayTimeout:
		return true
	}
	return false
}

// pause returns how long a busy server wants to be left alone: seconds, or a
// date by its own clock.
func pause(h http.Header, try int, now time.Time) time.Duration {
	after := h.Get("Retry-After")
	if s, err := strconv.Atoi(after); err == nil && s > 0 {
		return time.Duration(min(s, 1<<20)) * time.Second
	}
	if at, err := http.ParseTime(after); err == nil {
		if date, err := http.ParseTime(h.Get("Date")); err == nil {
			now = date
		}
		if d := at.Sub(now); d > 0 {
			return d
		}
	}
	return time.Second << min(try, 10)
}

// follow asks for u and goes where it is sent, within what is allowed.
func (c *client) follow(ctx context.Context, u *url.URL, h http.Header) (*http.Response, error) {
	for range maxHops {
		if err := c.permit(u); err != nil {
			return nil, err
		}
		resp, err := c.once(ctx, u, h)
		if err != nil {
			return nil, err
		}
		switch resp.StatusCode {
		case http.StatusMovedPermanently, http.StatusFound, http.StatusSeeOther, http.StatusTemporaryRedirect, http.StatusPermanentRedirect:
		default:
			return resp, nil
		}
		resp.Body.Close() //nolint:errcheck // nothing in it is wanted
		next, err := u.Parse(resp.Header.Get("Location"))
		if err != nil {
			return nil, fmt.Errorf("%s redirects to what is no address", shown(u))
		}
		if u.Scheme == "https" && next.Scheme != "https" {
			return nil, fmt.Errorf("%s redirects to an unencrypted connection", shown(u))
		}
		u = next
	}
	return nil, fmt.Errorf("%s redirects too often", shown(c.home))
}

// permit reports why u may not be connected to, if so.
func (c *client) permit(u *url.URL) error {
	switch {
	case u.Scheme != "http" && u.Scheme != "https" || u.Host == "":
		return fmt.Errorf("redirected to %q, which is not http:// or https://", u.Scheme)
	case u.User != nil:
		return errors.New("redirected to an address with a password")
	case !sameHost(u, c.home) && !allowed(u, c.o.AllowHosts):
		return &HostError{u.Host}
	case u.Scheme == "http" && !loopback(u.Hostname()) && !c.o.PlainHTTP:
		return fmt.Errorf("%s is not encrypted", shown(u))
	}
	return c.o.Permit(shown(u))
}

// once sends one request. A server that is silent for too long ends it, and
// the reading of its reply.
func (c *client) once(ctx context.Context, u *url.URL, h http.Header) (*http.Response, error) {
	ctx, cancel := context.WithCancelCause(ctx)
	timer := time.AfterFunc(c.o.Stall, func() { cancel(fmt.Errorf("%w for %v", errStalled, c.o.Stall)) })
	fail := func(err error) error {
		timer.Stop()
		if ctx.Err() != nil {
			err = context.Cause(ctx)
		}
		cancel(nil)
		return fmt.Errorf("get %s: %w", shown(u), err)
	}
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, u.String(), http.NoBody)
	if err != nil {
		return nil, fail(err)
	}
	maps.Copy(req.Header, h)
	if c.sign != nil && sameHost(u, c.home) {
		if err := c.sign(req); err != nil {
			return nil, fail(err)
		}
	}
	req.Header.Set("User-Agent", "quintain") // after signing: proxies change it
	resp, err := c.http.RoundTrip(req)
	if err != nil {
		return nil, fail(err)
	}
	resp.Body = &watched{body: resp.Body, timer: timer, stall: c.o.Stall, cancel: cancel, cause: func() error { return context.Cause(ctx) }}
	return resp, nil
}

// A watched body ends when its server is silent for too long.
type watched struct {
	body   io.ReadCloser
	timer  *time.Timer
	stall  time.Duration
	cancel context.CancelCauseFunc
	cause  func() error
}

// Read implements [io.Reader].
func (w *watched) Read(p []byte) (int, error) {
	n, err := w.body.Read(p)
	if n > 0 {
		w.timer.Reset(w.stall)
	}
	if err != nil && err != io.EOF { //nolint:errorlint // the bare value is what readers return
		if cause := w.cause(); cause != nil {
			err = cause
		}
	}
	return n, err
}

// Close implements [io.Closer].
func (w *watched) Close() error {
	w.timer.Stop()
	w.cancel(nil)
	return w.body.Close()
}

// read returns the whole of a short reply.
func (c *client) read(ctx context.Context, u *url.URL, h http.Header) ([]byte, http.Header, error) {
	resp, err := c.get(ctx, u, h)
	if err != nil {
		return nil, nil, err
	}
	defer resp.Body.Close() //nolint:errcheck // only read
	if resp.StatusCode != http.StatusOK {
		return nil, nil, &StatusError{resp.StatusCode, shown(u)}
	}
	b, err := io.ReadAll(io.LimitReader(resp.Body, maxReply+1))
	if err != nil {
		return nil, nil, fmt.Errorf("get %s: %w", shown(u), err)
	}
	if len(b) > maxReply {
		return nil, nil, fmt.Errorf("%s answers with more than %d bytes", shown(u), maxReply)
	}
	return b, resp.Header, nil
}

// sameHost reports whether two addresses lead to one server. Going from http
// to https at their usual ports stays with it.
func sameHost(a, b *url.URL) bool {
	if !strings.EqualFold(a.Hostname(), b.Hostname()) {
		return false
	}
	return port(a) == port(b) || a.Port() == "" && b.Port() == ""
}

func port(u *url.URL) string {
	switch {
	case u.Port() != "":
		return u.Port()
	case u.Scheme == "http":
		return "80"
	}
	return "443"
}

// allowed reports whether one of hosts names the host of u.
func allowed(u *url.URL, hosts []string) bool {
	name := strings.ToLower(u.Hostname())
	for _, h := range hosts {
		h = strings.ToLower(h)
		if host, p, err := net.SplitHostPort(h); err == nil {
			if p != port(u) {
				continue
			}
			h = host
		}
		domain, wide := strings.CutPrefix(h, "*.")
		if name == strings.Trim(h, "[]") || wide && net.ParseIP(name) == nil && strings.HasSuffix(name, "."+domain) {
			return true
		}
	}
	return false
}

// loopback reports whether host is this machine.
func loopback(host string) bool {
	ip := net.ParseIP(host)
	return host == "localhost" || ip != nil && ip.IsLoopback()
}
