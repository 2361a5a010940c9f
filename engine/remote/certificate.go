package remote

import (
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"strings"
	"time"
)

// badCertificate explains a TLS handshake that failed; nil where that is not
// what failed.
func (r *Remote) badCertificate(err error) error {
	var unknown x509.UnknownAuthorityError
	var name x509.HostnameError
	var invalid x509.CertificateInvalidError
	var record tls.RecordHeaderError
	switch {
	case errors.As(err, &unknown):
		detail := "The server's certificate is signed by an authority that this machine does not trust."
		if unknown.Cert != nil {
			detail = fmt.Sprintf("The server's certificate is signed by %q, an authority that this machine does not trust.", strings.Join(said(unknown.Cert.Issuer.String()), " "))
		}
		return r.refuse("nobody vouches for the server", detail,
			"If it is your own authority, name its certificate as for git: `git config --global http.https://"+r.at.host+"/.sslCAInfo FILE`, or GIT_SSL_CAINFO, or SSL_CERT_FILE.")
	case errors.As(err, &name):
		return r.refuse("the server is somebody else", "Its certificate is for "+strings.Join(said(names(name.Certificate)), " ")+", not for "+name.Host+".", "Write the address with the name that the certificate is for.")
	case errors.As(err, &invalid) && invalid.Reason == x509.Expired:
		return r.refuse("the server's certificate has expired, or is not valid yet",
			fmt.Sprintf("It is valid from %s to %s.", invalid.Cert.NotBefore.UTC().Format(time.DateOnly), invalid.Cert.NotAfter.UTC().Format(time.DateOnly)), "Have it renewed, or set this machine's clock.")
	case errors.As(err, &invalid):
		return r.refuse("the server's certificate is not valid", plain(invalid), "Have it replaced.")
	case errors.As(err, &record), strings.Contains(err.Error(), "server gave HTTP response to HTTPS client"):
		return r.refuse("the server does not speak TLS there", "Something answered that is no HTTPS.", "Correct the port, or write http:// if that is meant.")
	case strings.Contains(err.Error(), "remote error: tls: "): // of no type that is exported, and sometimes with a name of net/http's before it
		_, why, _ := strings.Cut(err.Error(), "remote error: ")
		return r.refuse("the server ended the TLS handshake", plain(errors.New(why)), "It may want a client certificate: name it as for git, by http.sslCert and http.sslKey in its configuration.")
	}
	return nil
}

func names(c *x509.Certificate) string {
	if c == nil {
		return "another name"
	}
	all := c.DNSNames
	for _, ip := range c.IPAddresses {
		all = append(all, ip.String())
	}
	if len(all) == 0 {
		return "no name"
	}
	return strings.Join(all, ", ")
}
