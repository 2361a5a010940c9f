package transform

import (
	"encoding/json"
	"fmt"
	"io/fs"
	"maps"
	"path"
	"reflect"
	"slices"
	"strconv"
	"strings"
	"sync"

	"sigs.k8s.io/kustomize/api/krusty"
	"sigs.k8s.io/kustomize/api/resmap"
	"sigs.k8s.io/kustomize/api/types"
	"sigs.k8s.io/kustomize/kyaml/filesys"
	"sigs.k8s.io/kustomize/kyaml/openapi"

	"github.com/weir-dev/weir/engine/manifest"
	"github.com/weir-dev/weir/schema"
	"github.com/weir-dev/weir/schema/diag"
)

// schemas guards the one OpenAPI schema that kustomize keeps per process: every
// run of a kustomization may set it, every merge reads it.
var schemas sync.RWMutex

// What a run of kustomize sees: the closure's files below projectRoot, and the
// release's objects beside it.
const (
	projectRoot = "/project"
	weirRoot    = "/weir"
	objectsFile = "objects.yaml"
)

// trace names the draft that an object was, through all that a kustomization
// does to it. Under this domain kustomize keeps annotations even where a JSON
// patch replaces them all.
const trace = "internal.config.kubernetes.io/weir-object"

const originAnnotation = "config.kubernetes.io/origin"

// applyDirectories runs the kustomizations, each over what the one before it
// made.
func applyDirectories(r *run, drafts []*draft) []*draft {
	for _, ref := range r.Release.Kustomize.Directories {
		if drafts = applyDirectory(r, ref, drafts); r.halted {
			break
		}
	}
	return drafts
}

// applyDirectory runs a kustomization with the release's objects among its
// resources. All of them go in, since any of its transformers may mean any
// object: about a second for 1,000, and more than in proportion beyond. The
// steps of the kustomize block are some hundred times faster.
func applyDirectory(r *run, ref schema.Ref, drafts []*draft) []*draft {
	c := newClosure(r.Files)
	k := c.directory(ref.Path, ref.Range, nil)
	if k != nil && k.Kind == types.ComponentKind {
		c.report(diag.Errorf(ref.Range, "%s is a component", ref.Path).
			Remedyf(`List it under components instead of directory.`))
	}
	if !r.complete(c) {
		return drafts
	}
	up := strings.Repeat("../", strings.Count(path.Join(projectRoot, k.dir), "/"))
	build := build{run: r, closure: c, refs: []schema.Ref{ref}, root: path.Join(projectRoot, k.dir), userOrigins: slices.Contains(k.BuildMetadata, types.OriginAnnotations)}
	if len(drafts) > 0 { // kustomize takes no empty file
		k.Resources = append(slices.Clone(k.Resources), up+strings.TrimPrefix(path.Join(weirRoot, objectsFile), "/"))
	}
	k.BuildMetadata = append(slices.Clone(k.BuildMetadata), types.OriginAnnotations)
	return build.apply(drafts)
}

// applyComponents runs the components, one after the other, over the objects.
func applyComponents(r *run, drafts []*draft) []*draft {
	components := r.Release.Kustomize.Components
	if len(components) == 0 {
		return drafts
	}
	c := newClosure(r.Files)
	wrapper := &kustomization{dir: "", file: ""}
	for _, ref := range components {
		k := c.directory(ref.Path, ref.Range, nil)
		if k != nil && k.Kind != types.ComponentKind {
			c.report(diag.Errorf(ref.Range, "%q is no component", ref.Path).
				Detailf("Its kustomization has the kind %s.", k.Kind).
				Remedyf("Write `apiVersion: %s` and `kind: %s` in %s, or use it as directory.", types.ComponentVersion, types.ComponentKind, k.file))
		}
		wrapper.Components = append(wrapper.Components, ".."+path.Join(projectRoot, ref.Path))
	}
	if !r.complete(c) {
		return drafts
	}
	if len(drafts) > 0 {
		wrapper.Resources = []string{objectsFile}
	}
	wrapper.BuildMetadata = []string{types.OriginAnnotations}
	return build{run: r, closure: c, refs: components, root: weirRoot, wrapper: wrapper}.apply(drafts)
}

// complete takes over what a closure found; without all files there is no run.
func (r *run) complete(c *closure) bool {
	r.found = append(r.found, c.found...)
	if c.found.HasErrors() {
		r.halted = true
		return false
	}
	return true
}

// build is one use of kustomize.
type build struct {
	*run
	closure     *closure
	refs        []schema.Ref   // the places in the project that ask for it
	root        string         // the directory that kustomize starts in
	wrapper     *kustomization // what stands in weirRoot, if root is there
	userOrigins bool           // whether the project wants origin annotations
}

// apply runs kustomize until every draft has been through it. It refuses two
// objects of one identity, which hooks of different phases may be, so each
// further one has a run of its own in which it takes the first one's place.
func (b build) apply(drafts []*draft) []*draft {
	rounds, ok := b.rounds(drafts)
	if !ok {
		b.halted = true
		return drafts
	}
	var result, made []*draft
	left := make(map[*draft]bool, len(drafts))
	for i, round := range rounds {
		out, err := b.kustomize(round.all)
		if err != nil {
			b.halted = true
			b.report(b.explain(err, drafts))
			return drafts
		}
		for _, o := range out {
			switch {
			case o.from == nil && i == 0:
				made = append(made, o.draft)
			case o.from != nil && round.counts(o.from):
				left[o.from] = true
				result = append(result, o.draft)
			}
		}
	}
	if !b.checkLost(drafts, left) {
		return drafts
	}
	return append(result, made...)
}

// round is one run: all objects that take part, and those whose result counts.
type round struct {
	all   []*draft
	extra map[*draft]bool // nil: all count
}

func (r round) counts(d *draft) bool { return r.extra == nil || r.extra[d] }

func (b build) rounds(drafts []*draft) ([]round, bool) {
	index := map[manifest.ID]int{}
	var first []*draft
	var more [][]*draft
	again := map[manifest.ID]int{}
	ok := true
	for _, d := range drafts {
		i, twice := index[d.ID]
		if !twice {
			index[d.ID] = len(first)
			first = append(first, d)
			continue
		}
		if d.Hook == nil && first[i].Hook == nil {
			ok = false
			b.report(diag.Errorf(b.Release.Range, "Release %q has %v twice", b.Release.Name, d.ID).
				Remedyf("Take one of them out, or rename it.").
				Also(b.place(first[i]), "the first one").
				Also(b.place(d), "the second one"))
			continue
		}
		n := again[d.ID]
		again[d.ID]++
		if n == len(more) {
			more = append(more, nil)
		}
		more[n] = append(more[n], d)
	}
	rounds := []round{{all: first}}
	for _, extra := range more {
		all := slices.Clone(first)
		counts := map[*draft]bool{}
		for _, d := range extra {
			all[index[d.ID]] = d
			counts[d] = true
		}
		rounds = append(rounds, round{all: all, extra: counts})
	}
	return rounds, ok
}

// output is an object that kustomize returned; from is what it was, nil where
// the kustomization made it.
type output struct {
	*draft
	from  *draft
	index int
}

func (b build) kustomize(drafts []*draft) ([]output, error) {
	memory := filesys.MakeFsInMemory()
	if err := b.fill(memory, drafts); err != nil {
		return nil, err
	}
	resources, err := runKustomize(memory, b.root, b.ownSchema())
	if err != nil {
		return nil, err
	}
	outputs := make([]output, 0, len(drafts))
	for _, resource := range resources.Resources() {
		tree, isMap := fromNode(resource.YNode()).(map[string]any)
		if !isMap {
			return nil, fmt.Errorf("an object is no map")
		}
		o, err := b.output(tree, drafts)
		if err != nil {
			return nil, err
		}
		outputs = append(outputs, o)
	}
	slices.SortStableFunc(outputs, func(x, y output) int { return position(drafts, x) - position(drafts, y) })
	return outputs, nil
}

// position sorts what was there before, in its order, before what is new.
func position(drafts []*draft, o output) int {
	if o.from == nil {
		return len(drafts)
	}
	return o.index
}

// ownSchema tells whether a kustomization brings an OpenAPI schema.
func (b build) ownSchema() bool {
	for _, k := range b.closure.kustomizations {
		if k != nil && len(k.OpenAPI) > 0 {
			return true
		}
	}
	return false
}

// runKustomize runs kustomize alone in the process, and leaves its schema as it
// was.
func runKustomize(memory filesys.FileSystem, root string, ownSchema bool) (resources resmap.ResMap, err error) {
	schemas.Lock()
	defer schemas.Unlock()
	if ownSchema {
		defer openapi.ResetOpenAPI()
	}
	defer func() {
		if bug := recover(); bug != nil {
			err = fmt.Errorf("kustomize ended with: %v", bug)
		}
	}()
	options := krusty.MakeDefaultOptions()
	options.LoadRestrictions = types.LoadRestrictionsNone // there is nothing but the closure
	return krusty.MakeKustomizer(options).Run(memory, root)
}

// fill lays out what kustomize may read. Everything that is YAML goes in as
// JSON of the trees that Weir reads: no two readers of one text.
func (b build) fill(memory filesys.FileSystem, drafts []*draft) error {
	var all []byte
	for i, d := range drafts {
		text, err := json.Marshal(traced(d, i))
		if err != nil {
			return fmt.Errorf("write %v for kustomize: %w", d.ID, err)
		}
		all = append(append(append(all, "---\n"...), text...), '\n')
	}
	if err := memory.WriteFile(path.Join(weirRoot, objectsFile), all); err != nil {
		return err
	}
	places := b.places(drafts)
	for _, file := range slices.Sorted(maps.Keys(b.closure.reached)) {
		text, err := fs.ReadFile(b.Files, file)
		if err != nil {
			return err
		}
		if b.closure.reached[file] == objects {
			text = places.explicit(text)
		}
		if err := memory.WriteFile(path.Join(projectRoot, file), text); err != nil {
			return err
		}
	}
	if b.wrapper != nil {
		if err := writeKustomization(memory, path.Join(weirRoot, "kustomization.yaml"), b.wrapper); err != nil {
			return err
		}
	}
	for _, dir := range slices.Sorted(maps.Keys(b.closure.kustomizations)) {
		if k := b.closure.kustomizations[dir]; k != nil {
			places.kustomization(k)
			if err := writeKustomization(memory, path.Join(projectRoot, k.file), k); err != nil {
				return err
			}
		}
	}
	return nil
}

func writeKustomization(memory filesys.FileSystem, name string, k *kustomization) error {
	text, err := json.Marshal(k.Kustomization)
	if err != nil {
		return fmt.Errorf("write %s for kustomize: %w", name, err)
	}
	return memory.WriteFile(name, text)
}

// traced is the object as kustomize shall see it: with a trace, and with a name
// where a hook has only the beginning of one.
func traced(d *draft, i int) map[string]any {
	tree := maps.Clone(d.body())
	metadata := maps.Clone(tree["metadata"].(map[string]any))
	tree["metadata"] = metadata
	annotations, _ := metadata["annotations"].(map[string]any)
	annotations = maps.Clone(annotations)
	if annotations == nil {
		annotations = map[string]any{}
	}
	metadata["annotations"] = annotations
	annotations[trace] = strconv.Itoa(i)
	if local, ok := annotations[localConfig]; ok { // would be dropped
		annotations[trace+"-local"] = local
		delete(annotations, localConfig)
	}
	if name, _ := metadata["name"].(string); name == "" {
		metadata["name"] = d.ID.Name
	}
	return tree
}

const localConfig = "config.kubernetes.io/local-config"

// output reads an object that kustomize returned.
func (b build) output(tree map[string]any, drafts []*draft) (output, error) {
	metadata, _ := tree["metadata"].(map[string]any)
	annotations, _ := metadata["annotations"].(map[string]any)
	origin, _ := annotations[originAnnotation].(string)
	index, isTraced := annotations[trace].(string)
	if !isTraced {
		if !b.userOrigins {
			dropAnnotations(metadata, annotations, false, originAnnotation)
		}
		o, err := manifest.New(tree, b.originOf(origin))
		if err != nil {
			return output{}, err
		}
		made := &draft{Object: o, tree: tree, changed: true}
		b.fillNamespace(made)
		return output{draft: made}, nil
	}
	i, err := strconv.Atoi(index)
	if err != nil || i < 0 || i >= len(drafts) {
		return output{}, fmt.Errorf("a kustomization changes the annotation %s, which is Weir's own", trace)
	}
	from := drafts[i]
	if local, ok := annotations[trace+"-local"]; ok {
		annotations[localConfig] = local
	}
	before, _ := from.body()["metadata"].(map[string]any)
	_, hadAnnotations := before["annotations"]
	dropAnnotations(metadata, annotations, hadAnnotations, trace, trace+"-local", originAnnotation)
	if name, _ := before["name"].(string); name == "" {
		metadata["generateName"] = metadata["name"]
		delete(metadata, "name")
	}
	d := &draft{Object: from.Object, rendered: from.rendered}
	if reflect.DeepEqual(tree, from.body()) {
		*d = *from
	} else {
		d.replace(tree)
		b.settle(d, from.ID.Namespace != "")
	}
	return output{draft: d, from: from, index: i}, nil
}

func dropAnnotations(metadata, annotations map[string]any, keepEmpty bool, keys ...string) {
	for _, key := range keys {
		delete(annotations, key)
	}
	if len(annotations) == 0 && !keepEmpty {
		delete(metadata, "annotations")
	}
}

// settle corrects the namespace where kustomize could not know the kind: what
// lived in none stays there, what had one keeps having one.
func (b build) settle(d *draft, hadNamespace bool) {
	switch {
	case hadNamespace:
		b.fillNamespace(d)
	case d.ID.Namespace != "":
		delete(d.body()["metadata"].(map[string]any), "namespace")
		d.replace(d.body())
	}
}

// originOf is the file that an object of a kustomization comes from.
func (b build) originOf(annotation string) manifest.Source {
	tree, err := manifest.Decode([]byte(annotation))
	if err != nil {
		return manifest.Source{File: b.refs[0].Path}
	}
	origin, _ := tree.(map[string]any)
	for _, key := range []string{"path", "configuredIn"} {
		if p, _ := origin[key].(string); p != "" {
			file := path.Join(b.root, p)
			if relative, ok := strings.CutPrefix(file, projectRoot+"/"); ok {
				return manifest.Source{File: relative}
			}
		}
	}
	return manifest.Source{File: b.refs[0].Path}
}

// checkLost makes sure that nothing disappears but what a patch deletes.
func (b build) checkLost(drafts []*draft, left map[*draft]bool) bool {
	if len(left) == len(drafts) || b.deletes() {
		return true
	}
	for _, d := range drafts {
		if !left[d] {
			b.halted = true
			b.report(diag.Errorf(b.refs[0].Range, "kustomize loses %v", d.ID).
				Detailf("It goes into the kustomization and does not come out, and no patch there deletes it.").
				Also(b.place(d), "the object comes from here"))
		}
	}
	return !b.halted
}

// deletes tells whether any text that kustomize sees can delete an object.
func (b build) deletes() bool {
	for file := range b.closure.reached {
		if text, err := fs.ReadFile(b.Files, file); err == nil && strings.Contains(string(text), "$patch") {
			return true
		}
	}
	return false
}
