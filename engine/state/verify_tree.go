package state

import (
	"bytes"
	"context"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/go-git/go-git/v5/plumbing"

	"github.com/weir-dev/weir/engine/manifest"
	"github.com/weir-dev/weir/schema/diag"
)

// releaseAt is a release as some commits have it.
type releaseAt struct {
	Key
	Fingerprint
}

// checkedRelease is what a release was found to be.
type checkedRelease struct {
	flaws      []flaw
	found      diag.List // of metadata that cannot be read
	objects    []FileEntry
	namespaces []string
	files      int
}

// flaw is a finding that is not yet one of a commit.
type flaw struct{ path, summary, detail, remedy string }

// undo is the remedy for what somebody changed by hand.
func undo(path string) string {
	return fmt.Sprintf("See which commit brought it with `git log -- %s`, undo that with `git revert`, and hydrate.", path)
}

// tree looks at everything in the tree of a commit, and counts.
func (v *verifier) tree(ctx context.Context, c *Commit) (releases, files int, err error) {
	s := v.at(c)
	strays, err := s.strays()
	if err != nil {
		return 0, 0, err
	}
	for _, path := range strays {
		v.foreign(c, path)
	}
	keys, err := s.Keys()
	if err != nil {
		return 0, 0, err
	}
	owner := map[manifest.ID]place{}
	asked := map[string]map[string]bool{} // environment -> Namespaces; no map where nobody knows all of them
	for _, k := range keys {
		if err := ctx.Err(); err != nil {
			return 0, 0, err
		}
		fingerprint, err := s.Fingerprint(k)
		if err != nil {
			return 0, 0, err
		}
		release, known := v.releases[releaseAt{k, fingerprint}]
		if !known {
			if release, err = s.checkRelease(k); err != nil {
				return 0, 0, err
			}
			v.releases[releaseAt{k, fingerprint}] = release
			v.found = append(v.found, release.found...)
			for _, p := range release.flaws {
				v.find(c, p.path, p.summary, p.detail, p.remedy)
			}
		}
		files += release.files
		for _, f := range release.objects {
			v.claim(c, owner, f.Object, place{k.String(), f.Path})
		}
		names, seen := asked[k.Environment]
		switch {
		case release.found != nil:
			asked[k.Environment] = nil
		case !seen:
			names = map[string]bool{}
			asked[k.Environment] = names
			fallthrough
		case names != nil:
			for _, name := range release.namespaces {
				names[name] = true
			}
		}
	}
	n, err := v.namespaces(c, s, asked, owner)
	return len(keys), files + n, err
}

// place is where an object is.
type place struct{ release, path string }

// claim keeps who has an object, and finds two that have one.
func (v *verifier) claim(c *Commit, owner map[manifest.ID]place, id manifest.ID, at place) {
	kind := id
	kind.Kind = strings.ToLower(id.Kind) // their files would be one file
	other, taken := owner[kind]
	if !taken {
		owner[kind] = at
		return
	}
	v.find(c, at.path, fmt.Sprintf("%s is in the cluster twice", describe(id)),
		fmt.Sprintf("%s and %s both have it, in %s and %s. Whichever is applied last would win.", other.release, at.release, other.path, at.path),
		"Give one of them another name or namespace in the project, and hydrate.")
}

func (v *verifier) foreign(c *Commit, path string) {
	v.find(c, path, "a file that Weir did not write",
		fmt.Sprintf("%s belongs to no release: no metadata lists it.", path), undo(path))
}

// namespaces looks at the Namespaces that are kept for environments.
func (v *verifier) namespaces(c *Commit, s *Snapshot, asked map[string]map[string]bool, owner map[manifest.ID]place) (int, error) {
	environments, err := s.dir(manifestsDir)
	if err != nil {
		return 0, err
	}
	kept := map[string]plumbing.Hash{} // name -> blob, over all environments
	count := 0
	for _, environment := range slices.Sorted(maps.Keys(environments)) {
		dir := join(manifestsDir, environment, namespacesDir)
		entries, err := s.dir(dir)
		if err != nil {
			return 0, err
		}
		if names, seen := asked[environment]; seen && names == nil {
			continue
		}
		byPath := map[string]string{}
		for name := range asked[environment] {
			byPath[NamespacePath(environment, name)] = name
		}
		for _, file := range slices.Sorted(maps.Keys(entries)) {
			e, path := entries[file], join(dir, file)
			name, wanted := byPath[path]
			switch {
			case !wanted:
				v.foreign(c, path)
				continue
			case !e.isFile():
				v.find(c, path, "something that is no plain file", fmt.Sprintf("%s is a link, a submodule or a directory.", path), undo(path))
				continue
			}
			count++
			id := namespaceID(name)
			data, err := s.store.read(plumbing.BlobObject, e.id)
			if err != nil {
				return 0, err
			}
			if p := checkBlob(path, data, FileEntry{Object: id, Path: path}); p != nil {
				v.find(c, p.path, p.summary, p.detail, p.remedy)
			}
			other, again := kept[name]
			switch {
			case !again:
				kept[name] = e.id
				v.claim(c, owner, id, place{environment, path})
			case other != e.id:
				v.find(c, path, fmt.Sprintf("Namespace %s differs between environments", name),
					"The environments of a cluster that ask for a Namespace have to agree on it.",
					"Give its namespace block the same labels and annotations in all environments, and hydrate.")
			}
		}
	}
	for _, environment := range slices.Sorted(maps.Keys(asked)) {
		for _, name := range slices.Sorted(maps.Keys(asked[environment])) {
			path := NamespacePath(environment, name)
			at, has := owner[manifest.ID{Kind: "namespace", Name: name}]
			entries, err := s.dir(join(manifestsDir, environment, namespacesDir))
			if err != nil {
				return 0, err
			}
			if e := entries[path[strings.LastIndexByte(path, '/')+1:]]; e.isFile() || has && strings.Contains(at.release, "/") {
				continue // there, or a release renders it
			}
			v.find(c, path, "a Namespace is missing",
				fmt.Sprintf("A release of %s asks for Namespace %s, and it is nowhere.", environment, name), undo(path))
		}
	}
	return count, nil
}

// checkRelease compares the metadata of a release with its files, and each file
// with what it says that it is.
func (s *Snapshot) checkRelease(k Key) (checkedRelease, error) {
	var r checkedRelease
	m, err := s.Metadata(k)
	if list, ok := diag.Refused(err); ok {
		r.found = list
		return r, nil
	}
	if err != nil {
		return r, err
	}
	r.files, r.namespaces = 1, m.Namespaces
	entries, err := s.entries(k)
	if err != nil {
		return r, err
	}
	report := func(path, summary, detail, remedy string) {
		r.flaws = append(r.flaws, flaw{path, summary, detail, remedy})
	}
	for _, f := range m.Files {
		e, there := entries[f.Path]
		delete(entries, f.Path)
		switch {
		case !there:
			report(f.Path, "a file of a release is missing", fmt.Sprintf("The metadata of %s lists %s.", k, f.Path), undo(f.Path))
			continue
		case !e.isFile():
			report(f.Path, "something that is no plain file", fmt.Sprintf("%s is a link or a submodule.", f.Path), undo(f.Path))
			continue
		}
		r.files++
		if f.Hook == nil {
			r.objects = append(r.objects, f)
		}
		want := ObjectPath(k, f.Object)
		if f.Hook != nil {
			want = HookPath(k, f.Hook.Phase, f.Object)
		}
		if want != f.Path {
			report(f.Path, "a file is not where its object belongs", fmt.Sprintf("The metadata of %s says that it is %s, which belongs at %s.", k, describe(f.Object), want), undo(f.Path))
			continue
		}
		data, err := s.store.read(plumbing.BlobObject, e.id)
		if err != nil {
			return r, err
		}
		if p := checkBlob(f.Path, data, f); p != nil {
			r.flaws = append(r.flaws, *p)
		}
	}
	for _, path := range slices.Sorted(maps.Keys(entries)) {
		report(path, "a file that Weir did not write", fmt.Sprintf("The metadata of %s does not list %s.", k, path), undo(path))
	}
	return r, nil
}

// checkBlob holds a file against its entry: one document, in the one form that
// Weir writes, of the object and the hook that it is said to be.
func checkBlob(path string, data []byte, f FileEntry) *flaw {
	tree, err := manifest.Decode(data)
	if err != nil {
		return &flaw{path, "a file is not one YAML document", sentence(err.Error()) + ".", undo(path)}
	}
	body, ok := tree.(map[string]any)
	if !ok {
		return &flaw{path, "a file holds no Kubernetes object", "Its document is empty or no mapping.", undo(path)}
	}
	o, err := manifest.New(body, manifest.Source{File: path})
	if err != nil {
		return &flaw{path, "a file holds no Kubernetes object", sentence(err.Error()) + ".", undo(path)}
	}
	if o.ID != f.Object {
		return &flaw{path, "a file holds another object than the metadata says",
			fmt.Sprintf("It holds %s, and should hold %s.", describe(o.ID), describe(f.Object)), undo(path)}
	}
	if f.Hook != nil && !isHook(o.Hook, *f.Hook) {
		return &flaw{path, "a hook is not what the metadata says",
			fmt.Sprintf("Its annotations make it no hook of %s with weight %d and delete policies [%s].", f.Hook.Phase, f.Hook.Weight, strings.Join(f.Hook.DeletePolicies, ", ")), undo(path)}
	}
	if !bytes.Equal(o.Bytes(), data) {
		return &flaw{path, "a file was not written by Weir", "It holds the right object, but not in the form in which Weir writes it: somebody edited it.", undo(path)}
	}
	return nil
}

func isHook(h *manifest.Hook, want HookEntry) bool {
	return h != nil && slices.Contains(h.Phases, want.Phase) && h.Weight == want.Weight && slices.Equal(h.DeletePolicies, want.DeletePolicies)
}
