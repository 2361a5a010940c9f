package schema

import (
	"bytes"
	"fmt"
	"maps"
	"path"
	"slices"
	"strings"

	"github.com/weir-dev/weir/engine/values"
	"github.com/weir-dev/weir/schema/diag"
)

// release evaluates everything but the header.
func (t *target) release(h Header) (Release, diag.List) {
	t.evaluateHeaders()
	r := t.instances[h.Name]
	if r == nil {
		return Release{Header: h}, nil
	}
	var list diag.List
	d := t.draft(r, &list)
	d.s.extra["release"] = r.object()
	out := Release{
		Header:                r.Header,
		Chart:                 d.chart(),
		Manifests:             d.manifests(),
		Needs:                 d.needs(),
		Layers:                d.layers(),
		CreateNamespace:       d.bool("", "create_namespace"),
		Hooks:                 d.string("hooks").text,
		CRDs:                  d.string("crds").text,
		Secrets:               d.string("secrets").text,
		Nondeterminism:        d.string("nondeterminism").text,
		RestartOnConfigChange: d.bool("", "restart_on_config_change"),
		Kustomize:             d.kustomize(),
		Sync:                  d.sync(),
	}
	out.Labels = maps.Clone(out.Labels)
	if out.Chart == nil && len(out.Manifests) == 0 && !list.HasErrors() && !d.doubtful("chart", "manifests") {
		reader{&list}.fail(r.Range, fmt.Sprintf("The release %q has neither a chart nor manifests", r.Name), "", "Add `chart = \"…\"`, `manifests = [\"…\"]`, or both.")
	}
	return out, list.Sorted()
}

// doubtful tells whether one of the attributes may be missing only because of a
// mistake that was reported.
func (d *draft) doubtful(names ...string) bool {
	return slices.ContainsFunc(d.fragments, func(f *instance) bool {
		return f.odd || slices.ContainsFunc(names, func(name string) bool { x := f.get(name); return x != nil && x.bad })
	})
}

func (d *draft) layers() []values.Layer {
	var out []values.Layer
	evaluate := func(x *expression) *values.Node { return d.s.node(x, d.list) }
	for _, f := range d.fragments {
		out = append(out, d.t.p.layers(f, layerName(f), evaluate, d.list)...)
	}
	return out
}

func (d *draft) needs() []Need {
	x, ok := d.own("needs")
	if !ok {
		return nil
	}
	var out []Need
	names, _ := d.strings(x)
	for _, s := range names {
		n := Need{Environment: d.t.env.block.label, Release: s.text, Range: s.at}
		if environment, release, ok := strings.Cut(s.text, "/"); ok {
			n.Environment, n.Release = environment, release
		}
		if n.Release == "" || n.Environment == "" || strings.Contains(n.Release, "/") {
			reader{d.list}.fail(s.at, fmt.Sprintf("%q is not a release", s.text), "", "Write \"<release>\", or \"<environment>/<release>\" for another environment on the same cluster.")
			continue
		}
		out = append(out, n)
	}
	return out
}

// manifests reads the files that the globs name.
func (d *draft) manifests() []File {
	x, n := d.last("", "manifests")
	if n == nil {
		return nil
	}
	r := reader{d.list}
	patterns, _ := r.strings(x, n)
	var out []File
	have := map[string]bool{}
	for _, pattern := range patterns {
		name, ok := d.path(x, pattern, "a manifest")
		if !ok {
			continue
		}
		names, err := d.t.p.files.glob(name)
		switch {
		case err != nil:
			r.fail(pattern.at, fmt.Sprintf("%q is not a pattern", pattern.text), "", "Close its brackets and braces.")
		case len(names) == 0:
			r.fail(pattern.at, "There are no such manifests", fmt.Sprintf("No file matches %s.", name),
				sentences(d.t.p.files.neighbour(name), "Correct the path; it is relative to the file that names it."))
		}
		for _, name := range names {
			if have[name] {
				continue
			}
			have[name] = true
			if data, ok := d.read(name, pattern.at, "A manifest"); ok {
				out = append(out, File{Path: name, Data: data, Range: pattern.at})
			}
		}
	}
	return out
}

func (d *draft) read(name string, at diag.Range, what string) ([]byte, bool) {
	data, err := d.t.p.files.read(name)
	if err != nil {
		reader{d.list}.fail(at, what+" cannot be read", why(name, err), d.t.p.files.remedy(name, err, "Correct the path; it is relative to the file that names it."))
		return nil, false
	}
	return data, true
}

func (d *draft) kustomize() Kustomize {
	const block = "kustomize"
	if !slices.ContainsFunc(d.fragments, func(f *instance) bool { return f.one(block) != nil }) {
		return Kustomize{}
	}
	r := reader{d.list}
	k := Kustomize{Labels: d.stringMap(block, "labels", r.objectLabels), Annotations: d.stringMap(block, "annotations", r.objectAnnotations)}
	d.all(block, "directory", func(x *expression, n *values.Node) {
		if s, ok := r.string(x, n); ok {
			if ref, ok := d.directory(x, placed{s, n.Origin}, "a kustomization"); ok {
				k.Directories = append(k.Directories, ref)
			}
		}
	})
	d.all(block, "components", func(x *expression, n *values.Node) {
		names, _ := r.strings(x, n)
		for _, s := range names {
			if ref, ok := d.directory(x, s, "a component"); ok {
				k.Components = append(k.Components, ref)
			}
		}
	})
	d.all(block, "replicas", func(x *expression, n *values.Node) {
		counts, _ := r.counts(x, n)
		if k.Replicas == nil && len(counts) > 0 {
			k.Replicas = map[string]Count{}
		}
		maps.Copy(k.Replicas, counts)
	})
	for _, f := range d.fragments {
		for _, b := range f.one(block).all("image") {
			k.Images = append(k.Images, d.image(b))
		}
		for _, b := range f.one(block).all("patch") {
			if p, ok := d.patch(b); ok {
				k.Patches = append(k.Patches, p)
			}
		}
	}
	return k
}

func (d *draft) directory(x *expression, written placed, what string) (Ref, bool) {
	if strings.Contains(written.text, "://") || strings.HasPrefix(written.text, "git@") || strings.HasPrefix(written.text, "github.com/") {
		reader{d.list}.fail(written.at, strings.ToUpper(what[:1])+what[1:]+" cannot be remote", "Hydration never uses the network for kustomize.", "Copy it into the project.")
		return Ref{}, false
	}
	name, ok := d.path(x, written, what)
	if !ok {
		return Ref{}, false
	}
	title := strings.ToUpper(what[:1]) + what[1:]
	dir, err := d.t.p.files.stat(name)
	if err != nil {
		problem := " cannot be read"
		if absent(err) {
			problem = " is missing"
		}
		reader{d.list}.fail(written.at, title+problem, why(name, err), d.t.p.files.remedy(name, err, "Correct the path; it is relative to the file that names it."))
		return Ref{}, false
	}
	if !dir {
		reader{d.list}.fail(written.at, title+" is a directory", name+" is a file.", fmt.Sprintf("Name its directory: %q.", path.Dir(written.text)))
		return Ref{}, false
	}
	for _, file := range []string{"kustomization.yaml", "kustomization.yml", "Kustomization"} {
		if _, err := d.t.p.files.stat(path.Join(name, file)); err == nil {
			return Ref{name, written.at}, true
		}
	}
	reader{d.list}.fail(written.at, title+" has no kustomization.yaml", fmt.Sprintf("There is none in %s.", name), "Add one, or correct the path.")
	return Ref{}, false
}

// text is a string attribute of an inner block, which no overlay combines.
func (d *draft) text(b *instance, name string) placed {
	x := b.get(name)
	n := d.s.node(x, d.list)
	if n == nil || n.Value == nil {
		return placed{}
	}
	s, _ := reader{d.list}.string(x, n)
	return placed{s, n.Origin}
}

func (d *draft) image(b *instance) Image {
	i := Image{Name: b.label, NewName: d.text(b, "new_name").text, NewTag: d.text(b, "new_tag").text, Range: b.rng}
	digest := d.text(b, "digest")
	i.Digest = digest.text
	r := reader{d.list}
	switch {
	case digest.text != "" && !imageDigest.MatchString(digest.text):
		r.fail(digest.at, fmt.Sprintf("%q is not a digest", digest.text), "", "Write it as the registry gives it: \"sha256:\" and 64 hexadecimal digits.")
	case b.get("new_name") == nil && b.get("new_tag") == nil && b.get("digest") == nil:
		r.fail(b.rng, fmt.Sprintf("%s changes nothing", b.title()), "", "Add new_name, new_tag or digest.")
	}
	return i
}

func (d *draft) patch(b *instance) (Patch, bool) {
	r := reader{d.list}
	out := Patch{Range: b.rng}
	file, inline := b.get("file"), b.get("patch")
	switch {
	case file != nil && inline != nil:
		r.fail(inline.key, "A patch has a file and a text", "", "Remove `file` or `patch`.")
		return out, false
	case file == nil && inline == nil:
		r.fail(b.rng, "A patch is empty", "", "Add `file = \"…\"`, or `patch = <<-YAML`.")
		return out, false
	case file != nil:
		written := d.text(b, "file")
		if written.text == "" {
			return out, false
		}
		name, ok := d.path(file, written, "a patch")
		if !ok {
			return out, false
		}
		if out.Text, ok = d.read(name, written.at, "A patch"); !ok {
			return out, false
		}
		out.File, out.Range = name, written.at
	default:
		text := d.text(b, "patch")
		out.Text, out.Range = []byte(text.text), inline.at()
		out.Line = inline.at().Start.Line
		if d.heredoc(inline.at()) {
			out.Line++
		}
	}
	if len(bytes.TrimSpace(out.Text)) == 0 {
		r.fail(out.Range, "A patch is empty", "", "Write the patch, or remove the block.")
		return out, false
	}
	if x := b.get("target"); x != nil {
		n := d.s.node(x, d.list)
		if n == nil {
			return out, false
		}
		if n.Value != nil {
			var ok bool
			if out.Target, ok = r.selector(x, n); !ok {
				return out, false
			}
		}
	}
	return out, true
}

// heredoc tells whether the text at a place begins on the line below it.
func (d *draft) heredoc(at diag.Range) bool {
	lines := bytes.Split(d.t.p.sources[at.File].text, []byte("\n"))
	if at.Start.Line < 1 || at.Start.Line > len(lines) {
		return false
	}
	line := []rune(string(lines[at.Start.Line-1]))
	return at.Start.Column >= 1 && at.Start.Column <= len(line) && strings.HasPrefix(string(line[at.Start.Column-1:]), "<<")
}

func (r reader) selector(x *expression, n *values.Node) (*Selector, bool) {
	m, ok := r.object(x, n)
	if !ok {
		return nil, false
	}
	var s Selector
	fields := map[string]*string{
		"group": &s.Group, "version": &s.Version, "kind": &s.Kind, "name": &s.Name, "namespace": &s.Namespace,
		"label_selector": &s.LabelSelector, "annotation_selector": &s.AnnotationSelector,
	}
	for _, k := range keys(m) {
		field := fields[k]
		if field == nil {
			r.fail(m[k].Origin, fmt.Sprintf("A target has no %q", k), "", didYouMean(k, keys(fields)))
			ok = false
			continue
		}
		if text, is := m[k].Value.(string); is {
			*field = text
		} else if m[k].Value != nil {
			r.wrong(x, m[k], "strings", quote(m[k]))
			ok = false
		}
	}
	return &s, ok
}

func (d *draft) sync() Sync {
	const block = "sync"
	r := reader{d.list}
	s := Sync{Prune: d.bool(block, "prune"), Wait: d.bool(block, "wait"), Timeout: row(block, "timeout").duration(), Adopt: row(block, "adopt").strings()}
	if x, n := d.last(block, "timeout"); n != nil {
		if timeout, ok := r.duration(x, n); ok {
			s.Timeout = timeout
		}
	}
	if x, n := d.last(block, "adopt"); n != nil {
		names, _ := r.strings(x, n)
		s.Adopt = texts(names)
	}
	for _, f := range d.fragments {
		for _, b := range f.one(block).all("ignore") {
			i := Ignore{Group: d.text(b, "group").text, Kind: d.text(b, "kind").text, Name: d.text(b, "name").text, Namespace: d.text(b, "namespace").text}
			if x := b.get("fields"); x != nil {
				fields, _ := d.strings(x)
				for _, field := range fields {
					if !strings.HasPrefix(field.text, "/") {
						r.fail(field.at, fmt.Sprintf("%q is not a JSON pointer", field.text), "", "Write it from the root, as in \"/spec/replicas\".")
						continue
					}
					i.Fields = append(i.Fields, field.text)
				}
			}
			s.Ignore = append(s.Ignore, i)
		}
	}
	return s
}
