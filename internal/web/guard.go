package web

import (
	"crypto/hmac"
	"crypto/sha256"
	"crypto/subtle"
	"encoding/hex"
	"net"
	"net/http"
	"net/url"
	"slices"
	"strings"
)

// Policy is the content security policy of every page.
const Policy = "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; connect-src 'self'; " +
	"form-action 'self'; base-uri 'none'; frame-ancestors 'none'"

// maxBody is the size limit in bytes of what a page may post.
const maxBody = 1 << 20

// A guard decides whether a request may be answered.
//
// Pages elsewhere can make a browser send requests here, so the token travels
// in a cookie that is sent from our own pages only, whatever changes something
// must come from one of them, and requests must name us by a name that no
// other machine can have (DNS rebinding). Cookies are not told apart by port;
// so the cookie is made from the token and the port, and its name has the port.
type guard struct {
	token  string
	hosts  []string
	cookie string // its name
	value  string
}

func newGuard(token string, hosts []string) guard {
	_, port, _ := net.SplitHostPort(hosts[0])
	mac := hmac.New(sha256.New, []byte(token))
	mac.Write([]byte("workbench cookie, port " + port))
	return guard{token: token, hosts: hosts, cookie: "quintain_" + port, value: hex.EncodeToString(mac.Sum(nil))}
}

func same(a, b string) bool { return subtle.ConstantTimeCompare([]byte(a), []byte(b)) == 1 }

// known reports whether the request carries the cookie.
func (g *guard) known(r *http.Request) bool {
	return slices.ContainsFunc(r.CookiesNamed(g.cookie), func(c *http.Cookie) bool { return same(c.Value, g.value) })
}

// local reports whether the request is addressed to us.
func (g *guard) local(r *http.Request) bool {
	return slices.ContainsFunc(g.hosts, func(h string) bool { return strings.EqualFold(h, r.Host) })
}

// ours reports whether the request comes from one of our pages, or from no
// page at all.
func (g *guard) ours(r *http.Request) bool {
	if site := r.Header.Get("Sec-Fetch-Site"); site != "" && site != "same-origin" && site != "none" {
		return false
	}
	origin := r.Header.Get("Origin")
	return origin == "http://"+r.Host || origin == "" && r.Header.Get("Sec-Fetch-Site") == "same-origin"
}

// admit lets a browser in that showed the token.
func (g *guard) admit(rw http.ResponseWriter) {
	http.SetCookie(rw, &http.Cookie{
		Name: g.cookie, Value: g.value, Path: "/", HttpOnly: true, SameSite: http.SameSiteStrictMode, MaxAge: 90 * 24 * 60 * 60,
	})
}

// guarded puts the guard before all pages.
func (w *Workbench) guarded(next http.Handler) http.Handler {
	g := &w.guard
	return http.HandlerFunc(func(rw http.ResponseWriter, r *http.Request) {
		secure(rw.Header())
		switch change := r.Method != http.MethodGet && r.Method != http.MethodHead; {
		case !g.local(r):
			http.Error(rw, "This is not the address of the workbench.", http.StatusMisdirectedRequest)
			return
		case change && !g.ours(r):
			http.Error(rw, "What changes something must be asked for on a page of the workbench.", http.StatusForbidden)
			return
		}
		r.Body = http.MaxBytesReader(rw, r.Body, maxBody)
		token := r.URL.Query().Get("token")
		switch {
		case token != "" && same(token, g.token):
			g.admit(rw)
			http.Redirect(rw, r, withoutToken(r.URL), http.StatusSeeOther)
		case g.known(r), strings.HasPrefix(r.URL.Path, "/static/"), r.URL.Path == "/enter":
			next.ServeHTTP(rw, r)
		default:
			w.locked(rw, r, "")
		}
	})
}

// withoutToken returns where a request goes on that had the token in its
// address, so that the token is not kept in the history of the browser.
func withoutToken(u *url.URL) string {
	q := u.Query()
	q.Del("token")
	return (&url.URL{Path: "/" + strings.TrimLeft(u.Path, "/"), RawQuery: q.Encode()}).String()
}

// secure sets the headers that every answer has.
func secure(h http.Header) {
	h.Set("Content-Security-Policy", Policy)
	h.Set("X-Content-Type-Options", "nosniff")
	h.Set("X-Frame-Options", "DENY")
	h.Set("Referrer-Policy", "same-origin") // with no-referrer browsers hide the Origin that we check
	h.Set("Cross-Origin-Opener-Policy", "same-origin")
	h.Set("Cross-Origin-Resource-Policy", "same-origin")
	h.Set("Permissions-Policy", "camera=(), geolocation=(), microphone=(), payment=(), usb=()")
	h.Set("Cache-Control", "no-store")
}

// enter takes the token from the form of the locked page.
func (w *Workbench) enter(rw http.ResponseWriter, r *http.Request) {
	if !same(strings.TrimSpace(r.PostFormValue("token")), w.guard.token) {
		w.locked(rw, r, "That is not the token of this install.")
		return
	}
	w.guard.admit(rw)
	http.Redirect(rw, r, "/", http.StatusSeeOther)
}

// locked asks for the token.
func (w *Workbench) locked(rw http.ResponseWriter, r *http.Request, why string) {
	if r.Method == http.MethodGet && r.Header.Get("Sec-Fetch-Site") == "cross-site" {
		why = "You came from another site, so your browser kept the key to itself. Reload this page."
	}
	w.write(rw, r, http.StatusUnauthorized, &page{Name: "locked", Title: "Locked", Data: why})
}
