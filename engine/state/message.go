package state

// Message is the part of a commit message that the change does not know.
type Message struct {
	Subject string // replaces the computed one
	Source  Source // Hydrated-From; the zero value leaves the trailer out
	Version string // of Weir: Hydrated-By
}

// Text composes the commit message: subject, a line per release, trailers. It
// is pure.
func (m Message) Text(c *Change) string { return "" }
