package site

import (
	"fmt"
	"path/filepath"
	"slices"
	"strings"

	"github.com/weir-dev/weir/engine/remote"
	"github.com/weir-dev/weir/engine/state"
	"github.com/weir-dev/weir/engine/work"
	"github.com/weir-dev/weir/schema"
	"github.com/weir-dev/weir/schema/diag"
)

// locate finds out where the state is. Plain files need no remote.
func (s *Site) locate() error {
	run, o, in := s.in.Run, s.in.Options, s.Cluster.State
	switch {
	case in.Repository != "" && o.Out != "":
	case in.Repository != "":
		r, err := RemoteOf(run, s.Cluster, o.Access)
		if err != nil {
			return err
		}
		s.At = state.At(r, o.Clones, in.Branch)
		if o.Review != "" {
			return s.At.Reviewable(o.Review)
		}
	case o.Out != "" && run.Origin != nil:
	case run.Origin != nil:
		return diag.Refuse(diag.Errorf(s.Cluster.Range, "Cluster %q has no remote for its state", s.Cluster.Name).
			Detailf("Without one it is kept in state/%s of the project's directory, and with --from-git there is none.", s.Cluster.Name).
			Remedyf("Give the cluster a remote, state { repository = … }; select others with -c; or write plain files with --out."))
	case o.Review != "":
		return diag.Refuse(diag.Errorf(s.Cluster.Range, "Cluster %q has no remote for a review branch", s.Cluster.Name).
			Detailf("Its state is the local repository state/%s, which --branch does not write.", s.Cluster.Name).
			Remedyf("Give the cluster a remote, state { repository = … }, or select others with -c."))
	default:
		s.At = state.Default(run.Dir, s.Cluster.Name, in.Branch)
	}
	return nil
}

// RemoteOf is the repository that a cluster keeps its state in.
func RemoteOf(run work.Run, c schema.Cluster, access *remote.Access) (*remote.Remote, error) {
	if run.Origin != nil && isRelative(c.State.Repository) {
		return nil, diag.Refuse(diag.Errorf(c.State.Range, "The state of cluster %q is at a path of the project's directory", c.Name).
			Detailf("With --from-git there is no such directory for %q to begin at.", c.State.Repository).
			Remedyf("Write the whole address."))
	}
	r, err := remote.New(c.State.Repository, run.Dir, access)
	return r, at(c.State.Range, err)
}

// isRelative tells whether an address is a path that begins somewhere else.
func isRelative(address string) bool {
	host, _, remote := strings.Cut(address, ":")
	return !filepath.IsAbs(address) && (!remote || strings.Contains(host, "/"))
}

// at gives the diagnostics of an error a place in the project.
func at(place diag.Range, err error) error {
	list, ok := diag.Refused(err)
	if !ok {
		return err
	}
	list = slices.Clone(list)
	for i := range list {
		list[i].Subject = place
	}
	return diag.RefuseFor(err, list...)
}

// Placed gives what is wrong with a state that is somewhere else its line in the
// project, which is where a person repairs most of it.
func (s *Site) Placed(err error) error {
	if !s.Remote() {
		return err
	}
	list, ok := diag.Refused(err)
	if !ok {
		if list, ok = remote.Unexplained(err); !ok {
			return err
		}
	}
	list = slices.Clone(list)
	for i, d := range list {
		if d.Subject.File == "" || d.Subject.Start.Line > 0 {
			continue
		}
		list[i].Subject = s.Cluster.State.Range
		list[i].Related = slices.Insert(slices.Clone(d.Related), 0, diag.Related{Range: d.Subject, Note: fmt.Sprintf("the state of cluster %q", s.Cluster.Name)})
	}
	return diag.RefuseFor(err, list...)
}

// SameState refuses two clusters that would write one branch of one repository:
// each would take away what is the other's.
func SameState(run work.Run) diag.List {
	var found diag.List
	first := map[string]schema.Cluster{}
	for _, c := range run.Project.Clusters() {
		if c.State.Repository == "" {
			continue
		}
		key := reallyAt(run, c.State.Repository) + " " + c.State.Branch
		other, ok := first[key]
		if !ok {
			first[key] = c
			continue
		}
		found = append(found, diag.Errorf(c.State.Range, "Clusters %q and %q have one state repository", other.Name, c.Name).
			Detailf("Both write branch %s of it. A state repository says what runs in one cluster.", c.State.Branch).
			Remedyf("Give each cluster a repository of its own, or at least a branch.").
			Also(other.State.Range, "the other one"))
	}
	return found
}

// reallyAt is an address in a form to compare, however it is written: that
// of a path is where it really leads.
func reallyAt(run work.Run, address string) string {
	local := strings.TrimPrefix(address, "file://")
	if local == address && !isRelative(address) && !filepath.IsAbs(address) {
		return remote.Comparable(address)
	}
	if !filepath.IsAbs(local) {
		local = filepath.Join(run.Dir, local)
	}
	if whole, err := filepath.Abs(local); err == nil {
		local = whole
	}
	if real, err := filepath.EvalSymlinks(local); err == nil {
		local = real
	}
	return strings.TrimSuffix(filepath.ToSlash(local), ".git")
}
