package state

// Source is the commit of the project that a state was hydrated from.
type Source struct {
	URL    string // of origin without credentials; empty where there is none
	Commit string
}

// SourceOf looks for the repository that a project lies in; the zero value
// where there is none or it has no commit yet.
func SourceOf(project string) (Source, error) { return Source{}, errNotYet }

// EnsureIgnored adds "/state/" to the .gitignore of a project unless a line of
// it says so already; it tells whether it wrote.
func EnsureIgnored(project string) (bool, error) { return false, errNotYet }
