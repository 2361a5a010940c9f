package fetch

import (
	"context"
	"crypto/tls"
	"fmt"
	"net"
	"net/http"
	"net/url"
	"strings"
	"sync"

	"golang.org/x/net/http/httpproxy"

	"github.com/weir-dev/weir/engine/wire"
	"github.com/weir-dev/weir/schema"
)

// client asks servers for files: with credentials only who the project names,
// with the certificates of a repository only that repository's server.
type client struct {
	access     *Access
	transports memo[http.RoundTripper] // by certificate files
	netrc      func() (netrcFile, error)
}

func newClient(access *Access) *client {
	c := &client{access: access}
	c.netrc = sync.OnceValues(c.readNetrc)
	return c
}

// wanted is one file of a server.
type wanted struct {
	url    *url.URL
	of     schema.ChartRepository // whose certificates and credentials may be used; zero: the URL is the user's own
	what   string                 // for messages: "index", "archive"
	header http.Header
}

// get asks for a file. The answer is a success, or 304 where the header asked
// for that. Credentials go to the server of the URL and nowhere else: whoever a
// redirect leads to gets none.
func (c *client) get(ctx context.Context, w wanted) (*http.Response, error) {
	at, trusted := w.url, true
	for redirects := 0; ; redirects++ {
		answer, login, err := c.send(ctx, w, at, trusted)
		if err != nil {
			return nil, err
		}
		switch code := answer.StatusCode; {
		case code == http.StatusOK, code == http.StatusNotModified && w.header != nil:
			return answer, nil
		case code >= 300 && code < 400 && answer.Header.Get("Location") != "":
			wire.Discard(answer)
			to, err := redirected(at, answer.Header.Get("Location"))
			if err != nil {
				return nil, err
			}
			if redirects == wire.MaxRedirects {
				return nil, refuse(at.Host+" redirects in circles", fmt.Sprintf("It redirected %d times.", wire.MaxRedirects), "Correct the URL.")
			}
			trusted = trusted && (wire.SameOrigin(at, to) || wire.Protects(at, to))
			at = to
		case code == http.StatusNotFound && w.what == provenanceFile:
			wire.Discard(answer)
			return nil, errNoProvenance
		default:
			defer wire.Discard(answer)
			return nil, c.status(w, at, answer, login)
		}
	}
}

// send is one request, without following anything.
func (c *client) send(ctx context.Context, w wanted, at *url.URL, trusted bool) (*http.Response, *login, error) {
	bare := *at
	bare.User = nil
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, bare.String(), nil)
	if err != nil {
		return nil, nil, refuse("a URL cannot be read", "", "Correct the URL of the repository or the chart.") // its text has the URL
	}
	for name, values := range w.header {
		request.Header[name] = values
	}
	request.Header.Set("User-Agent", "weir")
	own := w.of.URL == "" || isBelow(at, w.of.URL)
	var known *login
	if trusted {
		if known, err = c.login(at, own); err != nil {
			return nil, nil, err
		}
		known.use(request)
	}
	of := w.of
	if !trusted || !own {
		of = schema.ChartRepository{}
	}
	transport, err := c.transport(of)
	if err != nil {
		return nil, nil, err
	}
	answer, err := transport.RoundTrip(request)
	if err != nil {
		return nil, nil, c.unreachable(ctx, at, of, err)
	}
	return answer, known, nil
}

// isBelow tells whether a URL is of the server of a repository.
func isBelow(at *url.URL, repository string) bool {
	u, err := url.Parse(repository)
	return err == nil && (wire.SameOrigin(at, u) || wire.Protects(u, at))
}

func redirected(from *url.URL, location string) (*url.URL, error) {
	to, err := from.Parse(location)
	if err != nil || to.Scheme != "http" && to.Scheme != "https" || to.Host == "" {
		return nil, refuse(from.Host+" redirects to what is no URL of a file", "", "Correct the URL.")
	}
	to.User, to.Fragment = nil, ""
	if from.Scheme == "https" && to.Scheme == "http" {
		return nil, refuse(from.Host+" redirects to an address without protection",
			fmt.Sprintf("It wants the file to be read from %s, where anybody on the way could change it.", shownURL(to)), "Ask who runs the server.")
	}
	return to, nil
}

// shownURL is a URL as messages show it: a query may have a token in it.
func shownURL(u *url.URL) string {
	return strings.Join(wire.Said(u.Scheme+"://"+u.Host+u.EscapedPath()), "")
}

// transport is the way to servers with the certificates of a repository.
func (c *client) transport(of schema.ChartRepository) (http.RoundTripper, error) {
	return c.transports.get(of.CA+"\x00"+of.Certificate+"\x00"+of.Key, func() (http.RoundTripper, error) {
		config, err := c.access.TLS(of)
		if err != nil {
			return nil, err
		}
		return c.access.Transport(config), nil
	})
}

// Transport is a way to servers that gives up on silence and goes through the
// proxies of the environment. It follows no redirect and unpacks nothing.
func (a *Access) Transport(config *tls.Config) *http.Transport {
	proxies := httpproxy.Config{
		HTTPProxy:  a.either("http_proxy", "HTTP_PROXY"),
		HTTPSProxy: a.either("https_proxy", "HTTPS_PROXY"),
		NoProxy:    a.either("no_proxy", "NO_PROXY"),
	}
	proxy := proxies.ProxyFunc()
	return &http.Transport{
		Proxy: func(r *http.Request) (*url.URL, error) {
			to, err := proxy(r.URL)
			if err != nil { // its text has the address, password and all
				return nil, refuse("the address of the proxy cannot be read", "It is the one of http_proxy or https_proxy.",
					"Write it as http://host:port or http://user:password@host:port, other characters of a password as %XX.")
			}
			return to, nil
		},
		DialContext:         a.dial,
		TLSClientConfig:     config,
		TLSHandshakeTimeout: a.idle(),
		IdleConnTimeout:     a.idle(),
		MaxIdleConnsPerHost: 8,
		DisableCompression:  true, // an archive is gzip already, and some servers say so
		ForceAttemptHTTP2:   true,
	}
}

func (a *Access) either(names ...string) string {
	for _, name := range names {
		if value := a.env(name); value != "" {
			return value
		}
	}
	return ""
}

func (a *Access) dial(ctx context.Context, network, address string) (net.Conn, error) {
	if a.Dial == nil {
		return wire.Dial(ctx, network, address, a.idle())
	}
	conn, err := a.Dial(ctx, network, address)
	if err != nil {
		return nil, err
	}
	return wire.Idle(conn, a.idle()), nil
}

// netrcFile is the text of the file that curl reads, and where it is.
type netrcFile struct{ path, text string }

func (c *client) readNetrc() (netrcFile, error) {
	path, text, err := wire.NetrcFile(c.access.env, c.access.Home)
	if err != nil {
		return netrcFile{}, refuse("netrc cannot be read", fmt.Sprintf("It is %s. %s", path, reason(err)), "It is a file that its owner can read, or there is none. NETRC names another.")
	}
	return netrcFile{path, text}, nil
}

// login is a user and a password, and where they come from. Nil is nobody.
type login struct{ user, password, source string }

func (l *login) use(r *http.Request) {
	if l != nil {
		r.SetBasicAuth(l.user, l.password)
	}
}

func (l *login) who() string {
	if l == nil {
		return "a request without credentials"
	}
	return "the credentials from " + l.source
}

// login looks for credentials for a server; own: the project itself names it,
// so that what is meant for every server is meant for this one, too.
func (c *client) login(at *url.URL, own bool) (*login, error) {
	user, password := variables(at.Hostname())
	if secret := c.access.env(password); secret != "" {
		return &login{c.access.env(user), secret, "the environment (" + password + ")"}, nil
	}
	file, err := c.netrc()
	if err != nil {
		return nil, err
	}
	if e, ok := wire.Netrc(file.text, at.Hostname(), ""); ok && (own || !e.Default) {
		return &login{e.User, e.Password, file.path}, nil
	}
	return nil, nil
}

// variables are those of the environment with the credentials for a host, by
// Terraform's rule: charts.acme-corp.example is charts_acme__corp_example.
func variables(host string) (user, password string) {
	suffix := strings.NewReplacer("-", "__", ".", "_", ":", "_").Replace(strings.ToLower(host))
	return "WEIR_CHARTS_USER_" + suffix, "WEIR_CHARTS_PASSWORD_" + suffix
}
