package checkout

import (
	"errors"
	"fmt"
	"sync"
	"sync/atomic"

	"github.com/go-git/go-git/v5/plumbing"
	"github.com/go-git/go-git/v5/plumbing/storer"
)

// MissingError says that an object which a commit needs is not in the clone.
type MissingError struct{ ID string }

func (e *MissingError) Error() string { return "it is not in this clone" }

// Unwrap is what the store said.
func (e *MissingError) Unwrap() error { return plumbing.ErrObjectNotFound }

// Objects are what the files of commits are read from, those of submodules that were
// once checked out included. They remember that one of them was missing: whoever
// reads files makes words of an error, and knows nothing of clones.
type Objects struct {
	storer.EncodedObjectStorer
	modules func() []storer.EncodedObjectStorer
	missing atomic.Pointer[MissingError]
}

// Objects are what engine/remote.TreeFS needs to read the files of a commit. A
// Checkout whose objects are read so is good for nothing else.
func (c Checkout) Objects(commit string) (*Objects, plumbing.Hash) {
	found := sync.OnceValue(func() (all []storer.EncodedObjectStorer) {
		if s, ok := c.git.Storer.(store); ok {
			for _, dir := range s.dirs {
				all = append(all, modules(dir)...)
			}
		}
		return all
	})
	return &Objects{EncodedObjectStorer: c.git.Storer, modules: found}, plumbing.NewHash(commit)
}

// Missing is what was asked for first of all that is not there; nil if nothing
// was.
func (o *Objects) Missing() *MissingError { return o.missing.Load() }

// EncodedObject reads an object; the error is a *MissingError where it is not there.
func (o *Objects) EncodedObject(kind plumbing.ObjectType, id plumbing.Hash) (plumbing.EncodedObject, error) {
	object, err := o.EncodedObjectStorer.EncodedObject(kind, id)
	if errors.Is(err, plumbing.ErrObjectNotFound) {
		for _, module := range o.modules() {
			if object, err := module.EncodedObject(kind, id); !errors.Is(err, plumbing.ErrObjectNotFound) {
				return object, err
			}
		}
	}
	return object, o.noted(id, err)
}

// HasEncodedObject tells, with an error, that an object is not there. To ask is not
// to miss it: a submodule's commit need not be there.
func (o *Objects) HasEncodedObject(id plumbing.Hash) error {
	err := o.EncodedObjectStorer.HasEncodedObject(id)
	if errors.Is(err, plumbing.ErrObjectNotFound) {
		for _, module := range o.modules() {
			if module.HasEncodedObject(id) == nil {
				return nil
			}
		}
	}
	return err
}

// EncodedObjectSize is the size of an object; the error is a *MissingError where it
// is not there.
func (o *Objects) EncodedObjectSize(id plumbing.Hash) (int64, error) {
	size, err := o.EncodedObjectStorer.EncodedObjectSize(id)
	if errors.Is(err, plumbing.ErrObjectNotFound) { // go-git does not look for sizes in what another clone lends
		object, err := o.EncodedObject(plumbing.AnyObject, id)
		if err != nil {
			return 0, err
		}
		return object.Size(), nil
	}
	return size, err
}

func (o *Objects) noted(id plumbing.Hash, err error) error {
	if !errors.Is(err, plumbing.ErrObjectNotFound) {
		return err
	}
	missing := &MissingError{ID: id.String()}
	o.missing.CompareAndSwap(nil, missing)
	return missing
}

// Partial tells whether files of old commits were left out when the repository was
// cloned, to be fetched one by one: only Git itself does that.
func (c Checkout) Partial() (bool, error) {
	config, err := c.git.Config()
	if err != nil {
		return false, fmt.Errorf("read the configuration of the project's repository: %w", err)
	}
	for _, remote := range config.Raw.Section("remote").Subsections {
		if remote.Option("promisor") == "true" {
			return true, nil
		}
	}
	return false, nil
}
