package ui

import (
	"bytes"
	"testing"
)

func TestPage(t *testing.T) {
	const text = "one\ntwo\nthree\n"
	tests := []struct {
		name   string
		tty    bool
		height int
		env    map[string]string
		want   string
		talks  bool
	}{
		{name: "a pipe", height: 2, env: map[string]string{"PAGER": "sed s/^/paged:/"}, want: text},
		{name: "a terminal", tty: true, height: 2, env: map[string]string{"PAGER": "sed s/^/paged:/"}, want: "paged:one\npaged:two\npaged:three\n"},
		{name: "enough room", tty: true, height: 4, env: map[string]string{"PAGER": "sed s/^/paged:/"}, want: text},
		{name: "none", tty: true, height: 2, env: map[string]string{"PAGER": ""}, want: text},
		{name: "cat", tty: true, height: 2, env: map[string]string{"PAGER": "cat"}, want: text},
		{name: "a dumb terminal", tty: true, height: 2, env: map[string]string{"PAGER": "sed s/^/paged:/", "TERM": "dumb"}, want: text},
		{name: "left early", tty: true, height: 2, env: map[string]string{"PAGER": "head -1; exit 1"}, want: "one\n"},
		{name: "interrupted, which is for the pager", tty: true, height: 2, env: map[string]string{"PAGER": "kill -INT $PPID; kill -INT $PPID; cat"}, want: text},
		{name: "no such program", tty: true, height: 2, env: map[string]string{"PAGER": "no-such-pager-here"}, want: text, talks: true},
		{name: "colours for less", tty: true, height: 2, env: map[string]string{"PAGER": "echo $LESS"}, want: "FRX\n"},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			t.Setenv("LESS", "") // what the program is given of our own comes behind it
			var out, errs bytes.Buffer
			s := &Streams{Out: &out, Err: &errs, OutTTY: test.tty, OutHeight: func() int { return test.height },
				LookupEnv: func(name string) (string, bool) { value, ok := test.env[name]; return value, ok }}
			if err := s.Page([]byte(text)); err != nil {
				t.Fatal(err)
			}
			if out.String() != test.want {
				t.Errorf("out %q, not %q", out.String(), test.want)
			}
			if test.talks != (errs.Len() > 0) {
				t.Errorf("err %q", errs.String())
			}
		})
	}
}
