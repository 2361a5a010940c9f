package signing

import (
	"cmp"
	"context"
	"fmt"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/weir-dev/weir/schema/diag"
)

// Identity is a name, an address and a time with its zone: an author or a
// committer, as a commit has them.
type Identity struct {
	Name, Email string
	When        time.Time
}

// String is the form of an identity in a commit.
func (i Identity) String() string {
	return fmt.Sprintf("%s <%s> %d %s", plain(i.Name), plain(i.Email), i.When.Unix(), i.When.Format("-0700"))
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

// Identities are the two of a commit.
type Identities struct{ Author, Committer Identity }

// The identity of a machine that nobody gave a name.
const (
	fallbackName  = "weir"
	fallbackEmail = "weir@localhost"
)

// Committer says who commits and who signs, as Git would: GIT_AUTHOR_* and
// GIT_COMMITTER_*, then the repository's and the user's Git configuration, then
// EMAIL, then "weir <weir@localhost>". The time is GIT_AUTHOR_DATE,
// GIT_COMMITTER_DATE, SOURCE_DATE_EPOCH or Now, in this order. Commits are
// signed where commit.gpgsign says so, or where there is a SigningKey.
//
// One Committer is shared by all clusters of a run: it makes one signature at a
// time, as agents and hardware keys want it.
type Committer struct {
	Author     string // "Name <email>", before all that the environment and Git say
	SigningKey string // a key, in any form of user.signingKey; empty: WEIR_SIGNING_KEY, or what Git says
	NoSign     bool   // not signed, whatever else says so
	Env        func(string) string
	Now        time.Time

	signing sync.Mutex
}

// In says who commits to a repository, and how commits are signed there; a nil
// Signer where they are not. The configuration in dir counts beside the user's;
// where dir is empty, it is the user's alone.
func (c *Committer) In(ctx context.Context, dir string) (Identities, Signer, error) {
	config, err := readSettings(ctx, dir, c.Env)
	if err != nil {
		return Identities{}, nil, err
	}
	who, err := c.identities(config)
	if err != nil {
		return Identities{}, nil, err
	}
	sign, err := c.signer(ctx, dir, config, who.Committer)
	return who, sign, err
}

func (c *Committer) identities(config settings) (Identities, error) {
	now := c.Now
	if epoch := c.Env("SOURCE_DATE_EPOCH"); epoch != "" {
		seconds, err := strconv.ParseInt(epoch, 10, 64)
		if err != nil {
			return Identities{}, diag.Refuse(diag.Diagnostic{
				Summary: "SOURCE_DATE_EPOCH is no number of seconds",
				Detail:  fmt.Sprintf("It is %q.", epoch),
				Remedy:  "Set it to seconds since 1970, as in 1767225600, or unset it.",
			})
		}
		now = time.Unix(seconds, 0).UTC()
	}
	var who Identities
	for _, one := range []struct {
		to           *Identity
		prefix, name string
	}{
		{&who.Author, "GIT_AUTHOR_", "author"},
		{&who.Committer, "GIT_COMMITTER_", "committer"},
	} {
		s := Identity{
			Name:  cmp.Or(plain(c.Env(one.prefix+"NAME")), plain(config.last(one.name+".name")), plain(config.last("user.name")), fallbackName),
			Email: cmp.Or(plain(c.Env(one.prefix+"EMAIL")), plain(config.last(one.name+".email")), plain(config.last("user.email")), plain(c.Env("EMAIL")), fallbackEmail),
			When:  now.Truncate(time.Second),
		}
		if date := c.Env(one.prefix + "DATE"); date != "" {
			var err error
			if s.When, err = parseDate(date); err != nil {
				return Identities{}, diag.Refuse(diag.Diagnostic{
					Summary: one.prefix + "DATE is no date",
					Detail:  fmt.Sprintf("It is %q.", date),
					Remedy:  "Write it as Git does: `@1767225600 +0000`, `2026-01-01T00:00:00Z` or `Thu, 01 Jan 2026 00:00:00 +0000`; or unset it.",
				})
			}
		}
		*one.to = s
	}
	if c.Author != "" {
		name, rest, _ := strings.Cut(c.Author, "<")
		email, after, closed := strings.Cut(rest, ">")
		who.Author.Name, who.Author.Email = plain(name), plain(email)
		if who.Author.Name == "" || who.Author.Email == "" || !closed || strings.TrimSpace(after) != "" {
			return Identities{}, diag.Refuse(diag.Diagnostic{
				Summary: "the author is not written as Git takes it",
				Detail:  fmt.Sprintf("It is %q.", c.Author),
				Remedy:  "Write a name and an address: `Ann Author <ann@example.com>`.",
			})
		}
	}
	return who, nil
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
