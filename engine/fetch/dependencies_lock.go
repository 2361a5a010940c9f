package fetch

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"path"
	"slices"

	"helm.sh/helm/v3/pkg/chart"
	"sigs.k8s.io/yaml"

	"github.com/weir-dev/weir/schema"
	"github.com/weir-dev/weir/schema/diag"
)

// wanted are the dependencies of a chart with the versions that its Chart.lock
// chose, if it is of these dependencies; with their ranges otherwise.
func (l *loading) wanted(prefix string, own []File, metadata *chart.Metadata, bundled map[string][]*chart.Metadata) []*chart.Dependency {
	declared := metadata.Dependencies
	file := fileOf(own, prefix+"Chart.lock")
	if file == nil {
		file = fileOf(own, prefix+"requirements.lock")
	}
	if file == nil || len(declared) == 0 || l.partly {
		return declared
	}
	var lock chart.Lock
	if err := yaml.Unmarshal(file.Data, &lock); err != nil || !l.inSync(metadata, lock) {
		missing := slices.ContainsFunc(declared, func(d *chart.Dependency) bool { return len(bundled[d.Name]) == 0 })
		if missing && !file.Packed { // who took the chart from somewhere can do nothing about it
			l.fail(l.because(diag.Warningf(file.line(0), "%s is out of sync with the dependencies of %q", path.Base(file.Name), metadata.Name).
				Detailf("It was written for other dependencies than Chart.yaml declares, so their ranges are taken instead; Helm refuses such a chart.").
				Remedyf("Run `helm dependency update` in the chart.")))
		}
		return declared
	}
	wanted := make([]*chart.Dependency, len(declared))
	for i, d := range declared {
		exact := *d
		exact.Version = lock.Dependencies[i].Version
		wanted[i] = &exact
	}
	return wanted
}

// inSync tells whether a lock is of some dependencies: by Helm's digest of both,
// which Helm takes after it has looked up the names of repositories, or, for
// an old chart, by that of Helm 2, of the dependencies alone.
func (l *loading) inSync(metadata *chart.Metadata, lock chart.Lock) bool {
	declared := metadata.Dependencies
	if len(lock.Dependencies) != len(declared) {
		return false
	}
	urls := make([]*chart.Dependency, len(declared))
	for i, d := range declared {
		if lock.Dependencies[i] == nil || lock.Dependencies[i].Name != d.Name {
			return false
		}
		urls[i] = d
		name, aliased := repositoryName(d)
		at := slices.IndexFunc(l.Repositories, func(r schema.ChartRepository) bool { return r.Name == name })
		if aliased && at >= 0 {
			found := *d
			found.Repository = l.Repositories[at].URL
			urls[i] = &found
		}
	}
	return lock.Digest == digestOf([2][]*chart.Dependency{urls, lock.Dependencies}) ||
		metadata.APIVersion == chart.APIVersionV1 && lock.Digest == digestOf(map[string][]*chart.Dependency{"dependencies": declared})
}

func digestOf(v any) string {
	data, err := json.Marshal(v)
	if err != nil {
		return ""
	}
	sum := sha256.Sum256(data)
	return "sha256:" + hex.EncodeToString(sum[:])
}
