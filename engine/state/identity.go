package state

import (
	"fmt"
	"strconv"
	"strings"
	"time"

	"github.com/go-git/go-git/v5/config"

	"github.com/weir-dev/weir/schema/diag"
)

// Signature is a name, an address and a time with its zone.
type Signature struct {
	Name, Email string
	When        time.Time
}

// String is the form of a signature in a commit.
func (s Signature) String() string {
	return fmt.Sprintf("%s <%s> %d %s", plain(s.Name), plain(s.Email), s.When.Unix(), s.When.Format("-0700"))
}

// plain drops what would end a name or an address in a commit.
func plain(s string) string {
	return strings.TrimSpace(strings.Map(func(c rune) rune {
		if c < ' ' || c == '<' || c == '>' {
			return -1
		}
		return c
	}, s))
}

// Signatures are the two of a commit.
type Signatures struct{ Author, Committer Signature }

// The signature of a machine that nobody gave a name.
const (
	fallbackName  = "weir"
	fallbackEmail = "weir@localhost"
)

// Identity finds author and committer as Git does: GIT_AUTHOR_* and
// GIT_COMMITTER_*, then the repository's and the user's Git configuration, then
// EMAIL, then "weir <weir@localhost>". The time is GIT_AUTHOR_DATE,
// GIT_COMMITTER_DATE, SOURCE_DATE_EPOCH or now, in this order.
func Identity(r Repository, env func(string) string, now time.Time) (Signatures, error) {
	c, err := r.gitConfig()
	if err != nil {
		return Signatures{}, err
	}
	if epoch := env("SOURCE_DATE_EPOCH"); epoch != "" {
		seconds, err := strconv.ParseInt(epoch, 10, 64)
		if err != nil {
			return Signatures{}, diag.Refuse(diag.Diagnostic{
				Summary: "SOURCE_DATE_EPOCH is no number of seconds",
				Detail:  fmt.Sprintf("It is %q.", epoch),
				Remedy:  "Set it to seconds since 1970, as in 1767225600, or unset it.",
			})
		}
		now = time.Unix(seconds, 0).UTC()
	}
	var who Signatures
	for _, one := range []struct {
		to          *Signature
		prefix      string
		name, email string
	}{
		{&who.Author, "GIT_AUTHOR_", c.Author.Name, c.Author.Email},
		{&who.Committer, "GIT_COMMITTER_", c.Committer.Name, c.Committer.Email},
	} {
		s := Signature{
			Name:  first(plain(env(one.prefix+"NAME")), plain(one.name), plain(c.User.Name), fallbackName),
			Email: first(plain(env(one.prefix+"EMAIL")), plain(one.email), plain(c.User.Email), plain(env("EMAIL")), fallbackEmail),
			When:  now.Truncate(time.Second),
		}
		if date := env(one.prefix + "DATE"); date != "" {
			if s.When, err = parseDate(date); err != nil {
				return Signatures{}, diag.Refuse(diag.Diagnostic{
					Summary: one.prefix + "DATE is no date",
					Detail:  fmt.Sprintf("It is %q.", date),
					Remedy:  "Write it as Git does: `@1767225600 +0000`, `2026-01-01T00:00:00Z` or `Thu, 01 Jan 2026 00:00:00 +0000`; or unset it.",
				})
			}
		}
		*one.to = s
	}
	return who, nil
}

// gitConfig is the configuration that Git would use in the repository.
func (r *local) gitConfig() (*config.Config, error) {
	merged := config.NewConfig()
	user := func(c *config.Config) {
		merged.User.Name, merged.User.Email = first(c.User.Name, merged.User.Name), first(c.User.Email, merged.User.Email)
		merged.Author.Name, merged.Author.Email = first(c.Author.Name, merged.Author.Name), first(c.Author.Email, merged.Author.Email)
		merged.Committer.Name, merged.Committer.Email = first(c.Committer.Name, merged.Committer.Name), first(c.Committer.Email, merged.Committer.Email)
	}
	for _, scope := range []config.Scope{config.SystemScope, config.GlobalScope} {
		c, err := config.LoadConfig(scope)
		if err != nil {
			return nil, diag.Refuse(diag.Diagnostic{
				Summary: "your Git configuration cannot be read",
				Detail:  sentence(err.Error()) + ".",
				Remedy:  "Correct it until `git config --list` reads it: the commit's author comes from there.",
			})
		}
		user(c)
	}
	if r.store == nil {
		return merged, nil
	}
	r.store.mu.Lock()
	defer r.store.mu.Unlock()
	c, err := r.store.git.Config()
	if err != nil {
		return nil, fmt.Errorf("read configuration of %s: %w", r.at.Name, err)
	}
	user(c)
	return merged, nil
}

// first is the first that is not empty.
func first(candidates ...string) string {
	for _, s := range candidates {
		if s != "" {
			return s
		}
	}
	return ""
}

// parseDate reads the forms of a date that Git's documentation lists for
// GIT_AUTHOR_DATE.
func parseDate(s string) (time.Time, error) {
	s = strings.TrimSpace(s)
	internal := strings.Fields(strings.TrimPrefix(s, "@"))
	if len(internal) == 1 || len(internal) == 2 {
		seconds, err := strconv.ParseInt(internal[0], 10, 64)
		// Git takes a number for seconds if it has too many digits for a date.
		if err == nil && (strings.HasPrefix(s, "@") || len(internal[0]) > 8) {
			t := time.Unix(seconds, 0).UTC()
			if len(internal) == 1 {
				return t, nil
			}
			zone, err := time.Parse("-0700", internal[1])
			if err != nil {
				return time.Time{}, err
			}
			return t.In(zone.Location()), nil
		}
	}
	for _, layout := range []string{
		time.RFC3339, "2006-01-02T15:04:05-0700", "2006-01-02T15:04:05", "2006-01-02 15:04:05 -0700", "2006-01-02 15:04:05",
		time.RFC1123Z, "Mon, 2 Jan 2006 15:04:05 -0700", "Mon Jan 2 15:04:05 2006 -0700",
	} {
		if t, err := time.Parse(layout, s); err == nil {
			return t, nil
		}
	}
	return time.Time{}, fmt.Errorf("%q is no date", s)
}
