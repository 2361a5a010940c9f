package manifest

// Status is the one vocabulary of change: of objects, files, releases and charts.
type Status string

const (
	Created   Status = "created"
	Changed   Status = "changed"
	Unchanged Status = "unchanged"
	Removed   Status = "removed"
	Skipped   Status = "skipped"
)
