package fetch

import (
	"crypto/tls"
	"crypto/x509"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"github.com/weir-dev/weir/schema"
	"github.com/weir-dev/weir/schema/diag"
)

// What is wrong with a file that a repository block names is said of the line
// that names it, whoever wants a chart of the repository.

// Files says which of the files that a repository block names cannot be read.
// One of the machine is a warning: it need not be on every machine that looks at
// the project.
func (a *Access) Files(of schema.ChartRepository) diag.List {
	var found diag.List
	for _, f := range []struct {
		attribute, name, what string
		at                    diag.Range
	}{
		{"ca_file", of.CA, "authorities", of.At.CA},
		{"certificate", of.Certificate, "client certificate", of.At.Certificate},
		{"key", of.Key, "key of the client certificate", of.At.Key},
		{"keyring", of.Keyring, "keyring", of.At.Keyring},
	} {
		if f.name == "" {
			continue
		}
		_, err := a.file(f.name)
		if err == nil {
			continue
		}
		d := diag.Errorf(f.at, "the %s of repository %q cannot be read", f.what, of.Name).Detailf("It is the file %s. %s", f.name, reason(err))
		if ofMachine(f.name) {
			d.Severity = diag.Warning
			found = append(found, d.Remedyf("Put it there before charts are fetched, or correct `%s`.", f.attribute))
			continue
		}
		found = append(found, d.Remedyf("Correct `%s`.", f.attribute))
	}
	return found
}

// TLS is what is checked of a repository's server, and shown to it.
func (a *Access) TLS(of schema.ChartRepository) (*tls.Config, error) {
	config := &tls.Config{MinVersion: tls.VersionTLS12}
	if of.CA != "" {
		bad := func(detail, remedy string) (*tls.Config, error) {
			return nil, diag.Refuse(diag.Diagnostic{Summary: fmt.Sprintf("the authorities of repository %q cannot be read", of.Name), Subject: of.At.CA, Detail: detail, Remedy: remedy})
		}
		data, err := a.file(of.CA)
		if err != nil {
			return bad(fmt.Sprintf("It is the file %s. %s", of.CA, reason(err)), "Correct `ca_file`.")
		}
		config.RootCAs = x509.NewCertPool()
		if !config.RootCAs.AppendCertsFromPEM(data) {
			return bad(fmt.Sprintf("There is no certificate in %s.", of.CA), "Name a PEM file in `ca_file`.")
		}
	}
	if of.Certificate == "" {
		return config, nil
	}
	key := of.Key
	if key == "" {
		key = of.Certificate
	}
	bad := func(at diag.Range, err error) error {
		return diag.Refuse(diag.Diagnostic{
			Summary: fmt.Sprintf("the client certificate of repository %q cannot be used", of.Name), Subject: at,
			Detail: fmt.Sprintf("It is %s with the key %s. %s", of.Certificate, key, reason(err)),
			Remedy: "Correct `certificate` and `key`: PEM files, the key without a passphrase.",
		})
	}
	certificate, err := a.file(of.Certificate)
	if err != nil {
		return nil, bad(of.At.Certificate, err)
	}
	secret, err := a.file(key)
	if err != nil {
		return nil, bad(of.At.Key, err)
	}
	pair, err := tls.X509KeyPair(certificate, secret)
	if err != nil {
		return nil, bad(of.At.Certificate, err)
	}
	config.Certificates = []tls.Certificate{pair}
	return config, nil
}

// file reads a file that a repository block names: of the project where the name
// is relative, else of the machine.
func (a *Access) file(name string) ([]byte, error) {
	if rest, ok := strings.CutPrefix(name, "~/"); ok {
		return os.ReadFile(filepath.Join(a.Home, filepath.FromSlash(rest)))
	}
	if ofMachine(name) || a.Project == nil {
		return os.ReadFile(name)
	}
	return fs.ReadFile(a.Project, name)
}

// ofMachine tells a file of the machine from one of the project.
func ofMachine(name string) bool { return strings.HasPrefix(name, "~/") || filepath.IsAbs(name) }
