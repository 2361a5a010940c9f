package product

import (
	"crypto/sha256"
	"encoding/binary"
	"hash"
	"io/fs"
	"maps"
	"slices"
	"strconv"
	"sync"

	"github.com/weir-dev/weir/engine/cache"
	"github.com/weir-dev/weir/engine/plan"
	"github.com/weir-dev/weir/engine/transform"
	"github.com/weir-dev/weir/schema"
	"github.com/weir-dev/weir/schema/diag"
)

// keys digests everything that goes into a release: contents, never paths of
// this machine, places in the project's files or times. Equal keys mean equal
// files, so a key is what a product is kept under.
type keys struct {
	build string // of weir
	files fs.FS

	mu       sync.Mutex
	closures map[string]func() ([]byte, diag.List) // of kustomizations, by directory
}

func newKeys(build string, files fs.FS) *keys {
	return &keys{build: build, files: files, closures: map[string]func() ([]byte, diag.List){}}
}

// of digests one release; chart is its chart's digest, empty without one.
func (k *keys) of(r *plan.Release, chart string) (cache.Key, diag.List) {
	d := digest{sha256.New()}
	d.text(k.build, chart)
	d.text(r.Environment, r.Name, r.HelmName, r.Namespace, Declaration(r))
	d.text(r.Cluster.Kubernetes)
	d.list(r.Cluster.APIVersions)
	d.list(r.Cluster.ClusterScoped)
	d.text(r.Values.Digest())
	if r.Chart != nil {
		d.text(r.Chart.Source, r.Chart.Path, r.Chart.Version)
	}
	d.count(len(r.Manifests))
	for _, file := range r.Manifests {
		d.text(file.Path, string(file.Data))
	}
	d.list(r.After)
	d.flag(r.CreateNamespace)
	d.text(r.Hooks, r.CRDs, r.Secrets, r.Nondeterminism)
	d.flag(r.RestartOnConfigChange)
	found := k.kustomize(d, r.Kustomize)
	d.flag(r.Sync.Prune)
	d.flag(r.Sync.Wait)
	d.text(r.Sync.Timeout.String())
	d.list(r.Sync.Adopt)
	d.count(len(r.Sync.Ignore))
	for _, ignore := range r.Sync.Ignore {
		d.text(ignore.Group, ignore.Kind, ignore.Name, ignore.Namespace)
		d.list(ignore.Fields)
	}
	var key cache.Key
	d.Sum(key[:0])
	return key, found
}

func (k *keys) kustomize(d digest, z schema.Kustomize) diag.List {
	var found diag.List
	for _, refs := range [][]schema.Ref{z.Directories, z.Components} {
		d.count(len(refs))
		for _, ref := range refs {
			sum, list := k.closure(ref)
			d.Write(sum)
			found = append(found, list...)
		}
	}
	d.table(z.Labels)
	d.table(z.Annotations)
	d.count(len(z.Images))
	for _, image := range z.Images {
		d.text(image.Name, image.NewName, image.NewTag, image.Digest)
	}
	d.count(len(z.Replicas))
	for _, name := range slices.Sorted(maps.Keys(z.Replicas)) {
		d.text(name, strconv.FormatInt(z.Replicas[name].Value, 10))
	}
	d.count(len(z.Patches))
	for _, patch := range z.Patches {
		d.flag(patch.Target != nil)
		if t := patch.Target; t != nil {
			d.text(t.Group, t.Version, t.Kind, t.Name, t.Namespace, t.LabelSelector, t.AnnotationSelector)
		}
		d.text(string(patch.Text))
	}
	return found
}

// reach is what is wrong with the files that a release's kustomizations reach.
func (k *keys) reach(z schema.Kustomize) diag.List {
	var found diag.List
	for _, ref := range slices.Concat(z.Directories, z.Components) {
		_, list := k.closure(ref)
		found = append(found, list...)
	}
	return found
}

// closure digests a kustomization with all that it reaches, once per directory.
func (k *keys) closure(ref schema.Ref) ([]byte, diag.List) {
	k.mu.Lock()
	sum := k.closures[ref.Path]
	if sum == nil {
		sum = sync.OnceValues(func() ([]byte, diag.List) { return closureOf(k.files, ref) })
		k.closures[ref.Path] = sum
	}
	k.mu.Unlock()
	return sum()
}

func closureOf(project fs.FS, ref schema.Ref) ([]byte, diag.List) {
	files, found := transform.Closure(project, ref)
	d := digest{sha256.New()}
	for _, file := range files {
		data, err := fs.ReadFile(project, file)
		if err != nil {
			found = append(found, diag.Diagnostic{Summary: "A file of a kustomization cannot be read", Subject: diag.Range{File: file}, Detail: err.Error()})
		}
		d.text(file, string(data))
	}
	return d.Sum(nil), found
}

// digest feeds a hash so that no two different sequences of calls look alike:
// everything goes in behind its length.
type digest struct{ hash.Hash }

func (d digest) count(n int) {
	var length [8]byte
	binary.BigEndian.PutUint64(length[:], uint64(n))
	d.Write(length[:])
}

func (d digest) text(texts ...string) {
	for _, text := range texts {
		d.count(len(text))
		d.Write([]byte(text))
	}
}

func (d digest) list(texts []string) {
	d.count(len(texts))
	d.text(texts...)
}

func (d digest) table(m map[string]string) {
	d.count(len(m))
	for _, key := range slices.Sorted(maps.Keys(m)) {
		d.text(key, m[key])
	}
}

func (d digest) flag(b bool) {
	if b {
		d.count(1)
	} else {
		d.count(0)
	}
}
