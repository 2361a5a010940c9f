package remote

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"strings"

	"github.com/weir-dev/weir/engine/wire"
	"github.com/weir-dev/weir/schema/diag"
)

// client asks the server of one remote: with credentials once it wants some,
// never at another server than the address names.
type client struct {
	r         *Remote
	transport http.RoundTripper
	header    http.Header // from git's configuration
}

// http makes the client of a remote, once.
func (r *Remote) http(ctx context.Context) (*client, error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.client != nil {
		return r.client, nil
	}
	s, err := r.settings(ctx)
	if err != nil {
		return nil, err
	}
	tls, err := s.tls()
	if err != nil {
		return nil, err
	}
	proxy, err := s.proxy()
	if err != nil {
		return nil, err
	}
	r.client = &client{r: r, header: s.header, transport: &http.Transport{
		Proxy:                  proxy,
		OnProxyConnectResponse: r.tunnelled,
		DialContext:            r.access.dial,
		TLSClientConfig:        tls,
		TLSHandshakeTimeout:    r.access.idle(),
		IdleConnTimeout:        r.access.idle(),
		MaxIdleConnsPerHost:    2,
	}}
	return r.client, nil
}

// do sends a request until somebody answers it: redirects of a GET are followed
// on the same server, and a server that wants to know who asks is told. The
// answer is one of success.
func (c *client) do(request *http.Request) (*http.Response, error) {
	login := c.r.access.known(c.r.account())
	asked := false
	for redirects := 0; ; {
		answer, err := c.send(request, login)
		if err != nil {
			return nil, c.unreachable(err)
		}
		switch {
		case answer.StatusCode >= 200 && answer.StatusCode < 300:
			if login != nil {
				login.approve(request.Context())
			}
			return answer, nil
		case answer.StatusCode == http.StatusUnauthorized:
			wire.Discard(answer)
			if asked {
				return nil, c.r.rejected(request.Context(), login)
			}
			asked = true
			if c.header.Get("Authorization") != "" {
				return nil, c.r.rejected(request.Context(), &credentials{source: "http.extraHeader of Git's configuration"})
			}
			if login, err = c.r.access.login(request.Context(), c.r, login); err != nil {
				return nil, err
			}
		case answer.StatusCode >= 300 && answer.StatusCode < 400 && request.Method == http.MethodGet && answer.Header.Get("Location") != "":
			wire.Discard(answer)
			if redirects++; redirects > wire.MaxRedirects {
				return nil, c.r.refuse("the server redirects in circles", fmt.Sprintf("It redirected %d times.", wire.MaxRedirects), "Write the address that the forge gives for cloning over HTTP.")
			}
			to, err := c.redirect(request.URL, answer.Header.Get("Location"))
			if err != nil {
				return nil, err
			}
			request.URL = to
		default:
			defer wire.Discard(answer)
			return nil, c.status(answer, login)
		}
		if request.GetBody != nil {
			if request.Body, err = request.GetBody(); err != nil {
				return nil, err
			}
		}
	}
}

// send is one request, without following anything.
func (c *client) send(request *http.Request, login *credentials) (*http.Response, error) {
	one := request.Clone(request.Context())
	one.Host = ""
	for name, values := range c.header {
		one.Header[name] = values
	}
	one.Header.Set("User-Agent", "git/2 ("+agent+")") // some forges answer only what begins so
	if login != nil {
		one.SetBasicAuth(login.user, login.password)
	}
	return c.transport.RoundTrip(one)
}

// redirect checks where a server wants a request to go instead.
func (c *client) redirect(from *url.URL, location string) (*url.URL, error) {
	to, err := from.Parse(location)
	if err != nil {
		return nil, errors.New("the server redirects to what is no repository")
	}
	to.User, to.Fragment = nil, ""
	if wire.SameOrigin(from, to) || wire.Protects(from, to) {
		return to, nil
	}
	if to.Scheme != "http" && to.Scheme != "https" {
		return nil, errors.New("the server redirects to what is no repository")
	}
	shown := to.Scheme + "://" + to.Host + strings.TrimSuffix(to.EscapedPath(), "/info/refs")
	shown = strings.Join(said(shown), "")
	if from.Scheme == "https" && to.Scheme == "http" {
		return nil, c.r.refuse("the server redirects to an address without protection",
			"It wants everything to go to "+shown+", where anybody on the way could read and change it.",
			"Ask who runs the server.")
	}
	return nil, c.r.refuse("the repository has moved to another server",
		"The server redirects to "+shown+". Weir does not follow: nobody but the address that you wrote decides who gets your credentials and your manifests.",
		"If that is right, write the new address: "+shown+".")
}

// status explains an answer that is neither success nor a question.
func (c *client) status(answer *http.Response, login *credentials) error {
	lines := c.words(answer)
	switch code := answer.StatusCode; {
	case code == http.StatusForbidden:
		return c.r.refuse("the server forbids it",
			quoted(fmt.Sprintf("It answered 403 to %s. It says:", login.who()), lines),
			"Let this account "+c.r.rights()+"; a token needs that scope.")
	case code == http.StatusNotFound, code == http.StatusGone:
		return c.r.refuse("there is no Git repository",
			quoted(fmt.Sprintf("The server answered %d to %s. It says:", code, login.who()), lines),
			"Correct the address, or create the repository. Many forges answer so, too, when an account may not see it.")
	case code == http.StatusProxyAuthRequired:
		return c.r.proxyWants()
	case code == http.StatusRequestEntityTooLarge:
		return c.r.refuse("the push is too large for the server", quoted("It answered 413. It says:", lines), "Have the server, or the proxy in front of it, take larger requests.")
	case code == http.StatusTooManyRequests:
		detail := "It answered 429."
		if after := answer.Header.Get("Retry-After"); after != "" {
			detail = "It answered 429: try again after " + strings.Join(said(after), " ") + seconds(after) + "."
		}
		d := c.r.diagnostic("the server is asked too often", detail, "Hydrate again later, or from fewer pipelines at once.")
		return diag.RefuseFor(&temporaryError{errors.New("429")}, d)
	case code >= 500 || code == http.StatusRequestTimeout:
		d := c.r.diagnostic("the server failed", quoted(fmt.Sprintf("It answered %d %s. It says:", code, http.StatusText(code)), lines), "Try again later; if it stays so, ask who runs the server.")
		cause := fmt.Errorf("status %d", code)
		if code == http.StatusNotImplemented || code == http.StatusHTTPVersionNotSupported {
			return diag.RefuseFor(cause, d)
		}
		return diag.RefuseFor(&temporaryError{cause}, d)
	default:
		return c.r.refuse("the server refuses the request", quoted(fmt.Sprintf("It answered %d %s. It says:", code, http.StatusText(code)), lines),
			"Check the address: it is the one that the forge gives for cloning over HTTP.")
	}
}

func seconds(after string) string {
	if strings.Trim(after, "0123456789") == "" {
		return " seconds"
	}
	return ""
}

// words is what the server says in an answer, where that is text for a person.
func (c *client) words(answer *http.Response) []string {
	if !strings.HasPrefix(answer.Header.Get("Content-Type"), "text/plain") {
		return nil
	}
	w := &words{}
	io.Copy(w, io.LimitReader(answer.Body, wordsLimit))
	return w.lines()
}

// unreachable explains why there is no answer at all.
func (c *client) unreachable(err error) error {
	if refusal := c.r.badCertificate(err); refusal != nil {
		return refusal
	}
	if strings.Contains(err.Error(), "transport connection broken") { // net/http hides why
		return fmt.Errorf("the answer has no end or is no HTTP: %w", io.ErrUnexpectedEOF)
	}
	var dns *net.DNSError
	if errors.As(err, &dns) && dns.IsNotFound {
		return c.r.refuse("there is no such host", fmt.Sprintf("Nobody knows the address of %s.", dns.Name), "Correct the address, or check the network and its proxy.")
	}
	return err
}
