package signing_test

import (
	"context"
	"path/filepath"
	"testing"
	"time"

	"github.com/weir-dev/weir/engine/signing"
)

// identity is who commits to a repository.
func identity(dir string, env func(string) string, now time.Time) (signing.Identities, error) {
	who, _, err := (&signing.Committer{Env: env, Now: now}).In(context.Background(), dir)
	return who, err
}

func TestIdentity(t *testing.T) {
	now := time.Date(2026, 2, 3, 4, 5, 6, 7, time.FixedZone("", 3600))
	home := t.TempDir()
	t.Setenv("HOME", home)
	t.Setenv("XDG_CONFIG_HOME", filepath.Join(home, "none"))
	t.Setenv("GIT_CONFIG_NOSYSTEM", "1")
	dir := repository(t)
	show := func(env map[string]string) string {
		who, err := identity(dir, func(name string) string { return env[name] }, now)
		if err != nil {
			return refused(t, err)
		}
		return who.Author.String() + "\n" + who.Committer.String() + "\n"
	}
	same(t, "nothing is known", show(nil), "weir <weir@localhost> 1770087906 +0100\nweir <weir@localhost> 1770087906 +0100\n")
	same(t, "EMAIL", show(map[string]string{"EMAIL": "ci@example.com"}), "weir <ci@example.com> 1770087906 +0100\nweir <ci@example.com> 1770087906 +0100\n")
	writeFile(t, filepath.Join(home, ".gitconfig"), "[user]\n\tname = Ada L.\n\temail = ada@example.com\n", 0o644)
	same(t, "user", show(nil), "Ada L. <ada@example.com> 1770087906 +0100\nAda L. <ada@example.com> 1770087906 +0100\n")
	git(t, dir, "config", "user.name", "Weir CI")
	git(t, dir, "config", "committer.email", "bot@example.com")
	same(t, "repository", show(nil), "Weir CI <ada@example.com> 1770087906 +0100\nWeir CI <bot@example.com> 1770087906 +0100\n")
	same(t, "environment", show(map[string]string{
		"GIT_AUTHOR_NAME": "Eve <script>\n", "GIT_AUTHOR_EMAIL": "eve@example.com", "GIT_AUTHOR_DATE": "@1767225600 -0330",
		"GIT_COMMITTER_DATE": "2026-01-01T00:00:00Z",
	}), "Eve script <eve@example.com> 1767225600 -0330\nWeir CI <bot@example.com> 1767225600 +0000\n")
	same(t, "epoch", show(map[string]string{"SOURCE_DATE_EPOCH": "1767225600"}), "Weir CI <ada@example.com> 1767225600 +0000\nWeir CI <bot@example.com> 1767225600 +0000\n")
	same(t, "no epoch", show(map[string]string{"SOURCE_DATE_EPOCH": "yesterday"}),
		": SOURCE_DATE_EPOCH is no number of seconds\n  It is \"yesterday\".\n  Set it to seconds since 1970, as in 1767225600, or unset it.\n")
	for _, date := range []string{"1767225600", "1767225600 +0000", "@1767225600", "2026-01-01 00:00:00", "2026-01-01 01:00:00 +0100", "Thu, 01 Jan 2026 00:00:00 +0000", "Thu, 1 Jan 2026 00:00:00 +0000"} {
		who, err := identity(dir, func(name string) string { return map[string]string{"GIT_AUTHOR_DATE": date}[name] }, now)
		if err != nil || who.Author.When.Unix() != 1767225600 {
			t.Errorf("date %q: %v %v", date, who.Author.When, err)
		}
	}
	for _, date := range []string{"now", "@x", "@1 x", "20260101"} {
		if _, err := identity(dir, func(name string) string { return map[string]string{"GIT_AUTHOR_DATE": date}[name] }, now); err == nil {
			t.Errorf("date %q is accepted", date)
		}
	}
	writeFile(t, filepath.Join(home, ".gitconfig"), "[user\n", 0o644)
	if _, err := identity(dir, func(string) string { return "" }, now); err == nil {
		t.Error("a broken configuration is accepted")
	} else {
		refused(t, err)
	}

	// Before there is a repository.
	writeFile(t, filepath.Join(home, ".gitconfig"), "[user]\n\tname = Ada\n", 0o644)
	who, err := identity("", func(string) string { return "" }, now)
	if err != nil || who.Author.Name != "Ada" {
		t.Errorf("without a repository: %+v %v", who, err)
	}
}
