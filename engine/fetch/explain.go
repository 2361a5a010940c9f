package fetch

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"os"
	"strconv"
	"strings"
	"syscall"
	"time"

	"github.com/weir-dev/weir/engine/wire"
	"github.com/weir-dev/weir/schema"
	"github.com/weir-dev/weir/schema/diag"
)

// status explains an answer that is no success.
func (c *client) status(w wanted, at *url.URL, answer *http.Response, login *login) error {
	host, code := at.Host, answer.StatusCode
	where := fmt.Sprintf("It answered %d to %s for %s.", code, login.who(), shownURL(at))
	_, variable := variables(at.Hostname())
	switch {
	case code == http.StatusUnauthorized && login == nil:
		return refuse(host+" wants to know who asks", where+" No credentials for it were found, neither in the environment nor in netrc.",
			fmt.Sprintf("Put them into netrc, or set %s and %s.", strings.Replace(variable, "PASSWORD", "USER", 1), variable))
	case code == http.StatusUnauthorized:
		return refuse(host+" does not take the credentials", where+" They have expired, are mistyped, or are for another repository.", "Renew them there.")
	case code == http.StatusForbidden:
		return refuse(host+" forbids it", where+said(answer), "Let this account read the repository; without an account, see whether it needs one.")
	case code == http.StatusNotFound || code == http.StatusGone:
		summary, remedy := "there is no chart repository at "+strings.TrimSuffix(shownURL(at), "/index.yaml"), "Correct the URL: the one to which /index.yaml is appended. Some servers answer so, too, when an account may not see it."
		if w.what != "index" {
			summary, remedy = host+" does not have the chart's archive", "Correct the URL."
			if w.of.Name != "" {
				remedy = "If the version was withdrawn, take another one with `weir update`."
			}
			remedy += " Some servers answer so, too, when an account may not see it."
		}
		return refuse(summary, where, remedy)
	case code == http.StatusProxyAuthRequired:
		return refuse("the proxy wants credentials", "", "Write them into the address of the proxy: http://user:password@proxy:port in https_proxy.")
	case code == http.StatusTooManyRequests:
		after, _ := strconv.Atoi(answer.Header.Get("Retry-After"))
		detail := where
		if after > 0 {
			detail += fmt.Sprintf(" It asks to wait for %d seconds.", after)
		}
		return temporary(refuse(host+" is asked too often", detail, "Try again later, or from fewer machines at once."), time.Duration(after)*time.Second)
	case code == http.StatusNotImplemented || code == http.StatusHTTPVersionNotSupported:
		return refuse(host+" cannot do that", where+said(answer), "Correct the URL.")
	case code >= 500 || code == http.StatusRequestTimeout:
		after, _ := strconv.Atoi(answer.Header.Get("Retry-After"))
		return temporary(refuse(host+" failed", where+said(answer), "Try again later; if it stays so, ask who runs the server."), time.Duration(after)*time.Second)
	}
	return refuse(host+" refuses the request", where+said(answer), "Correct the URL of the repository or the chart.")
}

// said is what the server says in an answer, where that is text for a person.
func said(answer *http.Response) string {
	if !strings.HasPrefix(answer.Header.Get("Content-Type"), "text/plain") {
		return ""
	}
	text, _ := io.ReadAll(io.LimitReader(answer.Body, 2<<10))
	lines := wire.Said(string(text))
	if len(lines) == 0 {
		return ""
	}
	return " It says:\n  " + strings.Join(lines[:min(len(lines), 5)], "\n  ")
}

// unreachable explains why there is no answer at all.
func (c *client) unreachable(ctx context.Context, at *url.URL, of schema.ChartRepository, err error) error {
	if ctx.Err() != nil {
		return ctx.Err()
	}
	if _, said := diag.Refused(err); said {
		return err
	}
	var dns *net.DNSError
	if errors.As(err, &dns) && dns.IsNotFound {
		return refuse("there is no host "+at.Hostname(), "Nobody knows its address.", "Correct the URL, or check the network and its proxy.")
	}
	if refusal := badCertificate(at, of, err); refusal != nil {
		return refusal
	}
	summary := at.Host + " cannot be reached"
	switch {
	case silent(err):
		summary = at.Host + " is silent"
	case errors.Is(err, io.EOF), errors.Is(err, io.ErrUnexpectedEOF):
		summary = at.Host + " broke off"
	}
	return temporary(diag.RefuseFor(err, diag.Diagnostic{
		Summary: summary, Detail: diag.Sentence(plainly(err)),
		Remedy: "Check the URL, the network and its proxy; if they are right, ask who runs the server.",
	}), 0)
}

func silent(err error) bool {
	var timeout interface{ Timeout() bool }
	return errors.Is(err, os.ErrDeadlineExceeded) || errors.As(err, &timeout) && timeout.Timeout()
}

// plainly is the text of a connection's error without what libraries put around it.
func plainly(err error) string {
	var number syscall.Errno
	switch {
	case silent(err):
		return "the server was silent for too long"
	case errors.Is(err, io.ErrUnexpectedEOF), errors.Is(err, io.EOF):
		return "the server broke off"
	case errors.As(err, &number):
		return number.Error()
	}
	return strings.Join(wire.Said(err.Error()), " ")
}

// broken explains a body that did not come whole.
func broken(ctx context.Context, at *url.URL, got, want int64, err error) error {
	if ctx.Err() != nil {
		return ctx.Err()
	}
	detail := fmt.Sprintf("%d bytes of %s came. %s", got, shownURL(at), diag.Sentence(plainly(err)))
	if want > 0 {
		detail = fmt.Sprintf("%d of %d bytes of %s came. %s", got, want, shownURL(at), diag.Sentence(plainly(err)))
	}
	return temporary(diag.RefuseFor(err, diag.Diagnostic{
		Summary: at.Host + " broke off", Detail: detail, Remedy: "Try again; if it stays so, ask who runs the server.",
	}), 0)
}

// badCertificate explains a TLS handshake that failed; nil where that is not
// what failed.
func badCertificate(at *url.URL, of schema.ChartRepository, err error) error {
	var unknown x509.UnknownAuthorityError
	var name x509.HostnameError
	var invalid x509.CertificateInvalidError
	var record tls.RecordHeaderError
	var alert *net.OpError // "remote error": the type of what it wraps is not exported
	block := "a `repository` block"
	if of.Name != "" {
		block = fmt.Sprintf("the block of repository %q", of.Name)
	}
	switch {
	case errors.As(err, &unknown):
		return refuse("nobody vouches for "+at.Host, "The server's certificate is signed by an authority that this machine does not trust.",
			"If it is your own authority, name its certificate with `ca_file` in "+block+", or in SSL_CERT_FILE.")
	case errors.As(err, &name):
		return refuse(at.Host+" is somebody else", "The server's certificate is for other names.", "Write the URL with the name that the certificate is for.")
	case errors.As(err, &invalid) && invalid.Reason == x509.Expired:
		return refuse("the certificate of "+at.Host+" has expired, or is not valid yet",
			fmt.Sprintf("It is valid from %s to %s.", invalid.Cert.NotBefore.UTC().Format(time.DateOnly), invalid.Cert.NotAfter.UTC().Format(time.DateOnly)), "Have it renewed, or set this machine's clock.")
	case errors.As(err, &invalid):
		return refuse("the certificate of "+at.Host+" is not valid", diag.Sentence(plainly(invalid)), "Have it replaced.")
	case errors.As(err, &record), strings.Contains(err.Error(), "server gave HTTP response to HTTPS client"):
		return refuse(at.Host+" does not speak TLS there", "Something answered that is no HTTPS.", "Correct the port, or write http:// if that is meant.")
	case errors.As(err, &alert) && alert.Op == "remote error":
		return refuse(at.Host+" ended the TLS handshake", fmt.Sprintf("It says: %s.", strings.TrimPrefix(plainly(alert.Err), "tls: ")), "It may want a client certificate: name it with `certificate` and `key` in "+block+".")
	}
	return nil
}
