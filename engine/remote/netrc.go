package remote

import "github.com/weir-dev/weir/engine/wire"

// netrc looks a host up in the file that curl and git read.
func (r *Remote) netrc(of account) (*credentials, error) {
	file, text, err := wire.NetrcFile(r.access.env, r.access.Home)
	if err != nil {
		return nil, r.refuse("netrc cannot be read", plain(err), "It is a file that its owner can read, or there is none. NETRC names another.")
	}
	if user, password, ok := inNetrc(text, of.hostname(), of.user); ok {
		return &credentials{user: user, password: password, source: file}, nil
	}
	return nil, nil
}

// inNetrc is the entry of a host.
func inNetrc(text, host, want string) (user, password string, ok bool) {
	e, ok := wire.Netrc(text, host, want)
	return e.User, e.Password, ok
}
