package engine

import (
	"context"
	"errors"
	"io/fs"
	"os"
	"slices"

	"github.com/weir-dev/weir/engine/plan"
	"github.com/weir-dev/weir/engine/signing"
	"github.com/weir-dev/weir/engine/site"
	"github.com/weir-dev/weir/engine/state"
	"github.com/weir-dev/weir/engine/work"
	"github.com/weir-dev/weir/schema/diag"
)

// VerifyOptions say what to verify.
type VerifyOptions struct {
	Reading
	Range          string // A..B or one commit of each state; empty: the last one
	AllowedSigners string // file; empty: Git's gpg.ssh.allowedSignersFile, if there is one
	Keyring        string // file
	Env            func(string) string
}

// VerifyReport is what was looked at.
type VerifyReport struct {
	Clusters []ClusterVerified `json:"clusters"`
}

// ClusterVerified is one cluster's state.
type ClusterVerified struct {
	Cluster string `json:"cluster"`
	State   string `json:"state"`
	state.Verified
	Findings int `json:"findings"`
}

// Verify looks for everything in the selected clusters' states that Weir did not
// make as it makes it. What it finds are diagnostics. It verifies whole states,
// whatever environments are selected of a cluster.
func Verify(ctx context.Context, run Run, o VerifyOptions) (VerifyReport, diag.List, error) {
	drawn, found := plan.Draw(run.Project, run.Selection, plan.Serially)
	if found.HasErrors() {
		return VerifyReport{}, found, nil
	}
	given, err := o.trust(o.AllowedSigners)
	if err != nil {
		list, err := work.Refusal(err)
		return VerifyReport{}, append(found, list...), err
	}
	verified := make([]*ClusterVerified, len(drawn.Clusters))
	unknown := make([]error, len(drawn.Clusters))
	more, err := site.Read(ctx, run, o.Reading, drawn.Clusters, func(ctx context.Context, i int, s *site.Site) error {
		trust := given
		if o.AllowedSigners == "" {
			file, err := signing.AllowedSignersFile(ctx, s.Repository.ConfigDir(), o.Env)
			if err != nil {
				return err
			}
			if trust, err = o.trust(file); err != nil {
				return err
			}
		}
		result, list, err := state.Verify(ctx, s.Repository, s.Base, state.VerifyOptions{Range: o.Range, Trust: trust})
		if rev := (*state.UnknownRevError)(nil); errors.As(err, &rev) {
			unknown[i] = err
			return nil
		}
		if err != nil {
			return err
		}
		verified[i] = &ClusterVerified{Cluster: s.Cluster.Name, State: s.At.Name, Verified: result, Findings: len(list)}
		if len(list) > 0 {
			return diag.Refuse(list...)
		}
		return nil
	})
	found = append(found, more...)
	if err != nil {
		return VerifyReport{}, found, err
	}
	// An id is known in one cluster's state only; a name may be in all.
	if len(unknown) > 0 && !slices.Contains(unknown, nil) {
		list, err := work.Refusal(errors.Join(unknown...))
		return VerifyReport{}, append(found, list...), err
	}
	report := VerifyReport{Clusters: []ClusterVerified{}}
	for _, v := range verified {
		if v != nil {
			report.Clusters = append(report.Clusters, *v)
		}
	}
	return report, found, nil
}

// trust reads the files of keys; nil where there are none.
func (o VerifyOptions) trust(allowedSigners string) (*signing.Trust, error) {
	var signers, keyrings []signing.TrustFile
	for _, one := range []struct {
		file string
		into *[]signing.TrustFile
		what string
	}{{allowedSigners, &signers, "allowed signers"}, {o.Keyring, &keyrings, "keys"}} {
		if one.file == "" {
			continue
		}
		data, err := os.ReadFile(one.file)
		if err != nil {
			return nil, diag.RefuseFor(err, unreadable(one.file, one.what, err))
		}
		*one.into = append(*one.into, signing.TrustFile{Name: one.file, Data: data})
	}
	if signers == nil && keyrings == nil {
		return nil, nil
	}
	return signing.NewTrust(signers, keyrings)
}

// unreadable says of a file of keys that there is none to read.
func unreadable(file, what string, err error) diag.Diagnostic {
	var bad *fs.PathError
	if errors.As(err, &bad) {
		err = bad.Err
	}
	return diag.Errorf(diag.Range{File: file}, "The file of %s cannot be read", what).Detailf("%s", diag.Sentence(err.Error())).
		Remedyf("It is what --allowed-signers, --keyring or Git's gpg.ssh.allowedSignersFile names: correct that, or make the file.")
}
