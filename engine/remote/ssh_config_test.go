package remote

import (
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// TestSSHSettings asks OpenSSH what it makes of the same files.
func TestSSHSettings(t *testing.T) {
	if _, err := exec.LookPath("ssh"); err != nil {
		if os.Getenv("WEIR_NO_SKIP") != "" {
			t.Fatal("missing: ssh")
		}
		t.Skip("SKIPPED, missing: ssh")
	}
	home := t.TempDir()
	other := filepath.Join(home, "other.conf")
	for name, text := range map[string]string{
		other: "Port 7\nHost forge\n  User included\nHost *\n  IdentityFile /keys/all\n",
	} {
		if err := os.WriteFile(name, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	for name, c := range map[string]struct {
		config, host, user string
	}{
		"empty":              {"", "forge", "git"},
		"first value":        {"Host forge\nPort 1\nHost *\nPort 2\nUser all\n", "forge", ""},
		"before any host":    {"Port 3\nHost forge\nPort 1\nUser u\n", "forge", ""},
		"user of address":    {"Host forge\nUser u\nHostName h\n", "forge", "git"},
		"patterns":           {"Host a?c *.example.com !no.example.com\nPort 1\nUser u\n", "web.example.com", ""},
		"negated":            {"Host *.example.com !no.example.com\nPort 1\nUser u\nHost *\nUser v\n", "no.example.com", ""},
		"case":               {"HOST forge\nPORT 1\nuser U\n", "forge", ""},
		"equals and quotes":  {"Host=forge\n  Port = 5\n\tUser=\"u v\"\n  IdentityFile \"/a b/c\" # mine\n", "forge", ""},
		"tabs":               {"Host\tweb\tforge\n\tPort\t6\r\n\tUser\tu\n", "forge", ""},
		"all identities":     {"Host forge\nIdentityFile /a\nIdentityFile /b\nHost *\nIdentityFile /c\nUser u\n", "forge", ""},
		"match all":          {"Host other\nUser x\nMatch all\nUser u\nPort 9\n", "forge", ""},
		"match names":        {"Match originalhost web,forge user git\nPort 9\nMatch host forge !user git\nPort 8\n", "forge", "git"},
		"match name of host": {"Host forge\nHostName real.example.com\nMatch host *.example.com\nPort 9\nMatch host forge\nPort 8\nMatch all\nUser u\n", "forge", ""},
		"substitution":       {"Host forge\nHostName %h.example.com\nUser u\n", "forge", ""},
		"include":            {"Host forge\nInclude " + other + "\nUser u\n", "forge", ""},
		"include elsewhere":  {"Host web\nInclude " + other + "\nHost forge\nUser u\n", "forge", ""},
		"proxy":              {"Host forge\nProxyJump bastion\nUser u\nHost *\nProxyJump none\n", "forge", ""},
		"known hosts":        {"Host forge\nUserKnownHostsFile /a /b\nUserKnownHostsFile /c\nUser u\n", "forge", ""},
		"comments":           {"# Host other\n  # more\n\nHost forge # this\n User u\n", "forge", ""},
	} {
		t.Run(name, func(t *testing.T) {
			dir := filepath.Join(t.TempDir(), ".ssh")
			file := filepath.Join(dir, "config")
			if err := os.Mkdir(dir, 0o700); err != nil {
				t.Fatal(err)
			}
			if err := os.WriteFile(file, []byte(c.config), 0o600); err != nil {
				t.Fatal(err)
			}
			s, err := loadSSHSettings(filepath.Dir(dir), c.host, c.user)
			if err != nil {
				t.Fatal(err)
			}
			ours := map[string][]string{"hostname": {s.hostName()}, "user": {s.userName()}}
			for _, keyword := range []string{"port", "identityfile", "proxyjump", "userknownhostsfile"} {
				if values := s.values[keyword]; values != nil && values[0] != "none" {
					ours[keyword] = values
				}
			}
			args := []string{"-G", "-F", file}
			if c.user != "" {
				args = append(args, "-l", c.user)
			}
			out, err := exec.Command("ssh", append(args, c.host)...).CombinedOutput()
			if err != nil {
				t.Fatalf("%v\n%s", err, out)
			}
			theirs := map[string][]string{}
			for line := range strings.SplitSeq(string(out), "\n") {
				keyword, value, _ := strings.Cut(line, " ")
				if _, ok := ours[keyword]; !ok {
					continue
				}
				values := []string{value}
				if keyword == "userknownhostsfile" {
					values = strings.Fields(value)
				}
				theirs[keyword] = append(theirs[keyword], values...)
			}
			if c.config == "" {
				theirs["user"] = ours["user"]
			}
			if diff := cmp.Diff(theirs, ours); diff != "" {
				t.Errorf("OpenSSH (-) and we (+):\n%s", diff)
			}
		})
	}
}
