package state

// BeforeRemote has every write to the cache of a remote announced.
func BeforeRemote(r Repository, f func(what, path string)) { r.(*hosted).mirror.disk.before = f }
