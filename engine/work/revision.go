package work

import (
	"bufio"
	"bytes"
	"cmp"
	"errors"
	"fmt"
	"io/fs"
	"path"
	"slices"
	"strings"

	"github.com/weir-dev/weir/engine/checkout"
	"github.com/weir-dev/weir/engine/remote"
	"github.com/weir-dev/weir/engine/state"
	"github.com/weir-dev/weir/schema"
	"github.com/weir-dev/weir/schema/diag"
)

// Revision is the project in a directory as a commit of the repository around it
// has it, read from Git's objects: the work tree is not looked at.
func Revision(dir, rev string) (*Origin, diag.List, error) {
	repository, err := Repository(dir, "--head")
	var commit string
	if err == nil {
		commit, err = Resolve(repository, "--head", rev)
	}
	if err != nil {
		list, err := Refusal(err)
		return nil, list, err
	}
	return RevisionAt(dir, rev, commit)
}

// RevisionAt is the project at a commit that is there.
func RevisionAt(dir, rev, commit string) (*Origin, diag.List, error) {
	repository, err := checkout.Of(dir) // once more: its objects are read by nobody else
	if err != nil {
		return nil, nil, err
	}
	below, err := repository.Below(dir)
	if err != nil {
		return nil, nil, err
	}
	objects, id := repository.Objects(commit)
	origin := &Origin{Source: state.Source{URL: checkout.WithoutCredentials(repository.Origin()), Commit: commit}, Ref: rev, clone: dir, objects: objects}
	whole, err := remote.TreeFS(objects, id)
	if err != nil {
		found, err := origin.Explain(nil, fmt.Errorf("read the project's repository: %w", err))
		return nil, found, err
	}
	found := submodules(whole, below, commit)
	if origin.Files, err = remote.Sub(whole, path.Join(".", below)); err == nil {
		_, err = fs.Stat(origin.Files, "weir.hcl")
	}
	if errors.Is(err, fs.ErrNotExist) {
		return nil, diag.List{{
			Summary: fmt.Sprintf("There is no project at %s", rev),
			Subject: diag.Range{File: path.Join(below, "weir.hcl")},
			Detail:  fmt.Sprintf("Commit %s has no such file.", state.Hash(commit).Short()),
			Remedy:  "Name a revision that has the project; without --base, the project is compared with what is in the state repositories.",
		}}, nil
	}
	if err != nil {
		found, err = origin.Explain(found, fmt.Errorf("read the project at %s: %w", rev, err))
		return nil, found, err
	}
	return origin, found, nil
}

// submodules warns of directories of the project that are other repositories whose
// files are not here.
func submodules(whole fs.FS, below, commit string) diag.List {
	data, err := fs.ReadFile(whole, ".gitmodules")
	if err != nil {
		return nil
	}
	var found diag.List
	for lines := bufio.NewScanner(bytes.NewReader(data)); lines.Scan(); {
		key, value, _ := strings.Cut(lines.Text(), "=")
		dir := strings.Trim(strings.TrimSpace(value), "/")
		if strings.TrimSpace(key) != "path" || below != "" && !strings.HasPrefix(dir, below+"/") {
			continue
		}
		if files, err := fs.ReadDir(whole, dir); err != nil || len(files) > 0 {
			continue
		}
		found = append(found, diag.Warningf(diag.Range{File: dir}, "Submodule %s is empty at %s", dir, state.Hash(commit).Short()).
			Detailf("Its commit there is not in this clone, nor in .git/modules, where Git keeps submodules.").
			Remedyf("`git submodule update --init --recursive` brings the commits that are checked out, `git -C %s fetch` those of the past.", dir))
	}
	return found
}

// Repository is the repository around a project, which has to be there.
func Repository(dir, flag string) (checkout.Checkout, error) {
	repository, err := checkout.Of(dir)
	if err == nil && !repository.Exists() {
		err = diag.Refuse(diag.Diagnostic{
			Summary: "The project is in no Git repository",
			Detail:  fmt.Sprintf("%s names a revision of the project, and there is no history.", flag),
			Remedy:  "Without --base and --head, weir diff compares with what is in the state repositories.",
		})
	}
	return repository, err
}

// Resolve finds the commit that a flag names.
func Resolve(repository checkout.Checkout, flag, rev string) (string, error) {
	commit, err := repository.Resolve(rev)
	unknown := (*checkout.UnknownError)(nil)
	if !errors.As(err, &unknown) {
		return commit, err
	}
	names, err := repository.Names()
	if err != nil {
		return "", err
	}
	shallow, err := repository.Shallow()
	if err != nil {
		return "", err
	}
	d := diag.Errorf(diag.Range{}, "%s %s names no commit", flag, rev).Detailf("%s", unknown.Why)
	if name, _, _ := strings.Cut(strings.ReplaceAll(rev, "^", "~"), "~"); !slices.Contains(names, name) {
		d = d.Suggest(name, names)
	}
	switch {
	case unknown.Cut && shallow:
		d = d.Detailf("%s The clone is a shallow one: most of the history was left out.", unknown.Why).
			Remedyf("Fetch it: `git fetch --unshallow`, or fetch-depth: 0 of a CI's checkout.")
	case shallow:
		d = d.Detailf("%s The clone is a shallow one: it may have been left out.", unknown.Why).
			Remedyf("Fetch it: `git fetch origin %s`, or fetch-depth: 0 of a CI's checkout, which brings all branches.", strings.TrimPrefix(rev, "origin/"))
	case strings.HasPrefix(rev, "origin/"):
		d = d.Remedyf("`git fetch origin` brings what is new there.")
	}
	return "", diag.RefuseFor(unknown, d)
}

// Marked puts what was found in a revision of the project where a person finds it:
// <commit>:<file>, as for `git show`, with the line. Findings of a directory, or of
// a project that was fetched, stay as they are.
func (o *Origin) Marked(found diag.List, p *schema.Project) diag.List {
	if o == nil || o.clone == "" {
		return found
	}
	mark := func(r diag.Range) diag.Range {
		if r.File == "" {
			return r
		}
		if r.Text == "" && r.Start.Line > 0 {
			lines := bytes.Split(p.Sources(r.File), []byte("\n"))
			if r.Start.Line <= len(lines) {
				r.Text = string(lines[r.Start.Line-1])
			}
		}
		r.File = fmt.Sprintf("%.10s:%s", o.Source.Commit, r.File)
		return r
	}
	all := make(diag.List, len(found))
	for i, d := range found {
		d.Subject = mark(d.Subject)
		related := make([]diag.Related, len(d.Related))
		for j, r := range d.Related {
			related[j] = diag.Related{Range: mark(r.Range), Note: r.Note}
		}
		d.Related = related
		all[i] = d
	}
	return all
}

// Explain adds to what went wrong with a project that its files are not all in the
// clone which they are read from, where that is so.
func (o *Origin) Explain(found diag.List, err error) (diag.List, error) {
	if o == nil || o.objects == nil || o.objects.Missing() == nil || err == nil && !found.HasErrors() {
		return found, err
	}
	if missing := (*checkout.MissingError)(nil); errors.As(err, &missing) {
		err = nil // what follows says the same
	}
	d := diag.Errorf(diag.Range{}, "The project's clone does not have all files of commit %s", state.Hash(o.Source.Commit).Short()).
		Detailf("Object %s is missing.", state.Hash(o.objects.Missing().ID).Short()).
		Remedyf("`git fsck` says what else is; clone it again.")
	repository, failed := checkout.Of(o.clone)
	partial := false
	if failed == nil {
		partial, failed = repository.Partial()
	}
	if partial {
		d.Detail = "It is a partial one, made with --filter, or with `filter` of a CI's checkout. Git fetches what is missing one by one, Weir does not."
		d.Remedy = "`git fetch --refetch --no-filter` brings them; or clone without a filter."
	}
	return append(found, d), cmp.Or(err, failed)
}
