//lint:file-ignore SA1019 people's kustomizations still have the deprecated fields

package transform

import (
	"bytes"
	"errors"
	"io/fs"
	"maps"
	"path"
	"regexp"
	"slices"
	"strings"

	"sigs.k8s.io/kustomize/api/types"
	"sigs.k8s.io/kustomize/kyaml/yaml"

	"github.com/weir-dev/weir/engine/manifest"
	"github.com/weir-dev/weir/schema"
	"github.com/weir-dev/weir/schema/diag"
)

// Closure lists every file that a kustomization, or a component, reaches inside
// of the project: itself, its bases, resources, components, patches, generator
// inputs; sorted, relative to the project. What would be reached outside of it,
// or over the network, is a diagnostic.
func Closure(files fs.FS, dir schema.Ref) ([]string, diag.List) {
	c := newClosure(files)
	c.directory(dir.Path, dir.Range, nil)
	return slices.Sorted(maps.Keys(c.reached)), c.found
}

// role is what a kustomization takes a file for.
type role uint8

const (
	objects role = 1 << iota // resources, patches, configurations: YAML of ours to lay out anew
	data                     // generator inputs, to be kept byte for byte
)

// closure is what kustomizations reach: all that a run of kustomize may see.
type closure struct {
	files          fs.FS
	reached        map[string]role
	kustomizations map[string]*kustomization // by directory
	found          diag.List
}

// kustomization is one kustomization file.
type kustomization struct {
	types.Kustomization
	dir, file string
	text      []byte
}

func newClosure(files fs.FS) *closure {
	return &closure{files: files, reached: map[string]role{}, kustomizations: map[string]*kustomization{}}
}

func (c *closure) report(d diag.Diagnostic) { c.found = append(c.found, d) }

// fileNames are those that kustomize looks for; read only.
var fileNames = []string{"kustomization.yaml", "kustomization.yml", "Kustomization"}

// directory follows the kustomization in dir, which from names; way holds the
// directories that led to it.
func (c *closure) directory(dir string, from diag.Range, way []string) *kustomization {
	if i := slices.Index(way, dir); i >= 0 {
		c.report(diag.Errorf(from, "kustomizations refer to each other in a circle").
			Detailf("%s.", strings.Join(append(slices.Clone(way[i:]), dir), " -> ")).
			Remedyf("Move what both need into a kustomization of its own."))
		return nil
	}
	if k, ok := c.kustomizations[dir]; ok {
		return k
	}
	k := c.read(dir, from)
	c.kustomizations[dir] = k
	if k == nil {
		return nil
	}
	c.follow(k, append(slices.Clone(way), dir))
	return k
}

// read finds and reads the kustomization file of a directory.
func (c *closure) read(dir string, from diag.Range) *kustomization {
	var there []string
	for _, name := range fileNames {
		if info, err := fs.Stat(c.files, path.Join(dir, name)); err == nil && !info.IsDir() {
			there = append(there, name)
		}
	}
	if len(there) != 1 {
		d := diag.Errorf(from, "%s has no kustomization.yaml", dir).
			Remedyf("A kustomization is a directory with a file kustomization.yaml (or kustomization.yml, or Kustomization).")
		if len(there) > 1 {
			d = diag.Errorf(from, "%s has more than one kustomization file", dir).
				Detailf("%s.", listing("It has", there, "")).Remedyf("Keep one of them.")
		}
		c.report(d)
		return nil
	}
	k := &kustomization{dir: dir, file: path.Join(dir, there[0])}
	text, err := fs.ReadFile(c.files, k.file)
	if err != nil {
		c.report(diag.Errorf(from, "%s cannot be read", k.file).Detailf("%v.", err))
		return nil
	}
	k.text = text
	c.reached[k.file] |= data
	if err := k.Unmarshal(text); err != nil {
		c.report(k.invalid(err, from))
		return nil
	}
	k.FixKustomization()
	problems := k.EnforceFields()
	if k.CheckEmpty() != nil {
		problems = append(problems, "it is empty")
	}
	if len(problems) > 0 {
		c.report(diag.Errorf(lineOf(k.file, 1, 0), "%s is no valid kustomization", k.file).
			Detailf("%s.", upperFirst(strings.Join(problems, "; "))).
			Also(from, "it is used here"))
		return nil
	}
	return k
}

// unknownField is how encoding/json names a field that there is not.
var unknownField = regexp.MustCompile(`unknown field "([^"]*)"`)

// invalid tells what is wrong with the text of a kustomization.
func (k *kustomization) invalid(err error, from diag.Range) diag.Diagnostic {
	if _, syntax := manifest.Decode(k.text); syntax != nil {
		at := lineOf(k.file, 1, 0)
		detail := syntax.Error()
		var located *manifest.SyntaxError
		if errors.As(syntax, &located) {
			at, detail = lineOf(k.file, located.Line, located.Column), located.Msg
		}
		return diag.Errorf(at, "%s is no valid YAML", k.file).Detailf("%s.", upperFirst(detail)).
			Remedyf("Correct the file.").Also(from, "it is used here")
	}
	if m := unknownField.FindStringSubmatch(err.Error()); m != nil {
		return diag.Errorf(k.key(m[1]), "kustomization has no field %q", m[1]).
			Suggest(m[1], kustomizationFields()).
			Remedyf("Correct the field, or take it out.").
			Also(from, "the kustomization is used here")
	}
	return diag.Errorf(lineOf(k.file, 1, 0), "%s is no valid kustomization", k.file).
		Detailf("%s.", upperFirst(plainError(err))).
		Remedyf("Give the fields the types that kustomize's reference names.").
		Also(from, "it is used here")
}

// reference is one entry of a kustomization that names a file or a directory.
type reference struct {
	path string
	role role
	// directories may stand here too, or only they.
	directory, onlyDirectory bool
	config                   bool // of a generator, transformer or validator
}

// follow reaches everything that k names.
func (c *closure) follow(k *kustomization, way []string) {
	c.refuse(k)
	for _, p := range k.Resources {
		c.reach(k, reference{path: p, role: objects, directory: true}, way)
	}
	for _, p := range k.Components {
		c.reach(k, reference{path: p, directory: true, onlyDirectory: true}, way)
	}
	for _, p := range slices.Concat(k.Crds, k.Configurations) {
		c.reach(k, reference{path: p, role: data}, way)
	}
	for _, patch := range slices.Concat(k.Patches, k.PatchesJson6902) {
		c.optional(k, patch.Path, objects, way)
	}
	for _, patch := range k.PatchesStrategicMerge {
		if !isInline(string(patch)) {
			c.optional(k, string(patch), objects, way)
		}
	}
	for _, replacement := range k.Replacements {
		c.optional(k, replacement.Path, data, way)
	}
	c.optional(k, k.OpenAPI["path"], data, way)
	for _, args := range k.ConfigMapGenerator {
		c.sources(k, args.KvPairSources, way)
	}
	for _, args := range k.SecretGenerator {
		c.sources(k, args.KvPairSources, way)
	}
	for _, config := range slices.Concat(k.Generators, k.Transformers, k.Validators) {
		if isInline(config) {
			c.plugins(k, k.key(""), []byte(config), way)
			continue
		}
		c.reach(k, reference{path: config, role: objects, directory: true, config: true}, way)
	}
}

// isInline tells a text from a path.
func isInline(s string) bool {
	return strings.Contains(strings.TrimSpace(s), "\n") || strings.Contains(s, ": ")
}

func (c *closure) optional(k *kustomization, p string, as role, way []string) {
	if p != "" {
		c.reach(k, reference{path: p, role: as}, way)
	}
}

// sources reaches the inputs of a generator: paths and key=path.
func (c *closure) sources(k *kustomization, sources types.KvPairSources, way []string) {
	for _, source := range sources.FileSources {
		if _, p, hasKey := strings.Cut(source, "="); hasKey {
			c.reachAs(k, reference{path: p, role: data}, source, way)
			continue
		}
		c.reach(k, reference{path: source, role: data}, way)
	}
	for _, source := range append(slices.Clone(sources.EnvSources), sources.EnvSource) {
		c.optional(k, source, data, way)
	}
}

// refuse reports what would run programs, leave the project or print.
func (c *closure) refuse(k *kustomization) {
	if len(k.HelmCharts) > 0 || k.HelmGlobals != nil {
		key := "helmCharts"
		if !bytes.Contains(k.text, []byte(key)) {
			key = "helmChartInflationGenerator"
		}
		c.report(diag.Errorf(k.key(key), "kustomization wants to render Helm charts").
			Detailf("kustomize would start a helm program and download charts.").
			Remedyf("Make the chart a release of its own; its kustomize block takes what is left of this kustomization."))
	}
	if len(k.Vars) > 0 {
		c.report(diag.Errorf(k.key("vars"), "kustomization uses vars").
			Detailf("kustomize gave them up for replacements.").
			Remedyf("Run `kustomize edit fix --vars` in %s.", k.dir))
	}
}

func (c *closure) reach(k *kustomization, ref reference, way []string) {
	c.reachAs(k, ref, ref.path, way)
}

// reachAs follows one reference; written is how the kustomization has it.
func (c *closure) reachAs(k *kustomization, ref reference, written string, way []string) {
	if isRemote(ref.path) {
		c.report(diag.Errorf(k.value(written), "kustomization refers to something outside of the project").
			Detailf("%q would be fetched over the network or by git, at every run anew.", ref.path).
			Remedyf("Copy it into the project, with its version in the commit, and refer to the copy."))
		return
	}
	target := path.Join(k.dir, ref.path)
	if path.IsAbs(ref.path) || !fs.ValidPath(target) {
		c.report(diag.Errorf(k.value(written), "path leaves the project").
			Detailf("%q, seen from %s, is not in the project.", ref.path, k.dir).
			Remedyf("Copy the file into the project and refer to it with a relative path."))
		return
	}
	info, err := fs.Stat(c.files, target)
	switch {
	case err != nil:
		c.missing(k, ref, target, written, err)
	case info.IsDir() && ref.directory:
		c.directory(target, k.value(written), way)
	case info.IsDir():
		c.report(diag.Errorf(k.value(written), "%s is a directory", target).Remedyf("Name a file."))
	case ref.onlyDirectory:
		c.report(diag.Errorf(k.value(written), "%s is no directory", target).
			Remedyf("A component is a directory with a kustomization.yaml of kind Component."))
	default:
		c.reached[target] |= ref.role
		if ref.role == objects {
			c.file(k, target, ref.config, way)
		}
	}
}

func (c *closure) missing(k *kustomization, ref reference, target, written string, err error) {
	d := diag.Errorf(k.value(written), "%s does not exist", target)
	if !errors.Is(err, fs.ErrNotExist) {
		d = diag.Errorf(k.value(written), "%s cannot be read", target).Detailf("%v.", err)
	}
	var names []string
	entries, _ := fs.ReadDir(c.files, path.Dir(target))
	for _, entry := range entries {
		names = append(names, path.Join(path.Dir(ref.path), entry.Name()))
	}
	c.report(d.Suggest(ref.path, names).Remedyf("Correct the path; it is relative to %s.", k.dir))
}

// file looks into a YAML file for configurations of plugins, which name more
// files.
func (c *closure) file(k *kustomization, target string, config bool, way []string) {
	text, err := fs.ReadFile(c.files, target)
	if err != nil {
		c.report(diag.Errorf(lineOf(target, 0, 0), "%s cannot be read", target).Detailf("%v.", err))
		return
	}
	if config || bytes.Contains(text, []byte("builtin")) {
		c.plugins(k, lineOf(target, 1, 0), text, way)
	}
}

// plugins checks that configurations are of transformers that kustomize has
// built in, and reaches what they name.
func (c *closure) plugins(k *kustomization, at diag.Range, text []byte, way []string) {
	documents, _ := manifest.Read(text) // what does not parse is kustomize's to report
	for _, document := range documents {
		tree, _ := document.Tree.(map[string]any)
		kind, _ := tree["kind"].(string)
		if tree["apiVersion"] != "builtin" {
			if tree != nil && at.File != "" && c.isPlugin(tree) {
				c.report(diag.Errorf(at, "kustomization wants to run a plugin: %s", kind).
					Detailf("Functions, containers and programs are not run: what they do depends on the machine.").
					Remedyf("Use a transformer that is built in, a patch, or a component."))
			}
			continue
		}
		if kind == "HelmChartInflationGenerator" {
			c.report(diag.Errorf(at, "kustomization wants to render Helm charts").
				Remedyf("Make the chart a release of its own."))
			continue
		}
		for _, p := range pathsIn(tree) {
			c.reach(k, reference{path: p, role: data}, way)
		}
	}
}

// isPlugin tells the configuration of a function or a program from an object.
func (c *closure) isPlugin(tree map[string]any) bool {
	metadata, _ := tree["metadata"].(map[string]any)
	annotations, _ := metadata["annotations"].(map[string]any)
	for _, key := range []string{"config.kubernetes.io/function", "config.k8s.io/function"} {
		if _, ok := annotations[key]; ok {
			return true
		}
	}
	return false
}

// pathsIn lists the files that the configuration of a built-in plugin names.
func pathsIn(tree map[string]any) []string {
	var paths []string
	add := func(v any) {
		if s, _ := v.(string); s != "" && !isInline(s) {
			paths = append(paths, s)
		}
	}
	add(tree["path"])
	add(tree["env"])
	for _, key := range []string{"paths", "envs"} {
		list, _ := tree[key].([]any)
		for _, v := range list {
			add(v)
		}
	}
	files, _ := tree["files"].([]any)
	for _, v := range files {
		s, _ := v.(string)
		if _, p, hasKey := strings.Cut(s, "="); hasKey {
			s = p
		}
		add(s)
	}
	replacements, _ := tree["replacements"].([]any)
	for _, v := range replacements {
		m, _ := v.(map[string]any)
		add(m["path"])
	}
	return paths
}

// remote is everything that kustomize's loader takes for a URL or a Git
// repository, and a little more.
var remote = regexp.MustCompile(`(?i)^(git::|https?:|ssh:|file:|github\.com[/:]|[a-z][a-z0-9-]*@)|://`)

func isRemote(p string) bool { return remote.MatchString(p) }

// key is the place of a top-level field.
func (k *kustomization) key(name string) diag.Range {
	if root := k.root(); root != nil {
		for i := 0; i+1 < len(root.Content); i += 2 {
			if strings.EqualFold(root.Content[i].Value, name) {
				return lineOf(k.file, root.Content[i].Line, root.Content[i].Column)
			}
		}
		if at := find(root, func(n *yaml.Node) bool { return n.Value == name }); at != nil && name != "" {
			return lineOf(k.file, at.Line, at.Column)
		}
	}
	return lineOf(k.file, 1, 0)
}

// value is the place of a scalar.
func (k *kustomization) value(text string) diag.Range {
	if at := find(k.root(), func(n *yaml.Node) bool { return n.Value == text }); at != nil {
		return lineOf(k.file, at.Line, at.Column)
	}
	return lineOf(k.file, 1, 0)
}

func (k *kustomization) root() *yaml.Node {
	var document yaml.Node
	if err := yaml.Unmarshal(k.text, &document); err != nil || len(document.Content) == 0 {
		return nil
	}
	return document.Content[0]
}

func find(n *yaml.Node, is func(*yaml.Node) bool) *yaml.Node {
	if n == nil {
		return nil
	}
	if n.Kind == yaml.ScalarNode && is(n) {
		return n
	}
	for _, child := range n.Content {
		if at := find(child, is); at != nil {
			return at
		}
	}
	return nil
}

// plainError is the message of a library in one line, without the texts that it
// quotes: they may hold a Secret.
func plainError(err error) string {
	text := quotedConfig.ReplaceAllString(err.Error(), "")
	text, _, _ = strings.Cut(text, "\n")
	text = strings.ReplaceAll(text, projectRoot+"/", "")
	return strings.TrimRight(pointer.ReplaceAllString(text, "…"), ":. ")
}

var (
	quotedConfig = regexp.MustCompile("(?s) with config: `.*?`")
	pointer      = regexp.MustCompile(`(&?\{)?0x[0-9a-f]+(\s0x[0-9a-f]+)*\}?`)
)
