package remote

import (
	"context"
	"errors"
	"fmt"
	"io"
	"strings"

	"github.com/go-git/go-git/v5/plumbing/protocol/packp"
	"github.com/go-git/go-git/v5/plumbing/protocol/packp/capability"

	"github.com/weir-dev/weir/schema/diag"
)

// Push does an update, or none of it: a *MovedError where the branch is not at
// Old, a refusal with the server's own words where a hook or a rule declined.
// After an error that is Temporary the branch may be at New: ask for its Tip.
func (r *Remote) Push(ctx context.Context, u Update) (err error) {
	var s session
	defer func() { err = r.explain(ctx, "push to", s, recover(), err) }()
	if s, err = r.open(ctx, receivePack); err != nil {
		return err
	}
	advertised, err := s.advertisement(ctx)
	if err != nil {
		return err
	}
	can := advertised.Capabilities.Supports
	if format := advertised.Capabilities.Get(capability.ObjectFormat); len(format) > 0 && format[0] != "sha1" {
		return r.refuse("the repository uses SHA-256 object ids", sha256Detail, sha256Remedy)
	}
	if now := advertised.References[u.Ref.String()]; now != u.Old {
		return &MovedError{Ref: u.Ref, Want: u.Old, Now: now}
	}
	if !can(capability.ReportStatus) {
		return errors.New("the server does not report what becomes of a push: it is older than Git 1.5")
	}

	f, free, err := r.spool()
	if err != nil {
		return err
	}
	defer free()
	if err := u.Pack(spooled{f, r}); err != nil {
		return err
	}
	if _, err := f.Seek(0, io.SeekStart); err != nil {
		return err
	}
	heard := &words{}
	request := packp.NewReferenceUpdateRequest()
	request.Commands = []*packp.Command{{Name: u.Ref, Old: u.Old, New: u.New}}
	request.Packfile = f
	request.Progress = heard
	err = errors.Join(request.Capabilities.Set(capability.Agent, agent), request.Capabilities.Set(capability.ReportStatus))
	for _, c := range []capability.Capability{capability.Sideband64k, capability.Quiet, capability.OFSDelta} {
		if can(c) {
			err = errors.Join(err, request.Capabilities.Set(c))
		}
	}
	if err != nil {
		return err
	}
	r.access.before("push", r.String())
	report, err := s.push(ctx, request)
	if report == nil {
		if err == nil {
			err = io.ErrUnexpectedEOF
		}
		return err
	}
	return r.verdict(ctx, u, report, heard)
}

// before announces that a remote is asked to change next.
func (a *Access) before(what, path string) {
	if a.Before != nil {
		a.Before(what, path)
	}
}

// verdict is what a server's report means.
func (r *Remote) verdict(ctx context.Context, u Update, report *packp.ReportStatus, heard *words) error {
	reason := ""
	for _, status := range report.CommandStatuses {
		if status.ReferenceName == u.Ref && status.Status != "ok" {
			reason = status.Status
		}
	}
	switch {
	case reason == "" && report.UnpackStatus == "ok" && len(report.CommandStatuses) > 0:
		return nil
	case reason == "" && report.UnpackStatus == "ok":
		return errors.New("the server did not say what became of the branch")
	case report.UnpackStatus != "ok":
		reason = report.UnpackStatus
	}
	lines := heard.lines()
	if perhapsMoved(reason, lines) {
		tip, err := r.Tip(ctx, u.Ref.String())
		if err != nil {
			return err
		}
		if tip.Commit != u.Old {
			return &MovedError{Ref: u.Ref, Want: u.Old, Now: tip.Commit}
		}
		if lockedOut(lines) { // the other one is not done yet
			return &temporaryError{fmt.Errorf("push to %s: %s", r, strings.Join(append(said(reason), lines...), "; "))}
		}
	}
	summary := fmt.Sprintf("the server declined the push to %s", u.Ref.Short())
	return diag.Refuse(r.diagnostic(summary, quoted(fmt.Sprintf("Its reason is: %s. It says:", strings.Join(said(reason), " ")), lines), remedyFor(reason, lines, u)))
}

// perhapsMoved tells a reason that somebody who was faster is one cause of. The
// words are those of Git, JGit and the forges.
func perhapsMoved(reason string, lines []string) bool {
	all := strings.ToLower(reason + "\n" + strings.Join(lines, "\n"))
	for _, sign := range []string{
		"failed to update ref", "fetch first", "stale info", "cannot lock ref", "failed to lock", "lock error",
		"lock failure", "reference already exists", "incorrect old value", "is at", "non-fast-forward", "unable to create",
	} {
		if strings.Contains(all, sign) {
			return true
		}
	}
	return false
}

// lockedOut tells that somebody else is writing the same branch right now.
func lockedOut(lines []string) bool {
	all := strings.Join(lines, "\n")
	return strings.Contains(all, ".lock': File exists") || strings.Contains(strings.ToLower(all), "lock failure")
}

func remedyFor(reason string, lines []string, u Update) string {
	branch := u.Ref.Short()
	switch {
	case strings.Contains(strings.Join(lines, "\n"), "; cannot create 'refs/"):
		return "In Git a branch cannot be a directory for others: with a/b there is no a. Name another branch, or delete the one that is in the way."
	case strings.Contains(reason, "currently checked out"):
		return "The repository has a work tree with this branch in it. Push to a bare repository (`git init --bare`), or to another branch."
	case strings.Contains(reason, "non-fast-forward"):
		return fmt.Sprintf("The new commit takes the place of the one that %s is at, which the server does not allow. Delete the branch there, let it be replaced (receive.denyNonFastForwards, the forge's rules for branches), or push another one.", branch)
	case strings.Contains(reason, "shallow"):
		return "Let the server take it: `git config receive.shallowUpdate true` there."
	case strings.Contains(reason, "hook") || strings.Contains(reason, "protected") || strings.Contains(reason, "declined") || strings.Contains(reason, "prohibited"):
		return fmt.Sprintf("Change what the server complains of, or let the account that pushes write to %s; where changes are reviewed, push another branch.", branch)
	}
	return "Ask who runs the server: its log says more."
}
