package compare

import (
	"bytes"
	"fmt"

	"github.com/weir-dev/weir/engine/diff"
	"github.com/weir-dev/weir/engine/manifest"
	"github.com/weir-dev/weir/engine/state"
	"github.com/weir-dev/weir/schema/diag"
)

// version is a release of files as one side of a comparison. What other has in the
// same bytes is not read once more.
func version(r state.Release, other Known) (*diff.Version, error) {
	set, err := SetOf(r.Files, other)
	if err != nil {
		return nil, err
	}
	v := &diff.Version{
		Kubernetes: r.Metadata.Kubernetes,
		Namespace:  r.Metadata.Namespace,
		Keep:       !r.Metadata.Sync.Prune,
		Objects:    set,
	}
	if c := r.Metadata.Chart; c != nil {
		v.Chart = diff.Chart{Name: c.Name, Version: c.Version, Source: c.Source}
	}
	return v, nil
}

// Known are objects that were read, by what their files are known by.
type Known map[objectKey]manifest.Object

type objectKey struct {
	id   manifest.ID
	hook bool
}

// KnownOf are the objects of a side.
func KnownOf(v *diff.Version) Known {
	if v == nil {
		return nil
	}
	k := make(Known, v.Objects.Len())
	for o := range v.Objects.All() {
		k[objectKey{o.ID, o.Hook != nil}] = o
	}
	return k
}

// SetOf reads files as a set.
func SetOf(files []state.File, other Known) (manifest.Set, error) {
	objects := make([]manifest.Object, 0, len(files))
	hooks := map[manifest.ID]bool{} // one of several phases is several files
	for _, file := range files {
		if file.Hook != nil {
			if hooks[file.Object] {
				continue
			}
			hooks[file.Object] = true
		}
		object, ok := other[objectKey{file.Object, file.Hook != nil}]
		if !ok || !bytes.Equal(object.Bytes(), file.Data) {
			var err error
			if object, err = objectOf(file); err != nil {
				return manifest.Set{}, err
			}
		}
		object.Source = manifest.Source{File: file.Source}
		objects = append(objects, object)
	}
	set, _ := manifest.NewSet(objects)
	return set, nil
}

// objectOf reads one file; a committed one may have been damaged by hand.
func objectOf(file state.File) (manifest.Object, error) {
	tree, err := manifest.Decode(file.Data)
	body, isMap := tree.(map[string]any)
	if err == nil && !isMap {
		err = fmt.Errorf("it is no map")
	}
	var object manifest.Object
	if err == nil {
		object, err = manifest.New(body, manifest.Source{File: file.Source})
	}
	if err == nil {
		return object.Sealed(), nil
	}
	return object, diag.Refuse(diag.Diagnostic{
		Summary: "What is committed cannot be read as a manifest",
		Subject: diag.Range{File: file.Path},
		Detail:  fmt.Sprintf("%s.", err),
		Remedy:  "`weir state verify` tells what else is not as Weir wrote it; `weir hydrate` writes it anew.",
	})
}

// committed is a release as a snapshot has it.
func committed(at *state.Snapshot, key state.Key) (state.Release, error) {
	r := state.Release{Key: key}
	metadata, err := at.Metadata(key)
	if err != nil || metadata == nil {
		return r, err
	}
	r.Metadata = *metadata
	ids, err := at.Files(key)
	if err != nil {
		return r, err
	}
	for _, entry := range metadata.Files {
		id, ok := ids[entry.Path]
		if !ok {
			continue // weir state verify tells
		}
		data, err := at.Blob(id)
		if err != nil {
			return r, err
		}
		r.Files = append(r.Files, state.File{FileEntry: entry, Data: data})
	}
	return r, nil
}

// read makes the two versions of files.
func (p *Pairing) read(old, now *state.Release) (err error) {
	if old != nil {
		if p.Before, err = version(*old, nil); err != nil {
			return err
		}
	}
	if now != nil {
		p.After, err = version(*now, KnownOf(p.Before))
	}
	return err
}
