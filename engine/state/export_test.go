package state

// Before has every write of the repository announced, for tests that stop a run
// at it.
func Before(r Repository, f func(what, path string)) { r.(*local).disk.before = f }
