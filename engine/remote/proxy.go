package remote

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"net/url"

	"github.com/weir-dev/weir/schema/diag"
)

// tunnelled explains why a proxy does not connect to a server.
func (r *Remote) tunnelled(_ context.Context, proxy *url.URL, _ *http.Request, answer *http.Response) error {
	code := answer.StatusCode
	if code == http.StatusOK {
		return nil
	}
	if code == http.StatusProxyAuthRequired {
		return r.proxyWants()
	}
	refusal := r.diagnostic(fmt.Sprintf("the proxy %s does not connect to the server", proxy.Host),
		fmt.Sprintf("It answered %d %s.", code, http.StatusText(code)),
		"Correct the address, have the proxy let it through, or name the host in no_proxy where it is reached directly.")
	cause := fmt.Errorf("status %d of the proxy", code)
	if code >= 500 {
		cause = &temporaryError{cause}
	}
	return diag.RefuseFor(cause, refusal)
}

func (r *Remote) proxyWants() error {
	return r.refuse("the proxy wants credentials", "", "Write them into the address of the proxy: http://user:password@proxy:port in https_proxy or in Git's http.proxy.")
}

// lostProxy tells a proxy that is not there from a server that is not.
func lostProxy(err error) bool {
	var connection *net.OpError
	return errors.As(err, &connection) && connection.Op == "proxyconnect" && isDialing(connection.Err)
}
