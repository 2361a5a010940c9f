package state

import "time"

// Signature is a name, an address and a time with its zone.
type Signature struct {
	Name, Email string
	When        time.Time
}

// Signatures are the two of a commit.
type Signatures struct{ Author, Committer Signature }

// Identity finds author and committer as git does: GIT_AUTHOR_* and
// GIT_COMMITTER_*, then the repository's and the user's git configuration, then
// "weir <weir@localhost>". The time is GIT_AUTHOR_DATE, GIT_COMMITTER_DATE,
// SOURCE_DATE_EPOCH or now, in this order.
func (r *Repository) Identity(env func(string) string, now time.Time) (Signatures, error) {
	return Signatures{}, errNotYet
}
