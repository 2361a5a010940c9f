package remote

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"

	"github.com/go-git/go-git/v5/plumbing"
	"github.com/go-git/go-git/v5/plumbing/protocol/packp"
	"github.com/go-git/go-git/v5/plumbing/protocol/packp/capability"
	"github.com/go-git/go-git/v5/plumbing/protocol/packp/sideband"

	"github.com/weir-dev/weir/engine/failpoint"
)

// agent is what Weir calls itself towards servers.
const agent = "weir"

// Tip asks where a branch is without fetching it.
func (r *Remote) Tip(ctx context.Context, rev string) (tip Tip, err error) {
	var s session
	defer func() { err = r.explain(ctx, "ask", s, recover(), err) }()
	if plumbing.IsHash(rev) {
		return Tip{Commit: plumbing.NewHash(rev)}, nil
	}
	if s, err = r.open(ctx, uploadPack); err != nil {
		return Tip{}, err
	}
	return r.find(ctx, s, rev)
}

// find looks a revision up on the server.
func (r *Remote) find(ctx context.Context, s session, rev string) (Tip, error) {
	advertised, err := s.advertisement(ctx)
	if err != nil {
		return Tip{}, err
	}
	if format := advertised.Capabilities.Get(capability.ObjectFormat); len(format) > 0 && format[0] != "sha1" {
		return Tip{}, r.refuse("the repository uses SHA-256 object ids", sha256Detail, sha256Remedy)
	}
	if plumbing.IsHash(rev) {
		return Tip{Commit: plumbing.NewHash(rev)}, nil
	}
	return lookUp(rev, advertised), nil
}

// Fetch brings a commit with its files, and Depth of its history, into a store.
// Nothing is transferred where the store has it already (Have). An empty
// repository or a branch that is not there is the zero Tip and no error.
func (r *Remote) Fetch(ctx context.Context, want Want, into Store) (tip Tip, err error) {
	var s session
	defer func() {
		if err = r.explain(ctx, "fetch", s, recover(), err); err != nil {
			tip = Tip{}
		}
	}()
	if len(want.Rev) == 64 && isHex(want.Rev) {
		return Tip{}, r.refuse(fmt.Sprintf("%q is a SHA-256 object id", want.Rev), sha256Detail, "Name a branch, a tag or a commit's id of 40 digits.")
	}
	if s, err = r.open(ctx, uploadPack); err != nil {
		return Tip{}, err
	}
	tip, err = r.find(ctx, s, want.Rev)
	if err != nil || tip.Commit.IsZero() || tip.Commit == want.Have {
		return tip, err
	}
	if err := r.download(ctx, s, tip, want, into); err != nil {
		return Tip{}, err
	}
	if _, err := into.EncodedObject(plumbing.CommitObject, tip.Commit); err != nil {
		if errors.Is(err, plumbing.ErrObjectNotFound) {
			return Tip{}, r.refuse(fmt.Sprintf("%q is no commit", want.Rev), fmt.Sprintf("It names %s, an object that is something else.", tip.Commit), "Name a branch, a tag of a commit, or a commit's id.")
		}
		return Tip{}, err
	}
	return tip, nil
}

func isHex(s string) bool {
	return !slices.ContainsFunc([]byte(s), func(c byte) bool { return !(c >= '0' && c <= '9' || c >= 'a' && c <= 'f') })
}

// download brings the objects of a commit. The commits at which history is cut
// off become known to the store after the objects are there: before, they would
// hide history that is still to come.
func (r *Remote) download(ctx context.Context, s session, tip Tip, want Want, into Store) error {
	advertised, err := s.advertisement(ctx)
	if err != nil {
		return err
	}
	request := packp.NewUploadPackRequest()
	wanted := tip.Commit
	if tag, ok := advertised.References[cmp.Or(string(tip.Ref), tagOf(tip.Commit, advertised))]; ok {
		wanted = tag // a server gives out what it advertises, not what a tag is of
	}
	request.Wants = []plumbing.Hash{wanted}
	set := func(c capability.Capability, values ...string) error { return request.Capabilities.Set(c, values...) }
	err = errors.Join(set(capability.Agent, agent), set(capability.NoProgress))
	for _, c := range []capability.Capability{capability.Sideband64k, capability.OFSDelta, capability.Shallow} {
		if advertised.Capabilities.Supports(c) {
			err = errors.Join(err, set(c))
		}
	}
	if err != nil {
		return err
	}
	known, err := into.Shallow()
	if err != nil {
		return err
	}
	if request.Capabilities.Supports(capability.Shallow) { // else all of the history comes
		request.Depth = packp.DepthCommits(max(1, want.Depth))
	}
	if (want.history || want.largest > 0) && advertised.Capabilities.Supports(capability.Filter) {
		if err := set(capability.Filter); err != nil {
			return err
		}
		request.Filter = packp.FilterBlobLimit(uint64(want.largest)+1, packp.BlobLimitPrefixNone)
		if want.history {
			request.Filter = packp.FilterTreeDepth(0)
		}
	}
	if !want.Have.IsZero() {
		request.Haves = []plumbing.Hash{want.Have}
		if request.Capabilities.Supports(capability.Shallow) {
			request.Shallows = known
		}
		// Only so does the server leave out the files that Have has although it is
		// no ancestor in a history that is cut off.
		if err := set(capability.ThinPack); err != nil {
			return err
		}
	}
	response, err := s.fetch(ctx, request)
	if err != nil {
		return err
	}
	var reader = sideband.NewDemuxer(sideband.Sideband64k, response)
	if !request.Capabilities.Supports(capability.Sideband64k) {
		return errors.New("the server does not multiplex what it sends: it is older than Git 1.5")
	}
	if err := r.keep(reader, into); err != nil {
		return err
	}
	return cutOff(into, known, response.ShallowUpdate)
}

// cutOff records where history ends.
func cutOff(into Store, known []plumbing.Hash, update packp.ShallowUpdate) error {
	shallow := slices.Clone(known)
	shallow = append(shallow, update.Shallows...)
	shallow = slices.DeleteFunc(shallow, func(h plumbing.Hash) bool { return slices.Contains(update.Unshallows, h) })
	plumbing.HashesSort(shallow)
	shallow = slices.Compact(shallow)
	if slices.Equal(shallow, known) {
		return nil
	}
	failpoint.Before("shallow", "")
	return into.SetShallow(shallow)
}
