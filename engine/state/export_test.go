package state

// Before has every write of the repository announced, for tests that stop a run
// at it.
func (r *Repository) Before(f func(what, path string)) { r.disk.before = f }
