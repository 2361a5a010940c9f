package remote

import (
	"errors"
	"fmt"
	"io"
	"net"
	"net/url"
	"os"
	"strings"
	"syscall"
	"testing"
	"testing/iotest"

	"github.com/go-git/go-git/v5/plumbing/format/pktline"
	"github.com/go-git/go-git/v5/plumbing/protocol/packp"
	"github.com/google/go-cmp/cmp"
)

func TestInNetrc(t *testing.T) {
	tests := []struct{ name, text, host, user, want string }{
		{"one line", "machine a login ann password x", "a", "", "ann x"},
		{"lines", "machine a\nlogin ann\npassword x\n", "a", "", "ann x"},
		{"another host", "machine b login ann password x", "a", "", "none"},
		{"second of two", "machine b login bob password y\nmachine a login ann password x", "a", "", "ann x"},
		{"first of two", "machine a login ann password x machine a login bob password y", "a", "", "ann x"},
		{"of a user", "machine a login ann password x machine a login bob password y", "a", "bob", "bob y"},
		{"no such user", "machine a login ann password x", "a", "bob", "none"},
		{"no user in the file", "machine a password x", "a", "bob", "bob x"},
		{"any case", "machine A.example.COM login ann password x", "a.example.com", "", "ann x"},
		{"default", "machine b login bob password y default login ann password x", "a", "", "ann x"},
		{"before default", "machine a login ann password x default login bob password y", "a", "", "ann x"},
		{"without a password", "machine a login ann\nmachine a login bob password y", "a", "", "bob y"},
		{"account", "machine a login ann account z password x", "a", "", "ann x"},
		{"comments", "# machine a login bob password y\nmachine a # ours\n  login ann # she\n password x#y\n", "a", "", "ann x#y"},
		{"quotes", `machine a login "ann lee" password "x \"y\" z"`, "a", "", `ann lee x "y" z`},
		{"macro", "macdef init\nmachine a login bob password y\n\nmachine a login ann password x", "a", "", "ann x"},
		{"keywords as values", "machine a login machine password default", "a", "", "machine default"},
		{"unfinished", "machine", "a", "", "none"},
		{"unfinished login", "machine a login", "a", "", "none"},
		{"open quote", `machine a login ann password "x y`, "a", "", "ann x y"},
		{"empty", "", "a", "", "none"},
	}
	for _, test := range tests {
		got := "none"
		if user, password, ok := inNetrc(test.text, test.host, test.user); ok {
			got = user + " " + password
		}
		if got != test.want {
			t.Errorf("%s: %s, not %s", test.name, got, test.want)
		}
	}
}

func TestSaid(t *testing.T) {
	tests := []struct {
		text string
		want []string
	}{
		{"", nil},
		{"\n \n\t\n", nil},
		{"one\r\ntwo", []string{"one", "two"}},
		{"\x1b[31;1mred\x1b[0m \x1b]0;title\x07and\x1bM more", []string{"red and more"}},
		{"Counting: 1%\rCounting: 100%\rdone", []string{"done"}},
		{"a\tb\x00c\u202ed", []string{"a bcd"}},
		{"bad \xff byte", []string{"bad \ufffd byte"}},
		{"see https://ann:secret@git.example.com/x and ssh://git@host", []string{"see https://git.example.com/x and ssh://host"}},
		{"  indented", []string{"  indented"}},
		{strings.Repeat("é", 300), []string{strings.Repeat("é", 200) + "…"}},
		{strings.Repeat("x\n", 21), append(strings.Split(strings.Repeat("x", 20), ""), "…")},
	}
	for _, test := range tests {
		if diff := cmp.Diff(test.want, said(test.text)); diff != "" {
			t.Errorf("%q (-want +got):\n%s", test.text, diff)
		}
	}
}

func TestTemporary(t *testing.T) {
	r := &Remote{at: address{shown: "there"}, access: &Access{}}
	explained := func(err error) error { return r.explain(t.Context(), "fetch", nil, nil, err) }
	temporary := []error{
		io.ErrUnexpectedEOF,
		fmt.Errorf("read: %w", syscall.ECONNRESET),
		&net.OpError{Op: "dial", Err: &os.SyscallError{Syscall: "connect", Err: syscall.ECONNREFUSED}},
		&url.Error{Op: "Get", URL: "https://ann:secret@x", Err: io.EOF},
		os.ErrDeadlineExceeded,
		&net.DNSError{IsTimeout: true},
	}
	for _, err := range temporary {
		if got := explained(err); !Temporary(got) || strings.Contains(got.Error(), "secret") {
			t.Errorf("%v: %v", err, got)
		}
	}
	for _, err := range []error{
		nil, io.ErrShortWrite, syscall.ENOSPC, os.ErrPermission, &net.DNSError{IsNotFound: true}, &MovedError{},
	} {
		if Temporary(explained(err)) {
			t.Errorf("%v is temporary", err)
		}
	}
	if err := r.explain(t.Context(), "fetch", nil, "index out of range", nil); err == nil || err.Error() != "fetch there: the server sent what cannot be read: index out of range" {
		t.Error(err)
	}
}

func TestRedirects(t *testing.T) {
	tests := []struct{ from, to, want string }{
		{"https://a/x", "/y", "https://a/y"},
		{"https://a/x", "https://A:443/y", "https://A:443/y"},
		{"https://a:443/x", "https://a/y", "https://a/y"},
		{"https://a/x", "https://ann:secret@a/y#z", "https://a/y"},
		{"https://a/x", "//a/y", "https://a/y"},
		{"http://a/x", "https://a/x", "https://a/x"},
		{"http://a/x", "https://a:8443/x", "refused"},
		{"http://a:8080/x", "https://a/x", "refused"},
		{"https://a/x", "http://a/x", "refused"},
		{"https://a/x", "https://b/x", "refused"},
		{"https://a/x", "https://a.b/x", "refused"},
		{"https://a/x", "https://a:8443/x", "refused"},
		{"https://a/x", "file:///etc/passwd", "refused"},
		{"https://a/x", "https://%zz/", "refused"},
	}
	c := &client{r: &Remote{}}
	for _, test := range tests {
		from, err := url.Parse(test.from)
		if err != nil {
			t.Fatal(err)
		}
		got := "refused"
		if to, err := c.redirect(from, test.to); err == nil {
			got = to.String()
		}
		if got != test.want {
			t.Errorf("from %s to %s: %s, not %s", test.from, test.to, got, test.want)
		}
	}
}

func FuzzNetrc(f *testing.F) {
	f.Add("machine a login ann password \"x\" macdef x\n\n")
	f.Fuzz(func(t *testing.T, text string) {
		user, password, ok := inNetrc(text, "a", "")
		if ok != (password != "") || !ok && user != "" {
			t.Errorf("%q %q %v", user, password, ok)
		}
	})
}

func FuzzAddress(f *testing.F) {
	for _, given := range []string{"https://ann:secret@x:1/y", "git@[::1]:x", "ssh://a@b/~c", "file:///x%20y", "a::b", "C:/x"} {
		f.Add(given)
	}
	f.Fuzz(func(t *testing.T, given string) {
		a, err := parse(given, "/dir")
		if err != nil {
			return
		}
		// What is shown is an address, of the same place.
		again, err := parse(a.shown, "/dir")
		if err != nil || again.scheme != a.scheme || again.host != a.host || again.path != a.path || again.shown != a.shown {
			t.Errorf("%q is shown as %q: %v", given, a.shown, err)
		}
		if password, ok := a.login.Password(); ok && len(password) > 8 && strings.Contains(a.shown, password) && !strings.Contains(a.host+a.path, password) {
			t.Errorf("%q is shown as %q", given, a.shown)
		}
	})
}

// TestReportThatEnds is a conversation that ends before what became of an update
// is said.
func TestReportThatEnds(t *testing.T) {
	for _, test := range []struct {
		name, text string
		end, want  error
	}{
		{"at once", "", io.ErrUnexpectedEOF, io.ErrUnexpectedEOF},
		{"in a length", "00", io.EOF, io.ErrUnexpectedEOF},
		{"reset", "", syscall.ECONNRESET, syscall.ECONNRESET},
		{"no length", "<html>", io.EOF, pktline.ErrInvalidPktLen},
	} {
		t.Run(test.name, func(t *testing.T) {
			_, err := decodeReport(io.MultiReader(strings.NewReader(test.text), iotest.ErrReader(test.end)), packp.NewReferenceUpdateRequest())
			if !errors.Is(err, test.want) {
				t.Errorf("got %v, want %v", err, test.want)
			}
		})
	}
}
