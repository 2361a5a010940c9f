package transform

import (
	"io/fs"
	"maps"
	"regexp"
	"slices"
	"strings"

	"github.com/weir-dev/weir/engine/manifest"
	"github.com/weir-dev/weir/schema/diag"
)

// How kustomize words the two mistakes that people make most.
var (
	generatorClash = regexp.MustCompile(`Kind:"([^"]*)".*Name:"([^"]*)", Namespace:"([^"]*)"\} exists`)
	sameIdentity   = regexp.MustCompile(`already registered id: ([^.\s]+)\.\S*/(\S+)\.([^.\s]+)`)
	noMatch        = regexp.MustCompile(`no matches for Id ([^.\s]+)\.\S*/(\S+)\.([^.\s]+);`)
)

// explain turns what kustomize says into a diagnostic with a place.
func (b build) explain(err error, drafts []*draft) diag.Diagnostic {
	ref := b.refs[0]
	for _, r := range b.refs {
		if strings.Contains(err.Error(), "'"+projectRoot+"/"+r.Path+"'") {
			ref = r
		}
	}
	text := err.Error()
	if m := generatorClash.FindStringSubmatch(text); m != nil {
		return diag.Errorf(b.generator(m[2], ref.Range), "kustomization generates %s %q, which is there already", m[1], m[2]).
			Remedyf("Give it another name, or say behavior: merge or behavior: replace.").
			Also(ref.Range, "the kustomization is used here")
	}
	if m := sameIdentity.FindStringSubmatch(text); m != nil {
		return diag.Errorf(b.document(m[1], m[2], ref.Range), "kustomization has %s %q of namespace %q, which is there already", m[1], m[2], m[3]).
			Remedyf("Rename one of them, or make this one a patch.").
			Also(ref.Range, "the kustomization is used here")
	}
	if m := noMatch.FindStringSubmatch(text); m != nil {
		candidates := namesOf(drafts, func(d *draft) bool { return d.ID.Kind == m[1] })
		return diag.Errorf(b.document(m[1], m[2], ref.Range), "patch matches no object: %s %q of namespace %q", m[1], m[2], m[3]).
			Detailf("%s", listing("The release has of kind "+m[1], candidates, "nothing")).
			Suggest(m[2], candidates).
			Remedyf("Correct apiVersion, kind, name and namespace of the patch, or take it out.").
			Also(ref.Range, "the kustomization is used here")
	}
	return diag.Errorf(ref.Range, "kustomize cannot build %s", ref.Path).
		Detailf("%s.", upperFirst(plainError(err))).
		Remedyf("Correct the kustomization.")
}

// generator is where a kustomization of the closure names a generator.
func (b build) generator(name string, otherwise diag.Range) diag.Range {
	for _, dir := range slices.Sorted(maps.Keys(b.closure.kustomizations)) {
		k := b.closure.kustomizations[dir]
		for _, args := range k.ConfigMapGenerator {
			if args.Name == name {
				return k.value(name)
			}
		}
		for _, args := range k.SecretGenerator {
			if args.Name == name {
				return k.value(name)
			}
		}
	}
	return otherwise
}

// document is where a file of the closure has a document of that kind and name.
func (b build) document(kind, name string, otherwise diag.Range) diag.Range {
	for _, file := range slices.Sorted(maps.Keys(b.closure.reached)) {
		text, err := fs.ReadFile(b.Files, file)
		if err != nil || b.closure.reached[file] != objects {
			continue
		}
		documents, _ := manifest.Read(text)
		for _, document := range documents {
			tree, _ := document.Tree.(map[string]any)
			metadata, _ := tree["metadata"].(map[string]any)
			if tree["kind"] == kind && metadata["name"] == name {
				return lineOf(file, document.Line, 0)
			}
		}
	}
	return otherwise
}
