package site

import (
	"github.com/weir-dev/weir/engine/remote"
	"github.com/weir-dev/weir/engine/signing"
	"github.com/weir-dev/weir/engine/work"
)

// Options are what a person may ask of a hydration; the zero value is the usual
// one.
type Options struct {
	Check      bool     // look, do not write
	Out        string   // write plain files into this directory instead of the state repositories
	Push       bool     // write remote state repositories too
	Review     string   // a branch to write in remotes instead of the state's own, for review
	ForceOlder bool     // write even where the state is of a newer commit of the project
	Message    string   // subject of the commits
	Verify     bool     // compare with Helm's own engine
	Regenerate []string // releases whose unstable fields get new values

	Committer *signing.Committer // who commits, and when
	Access    *remote.Access     // what connections may use of this machine
	Clones    string             // where copies of remotes are kept between runs

	work.Patience // between two tries to write
}
