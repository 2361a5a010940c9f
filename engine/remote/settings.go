package remote

import (
	"bytes"
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"net/http"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"strings"

	"golang.org/x/net/http/httpproxy"
)

// settings are what Git's configuration and environment say about HTTP to one
// repository. Git's own precedence: a variable of the environment is above the
// configuration, which is above what other programs read too.
type settings struct {
	r      *Remote
	value  map[string]string // of git config http.*, by the lower-case name
	header http.Header
}

func (r *Remote) settings(ctx context.Context) (*settings, error) {
	s := &settings{r: r, value: map[string]string{}, header: http.Header{}}
	git, err := exec.LookPath("git")
	if err != nil {
		return s, nil // then there is the environment
	}
	cmd := exec.CommandContext(ctx, git, "config", "-z", "--get-urlmatch", "http", r.at.url())
	cmd.Dir = r.workDir()
	said := &words{}
	cmd.Stderr = said
	out, err := cmd.Output()
	var exit *exec.ExitError
	if errors.As(err, &exit) && exit.ExitCode() == 1 {
		return s, nil // nothing about it
	}
	if err != nil {
		if ctx.Err() != nil {
			return nil, ctx.Err()
		}
		return nil, r.refuse("Git's configuration cannot be read", quoted("It is asked for certificates and proxies. Git says:", said.lines()), "Correct it: `git config --list --show-origin` names the files.")
	}
	for entry := range bytes.SplitSeq(out, []byte{0}) {
		name, value, hasValue := strings.Cut(string(entry), "\n")
		if !hasValue {
			value = "true"
		}
		s.value[strings.TrimPrefix(name, "http.")] = value
	}
	if name, value, ok := strings.Cut(s.value["extraheader"], ":"); ok { // as CI systems leave tokens
		s.header.Set(strings.TrimSpace(name), strings.TrimSpace(value))
	}
	return s, nil
}

// of is a setting: of the environment, else of the configuration.
func (s *settings) of(env, name string) string {
	if value := s.r.access.env(env); value != "" {
		return value
	}
	return s.value[name]
}

// file is a setting that is a path.
func (s *settings) file(env, name string) string {
	path := s.of(env, name)
	if rest, ok := strings.CutPrefix(path, "~/"); ok {
		path = filepath.Join(s.r.access.Home, rest)
	}
	return path
}

// tls is what is checked of a server, and shown to it.
func (s *settings) tls() (*tls.Config, error) {
	config := &tls.Config{MinVersion: tls.VersionTLS12}
	switch strings.ToLower(s.value["sslverify"]) {
	case "false", "no", "off", "0":
		config.InsecureSkipVerify = true // somebody has said so, and git does it
	}
	if s.r.access.env("GIT_SSL_NO_VERIFY") != "" {
		config.InsecureSkipVerify = true
	}
	var err error
	if config.RootCAs, err = s.authorities(); err != nil {
		return nil, err
	}
	certificate, key := s.file("GIT_SSL_CERT", "sslcert"), s.file("GIT_SSL_KEY", "sslkey")
	if certificate == "" {
		return config, nil
	}
	if key == "" {
		key = certificate
	}
	pair, err := tls.LoadX509KeyPair(certificate, key)
	if err != nil {
		return nil, s.r.refuse("the client certificate cannot be read", "It is "+certificate+" with the key "+key+". "+plain(err),
			"Correct http.sslCert and http.sslKey in Git's configuration; the key must be a PEM file without a passphrase.")
	}
	config.Certificates = []tls.Certificate{pair}
	return config, nil
}

// plain is the text of an error as sentences.
func plain(err error) string { return strings.Join(said(err.Error()), " ") + "." }

// authorities are the ones that Git trusts in the place of the system's; nil
// where it says nothing.
func (s *settings) authorities() (*x509.CertPool, error) {
	file, dir := s.file("GIT_SSL_CAINFO", "sslcainfo"), s.file("GIT_SSL_CAPATH", "sslcapath")
	if file == "" && dir == "" {
		return nil, nil
	}
	const remedy = "Correct http.sslCAInfo or http.sslCAPath in Git's configuration, or GIT_SSL_CAINFO."
	pool := x509.NewCertPool()
	if file != "" {
		data, err := os.ReadFile(file)
		if err != nil {
			return nil, s.r.refuse("the certificates of authorities cannot be read", plain(err), remedy)
		}
		if !pool.AppendCertsFromPEM(data) {
			return nil, s.r.refuse("the certificates of authorities cannot be read", "There is no certificate in "+file+".", remedy)
		}
	}
	if dir != "" {
		entries, err := os.ReadDir(dir)
		if err != nil {
			return nil, s.r.refuse("the certificates of authorities cannot be read", plain(err), remedy)
		}
		for _, entry := range entries {
			data, err := os.ReadFile(filepath.Join(dir, entry.Name()))
			if err == nil {
				pool.AppendCertsFromPEM(data) // a directory of OpenSSL has other files, too
			}
		}
	}
	return pool, nil
}

// proxy is the way out. As with curl, no_proxy is above all of it.
func (s *settings) proxy() (func(*http.Request) (*url.URL, error), error) {
	env := func(names ...string) string {
		for _, name := range names {
			if value := s.r.access.env(name); value != "" {
				return value
			}
		}
		return ""
	}
	config := httpproxy.Config{
		HTTPProxy:  env("http_proxy", "HTTP_PROXY", "all_proxy", "ALL_PROXY"),
		HTTPSProxy: env("https_proxy", "HTTPS_PROXY", "all_proxy", "ALL_PROXY"),
		NoProxy:    env("no_proxy", "NO_PROXY"),
	}
	target := &url.URL{Scheme: s.r.at.scheme, Host: s.r.at.host}
	if configured, ok := s.value["proxy"]; ok {
		config.HTTPProxy, config.HTTPSProxy = configured, configured
	}
	to, err := config.ProxyFunc()(target)
	if err != nil || to != nil && strings.Trim(to.Path, "/") != "" { // its text has the address, password and all
		return nil, s.r.refuse("the address of the proxy cannot be read", "It is the one of http_proxy or https_proxy, or of http.proxy in Git's configuration.", "Write it as http://host:port or http://user:password@host:port, other characters of a password as %XX.")
	}
	return http.ProxyURL(to), nil
}
