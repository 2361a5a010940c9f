package transform

import (
	"github.com/weir-dev/weir/engine/manifest"
	"github.com/weir-dev/weir/schema/diag"
)

// guardSecrets keeps Secrets with data out of the state repository unless the
// release says otherwise. Nothing of their data is ever in a message.
func guardSecrets(r *run, drafts []*draft) []*draft {
	var kept []*draft // nil as long as nothing is left out
	for i, d := range drafts {
		if d.ID.Kind != "Secret" || d.ID.Group != "" || !manifest.HasSecretData(d.body()) {
			if kept != nil {
				kept = append(kept, d)
			}
			continue
		}
		switch r.Release.Secrets {
		case "allow":
			if kept != nil {
				kept = append(kept, d)
			}
			r.result.Secrets = append(r.result.Secrets, identityOf(d))
		case "omit":
			if kept == nil {
				kept = append(make([]*draft, 0, len(drafts)), drafts[:i]...)
			}
			r.result.Omitted = append(r.result.Omitted, identityOf(d))
		default:
			r.report(diag.Errorf(r.Release.Range, "Release %q would write %v to the state repository", r.Release.Name, d.ID).
				Detailf("A Secret with data is refused by default: whoever can read the repository, and its history, can read it.").
				Remedyf(`Let the cluster make the Secret (External Secrets, Sealed Secrets, a Secret by hand) and turn it off in the values; or set secrets = "omit" to leave it out and list it in the release's metadata; or secrets = "allow" to commit it as it is.`).
				Also(r.place(d), "the Secret comes from here"))
		}
	}
	if kept == nil {
		return drafts
	}
	return kept
}

// identityOf is the object for a list: nothing of its content is read there.
func identityOf(d *draft) manifest.Object {
	o := d.Object
	return manifest.Object{ID: o.ID, APIVersion: o.APIVersion, Hook: o.Hook, Source: o.Source}
}
