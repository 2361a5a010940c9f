package fetch

import (
	"bytes"
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"sync/atomic"
	"time"

	"oras.land/oras-go/v2/registry/remote/auth"

	"github.com/weir-dev/weir/engine/wire"
	"github.com/weir-dev/weir/schema"
)

// asker sends the requests of one repository, and sees to it that nothing goes
// where it does not belong:
//
//   - The registry itself is spoken to as its block says, with the block's client
//     certificate. Without `plain_http` that is TLS, whoever answers.
//   - Others may be named by it: whoever gives out tokens, whoever stores the
//     archives. They are shown no client certificate; the machine's authorities
//     vouch for them, or those of `ca_file`.
//   - Credentials go to the registry, and to the realm that it names in its
//     challenge, because that is how tokens are had (Docker Hub's is on another
//     host). They go there over TLS, or inside of one machine; a registry with
//     `plain_http` may be its own realm.
//   - A redirect takes no credentials and no token to another origin, and a request
//     with a body not at all.
//
// Failures that have nothing to do with registries are told here; what registries
// say is told by explain.
type asker struct {
	client *client
	at     place
	of     schema.ChartRepository
	base   *url.URL
	own    http.RoundTripper
	others http.RoundTripper
	known  atomic.Pointer[registryLogin] // that was used last; nil: nobody asked, or nobody is known
	fixed  *registryLogin                // instead of looking for one
	asked  atomic.Bool                   // the registry wanted to know who is there
}

func (c *client) asker(at place, of schema.ChartRepository) (*asker, error) {
	own, err := c.transport(of)
	if err != nil {
		return nil, err
	}
	others, err := c.others(of)
	if err != nil {
		return nil, err
	}
	return &asker{client: c, at: at, of: of, base: at.base(of), own: own, others: others}, nil
}

// others is the way to those that a registry names: without its client
// certificate, with the machine's authorities beside its own.
func (c *client) others(of schema.ChartRepository) (http.RoundTripper, error) {
	if of.CA == "" {
		return c.transport(schema.ChartRepository{})
	}
	return c.transports.get("others\x00"+of.CA, func() (http.RoundTripper, error) {
		config, err := c.access.TLS(schema.ChartRepository{Name: of.Name, CA: of.CA, At: of.At})
		if err != nil {
			return nil, err
		}
		data, err := c.access.file(of.CA) // it was read a moment ago
		if err != nil {
			return nil, fmt.Errorf("read %s: %w", of.CA, err)
		}
		if config.RootCAs, err = x509.SystemCertPool(); err != nil {
			config.RootCAs = x509.NewCertPool()
		}
		config.RootCAs.AppendCertsFromPEM(data)
		return c.access.Transport(config), nil
	})
}

// RoundTrip implements http.RoundTripper.
func (a *asker) RoundTrip(request *http.Request) (*http.Response, error) {
	to, way := request.URL, a.others
	if wire.SameOrigin(to, a.base) {
		way = a.own
	} else if secret := request.Header.Get("Authorization") != "" || request.Body != nil; secret && to.Scheme != "https" && !(isLoopback(to) && isLoopback(a.base)) {
		return nil, refuse(a.at.Registry+" wants the credentials to go elsewhere without protection",
			fmt.Sprintf("It names %s as the place to get a token. Anybody on the way could read what is sent there.", shownURL(to)), "Ask who runs the registry: the realm of its tokens must be https.")
	}
	answer, err := way.RoundTrip(request)
	if err != nil {
		return nil, a.unreachable(request.Context(), to, err)
	}
	if err := a.odd(to, answer); err != nil {
		wire.Discard(answer)
		return nil, err
	}
	answer.Body = &body{answer.Body}
	return answer, nil
}

// body tells a connection that breaks from content that is wrong.
type body struct{ io.ReadCloser }

func (b *body) Read(p []byte) (int, error) {
	n, err := b.ReadCloser.Read(p)
	if err != nil && !errors.Is(err, io.EOF) {
		err = &cutError{err}
	}
	return n, err
}

type cutError struct{ error }

func (e *cutError) Unwrap() error { return e.error }

func isLoopback(u *url.URL) bool {
	ip := net.ParseIP(u.Hostname())
	return u.Hostname() == "localhost" || ip != nil && ip.IsLoopback()
}

func (a *asker) unreachable(ctx context.Context, to *url.URL, err error) error {
	if told := a.atLogin(to, err); told != nil && ctx.Err() == nil {
		return told
	}
	var record tls.RecordHeaderError
	if ctx.Err() == nil && errors.As(err, &record) && string(record.RecordHeader[:]) == "HTTP/" {
		remedy := "If that is meant, add `plain_http = true` to " + fmt.Sprintf("the block of repository %q.", a.of.Name)
		if a.of.Name == "" {
			remedy = fmt.Sprintf("If that is meant, declare it:\n  repository \"registry\" {\n    url        = %q\n    plain_http = true\n  }", a.under())
		}
		return refuse(to.Host+" speaks plain HTTP", "Registries are spoken to over TLS: anybody on the way could read credentials otherwise.", remedy)
	}
	return a.client.unreachable(ctx, to, a.of, err)
}

// under is what a repository block for the registry has as its url.
func (a *asker) under() string {
	if at := strings.LastIndexByte(a.at.Repository, '/'); at > 0 {
		return "oci://" + a.at.Registry + "/" + a.at.Repository[:at]
	}
	return "oci://" + a.at.Registry
}

// odd tells of answers that no registry gives.
func (a *asker) odd(to *url.URL, answer *http.Response) error {
	host, code := to.Host, answer.StatusCode
	where := fmt.Sprintf("It answered %d for %s.", code, shownURL(to))
	after, _ := strconv.Atoi(answer.Header.Get("Retry-After"))
	wait := time.Duration(after) * time.Second
	switch {
	case code == http.StatusTooManyRequests:
		if after > 0 {
			where += fmt.Sprintf(" It asks to wait for %d seconds.", after)
		}
		remedy := "Try again later, or from fewer machines at once."
		if a.known.Load() == nil {
			remedy = fmt.Sprintf("Try again later. Many registries let accounts ask more often: `weir login %s`.", a.at.Registry)
		}
		return temporary(refuse(host+" is asked too often", where, remedy), wait)
	case code >= 500 || code == http.StatusRequestTimeout:
		return temporary(refuse(host+" failed", where+said(answer), "Try again later; if it stays so, ask who runs the registry."), wait)
	case code == http.StatusProxyAuthRequired:
		return refuse("the proxy wants credentials", "", "Write them into the address of the proxy: http://user:password@proxy:port in https_proxy.")
	case code == http.StatusBadRequest && to.Scheme == "http":
		head, _ := io.ReadAll(io.LimitReader(answer.Body, 512))
		if bytes.Contains(head, []byte("HTTP request to an HTTPS server")) {
			remedy := "Remove `plain_http`."
			if a.fixed != nil {
				remedy = "Leave --plain-http out."
			}
			return refuse(host+" speaks TLS, not plain HTTP", "", remedy)
		}
		answer.Body = struct {
			io.Reader
			io.Closer
		}{io.MultiReader(bytes.NewReader(head), answer.Body), answer.Body}
	case code == http.StatusOK && strings.HasPrefix(answer.Header.Get("Content-Type"), "text/html"):
		return refuse(host+" answers with a page for people", fmt.Sprintf("%s is HTML: a page to log in, or one that says what is wrong. A registry answers otherwise.", shownURL(to)),
			"Correct the address; it is that of a registry, not of its web site.")
	}
	return nil
}

// redirect decides whether a redirect is followed, and takes away what is not
// for the other side. Libraries compare each step with the one before; a second
// step on a foreign host is foreign all the same.
func (a *asker) redirect(next *http.Request, via []*http.Request) error {
	last, first := via[len(via)-1], via[0]
	if len(via) >= wire.MaxRedirects {
		return refuse(last.URL.Host+" redirects in circles", fmt.Sprintf("It redirected %d times.", wire.MaxRedirects), "Ask who runs the registry.")
	}
	if _, err := redirected(last.URL, next.URL.String()); err != nil {
		return err
	}
	next.Header.Del("Referer") // the address of an archive may have a signature in it
	for _, request := range append(via[1:len(via):len(via)], next) {
		if wire.SameOrigin(request.URL, first.URL) {
			continue
		}
		next.Header.Del("Authorization")
		if next.Method != http.MethodGet && next.Method != http.MethodHead {
			return refuse(last.URL.Host+" wants the credentials to go elsewhere", fmt.Sprintf("It redirects a request for a token to %s.", shownURL(next.URL)), "Ask who runs the registry.")
		}
	}
	return nil
}

// credential implements auth.CredentialFunc: it is asked when the registry wants
// to know who is there.
func (a *asker) credential(ctx context.Context, host string) (auth.Credential, error) {
	a.asked.Store(true)
	login := a.fixed
	if login == nil {
		var err error
		if login, err = a.client.registryLogin(ctx, host, a.at.Registry, a.at.Repository); err != nil {
			return auth.EmptyCredential, err
		}
	}
	a.known.Store(login)
	if login == nil {
		return auth.EmptyCredential, nil
	}
	return login.Credential, nil
}
