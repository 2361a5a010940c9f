package engine

import (
	"bytes"
	"fmt"
	"path"

	"github.com/weir-dev/weir/engine/diff"
	"github.com/weir-dev/weir/engine/manifest"
	"github.com/weir-dev/weir/engine/state"
	"github.com/weir-dev/weir/schema/diag"
)

// version is a release of files as one side of a comparison. Files that the
// other side has in the same bytes are not read once more.
func version(r state.Release, other map[string]read) (*diff.Version, map[string]read, error) {
	set, files, err := setOf(r.Files, other)
	if err != nil {
		return nil, nil, err
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
	return v, files, nil
}

// read is a file's content with the object in it.
type read struct {
	data   []byte
	object manifest.Object
}

// setOf reads files as a set; by their paths below environment and release, which
// are what two sides have in common, it tells what it read.
func setOf(files []state.File, other map[string]read) (manifest.Set, map[string]read, error) {
	objects := make([]manifest.Object, 0, len(files))
	all := make(map[string]read, len(files))
	hooks := map[manifest.ID]bool{} // one of several phases is several files
	for _, file := range files {
		if file.Hook != nil && hooks[file.Object] {
			continue
		}
		name := path.Base(path.Dir(file.Path)) + "/" + path.Base(file.Path)
		if file.Hook != nil {
			hooks[file.Object] = true
			name = "hook " + name
		}
		one, known := other[name]
		if !known || !bytes.Equal(one.data, file.Data) {
			object, err := objectOf(file)
			if err != nil {
				return manifest.Set{}, nil, err
			}
			one = read{file.Data, object}
		}
		one.object.Source = manifest.Source{File: file.Source}
		all[name] = one
		objects = append(objects, one.object)
	}
	set, _ := manifest.NewSet(objects)
	return set, all, nil
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

// namespacesOf are the Namespaces of an environment, by path.
func namespacesOf(at *state.Snapshot, environment string) (map[string][]byte, error) {
	ids, err := at.Namespaces(environment)
	if err != nil {
		return nil, err
	}
	all := make(map[string][]byte, len(ids))
	for path, id := range ids {
		if all[path], err = at.Blob(id); err != nil {
			return nil, err
		}
	}
	return all, nil
}

// namespaceVersion is what create_namespace asks for as one side of a comparison;
// nil where that is nothing.
func namespaceVersion(files map[string][]byte, kubernetes string) (*diff.Version, error) {
	if len(files) == 0 {
		return nil, nil
	}
	list := make([]state.File, 0, len(files))
	for path, data := range files {
		list = append(list, state.File{FileEntry: state.FileEntry{Path: path}, Data: data})
	}
	set, _, err := setOf(list, nil)
	return &diff.Version{Kubernetes: kubernetes, Objects: set}, err
}
