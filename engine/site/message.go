package site

import (
	"github.com/weir-dev/weir/engine/state"
	"github.com/weir-dev/weir/engine/work"
	"github.com/weir-dev/weir/schema"
	"github.com/weir-dev/weir/schema/diag"
)

// compose works out what the commit of a site's change says, also where there
// will be none: a mistake in the project's commit block has to show before it is
// merged.
func (s *Site) compose() (diag.List, error) {
	run, order := s.in.Run, s.in.Order
	s.Message = state.Message{Version: run.Version}
	if order != nil {
		changed, err := order.Changed()
		if err != nil {
			return nil, err
		}
		s.Message.Source = order.Source
		s.Message.Source.Dirty = len(changed) > 0
	}
	m, found := run.Project.CommitMessage(s.Cluster.Name, commitFacts(s.Message.Facts(s.Cluster.Name, s.Change)))
	if found.HasErrors() {
		return found, nil
	}
	s.Message.Subject, s.Message.Body = m.Subject, m.Body
	if s.in.Options.Message != "" {
		s.Message.Subject = s.in.Options.Message
	}
	for _, t := range m.Trailers {
		trailer := state.Trailer{Name: t.Name, Value: t.Value}
		s.Message.Trailers = append(s.Message.Trailers, trailer)
		list, err := work.Refusal(at(t.Range, state.Message{Trailers: []state.Trailer{trailer}}.Check()))
		if found = append(found, list...); err != nil {
			return found, err
		}
	}
	return found, nil
}

// commitFacts is what is known of a commit in the project's terms.
func commitFacts(f state.CommitFacts) schema.CommitFacts {
	out := schema.CommitFacts{
		Environments: f.Environments, Created: f.Created, Changed: f.Changed, Removed: f.Removed, Namespaces: f.Namespaces,
		Objects:   schema.CommitObjects(f.Objects),
		SourceURL: f.Source.URL, SourceCommit: f.Source.Commit, Summary: f.Summary, Version: f.Version,
	}
	for _, r := range f.Releases {
		out.Releases = append(out.Releases, schema.CommitRelease{
			Environment: r.Environment, Release: r.Release, Status: string(r.Status), From: r.From,
			Chart: r.Chart, OldVersion: r.OldVersion, Version: r.Version, Objects: schema.CommitObjects(r.Objects), Line: r.Line,
		})
	}
	return out
}
