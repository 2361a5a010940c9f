package schema

import (
	"cmp"
	"fmt"
	"maps"
	"regexp"
	"slices"
	"strings"

	"github.com/zclconf/go-cty/cty"

	"github.com/weir-dev/weir/engine/values"
	"github.com/weir-dev/weir/schema/diag"
)

// headerAttributes are evaluated before selection; the rest of a release is not.
var headerAttributes = []string{"for_each", "profiles", "environments", "when", "name", "namespace", "labels", "match"}

// loadRelease checks what does not depend on a target.
func (p *Project) loadRelease(b *instance, list *diag.List) {
	dnsLabel(b, "a release", list)
	p.releases[b.label] = b
	p.checkFragment(b, seesBody, "in a release", list)
	each := b.get("for_each") != nil
	for _, x := range expressions(b) {
		if !each && x.needs.roots&rootEach != 0 {
			x.bad = true
			for _, ref := range x.refs {
				if ref.RootName() == "each" {
					reader{list}.fail(rangeOf(ref.SourceRange()), fmt.Sprintf("The release %q has no for_each", b.label), "`each` is known only with it.", "Add `for_each = { … }`, or remove the reference.")
				}
			}
		}
	}
	for _, o := range b.all("environment") {
		r, list := reader{p.ifWhole(list)}, p.ifWhole(list)
		if !r.pattern(o.label, o.rng, "environment", keys(p.environments)) {
			continue
		}
		if e := p.environments[o.label]; e != nil && e.abstract {
			*list = append(*list, diag.Diagnostic{
				Severity: diag.Warning, Summary: fmt.Sprintf("This overlay never applies: %q is abstract", o.label), Subject: o.rng,
				Remedy: "Name the environments that extend it.",
			})
		} else if !slices.ContainsFunc(keys(p.environments), func(name string) bool { return matches(o.label, name) }) {
			*list = append(*list, neverApplies(o, "environments", keys(p.environments)))
		}
	}
	for _, o := range b.all("cluster") {
		r, list := reader{p.ifWhole(list)}, p.ifWhole(list)
		switch match := o.get("match"); {
		case o.label == "" && match == nil:
			r.fail(o.rng, "A cluster overlay has neither a label nor `match`", "", "Write `cluster \"<name or glob>\" { … }`, or `match = { labels = { … } }` inside.")
		case o.label != "" && match != nil:
			r.fail(match.key, "A cluster overlay has a label and `match`", "", "Remove one of the two.")
		case o.label != "":
			if r.pattern(o.label, o.rng, "cluster", keys(p.clusters)) && !slices.ContainsFunc(keys(p.clusters), func(name string) bool { return matches(o.label, name) }) {
				*list = append(*list, neverApplies(o, "clusters", keys(p.clusters)))
			}
		}
	}
}

func neverApplies(o *instance, what string, names []string) diag.Diagnostic {
	return diag.Diagnostic{
		Severity: diag.Warning, Summary: fmt.Sprintf("This overlay never applies: %q matches none of the %s", o.label, what), Subject: o.rng,
		Remedy: sentences(declared(what, names), "Correct the glob, or remove the overlay."),
	}
}

// expressions lists all expressions of a block and of its inner blocks.
func expressions(b *instance) []*expression {
	var out []*expression
	for _, name := range keys(b.attrs) {
		out = append(out, b.attrs[name])
	}
	for _, inner := range b.blocks {
		out = append(out, expressions(inner)...)
	}
	return out
}

// checkFragment checks the expressions of a release, its overlays, a profile or
// the defaults. The header's attributes see less: they come first.
func (p *Project) checkFragment(b *instance, sees roots, where string, list *diag.List) {
	for _, name := range keys(b.attrs) {
		x, sees := b.attrs[name], sees
		at := where
		switch {
		case name == "for_each":
			sees, at = seesLocals, "in for_each"
		case slices.Contains(headerAttributes, name):
			sees, at = sees&seesHeader, "in "+name
		default:
			sees |= rootRelease
		}
		checker{p, list}.expression(x, sees, at)
		layer := ""
		if name == "values" {
			layer = layerName(b)
		}
		p.precompute(x, layer, list)
	}
	for _, inner := range b.blocks {
		p.checkFragment(inner, sees|rootRelease, where, list)
	}
}

// layerName is what a person calls a fragment.
func layerName(b *instance) string {
	if b.def.Name == "cluster" && b.label == "" {
		return "cluster (match)"
	}
	return b.title()
}

// release is one release of one target, headers evaluated.
type release struct {
	Header
	block     *instance
	fragments []*instance // lowest first: defaults, profiles, the release, its overlays
	each      cty.Value
	nameAt    diag.Range // where the name and the namespace were written
	spaceAt   diag.Range
}

// object is `release` as the release's own expressions see it.
func (r *release) object() cty.Value {
	return cty.ObjectVal(map[string]cty.Value{
		"name":      marked(cty.StringVal(r.HelmName), r.nameAt),
		"namespace": marked(cty.StringVal(r.Namespace), r.spaceAt),
	})
}

// headers hands out copies: the caller may keep and change them.
func (t *target) headers() ([]Header, diag.List) {
	t.evaluateHeaders()
	out := slices.Clone(t.list)
	for i := range out {
		out[i].Labels = maps.Clone(out[i].Labels)
	}
	return out, slices.Clone(t.diags)
}

func (t *target) evaluateHeaders() {
	t.once.Do(func() {
		t.instances = map[string]*release{}
		namespace := t.namespace(&t.diags)
		for _, label := range keys(t.p.releases) {
			for _, r := range t.declared(t.p.releases[label]) {
				t.header(r, namespace)
				if first := t.instances[r.Name]; first != nil {
					t.diags = append(t.diags, diag.Diagnostic{
						Summary: fmt.Sprintf("Two releases are called %q", r.Name), Subject: r.Range,
						Remedy:  "Rename one, or change the for_each key: a release of for_each is called <label>-<key>.",
						Related: []diag.Related{{Range: first.Range, Note: "the other one"}},
					})
					continue
				}
				t.instances[r.Name] = r
			}
		}
		for _, r := range t.instances {
			t.list = append(t.list, r.Header)
		}
		slices.SortFunc(t.list, func(a, b Header) int { return cmp.Compare(a.Name, b.Name) })
		t.diags = t.diags.Sorted()
	})
}

// declared lists the releases of one block: one, or one for each element.
func (t *target) declared(b *instance) []*release {
	x := b.get("for_each")
	if x == nil {
		return []*release{{Header: Header{Declaration: b.label, Name: b.label, Range: b.rng}, block: b}}
	}
	v, ok := t.scope().value(x, &t.diags)
	if !ok {
		return nil
	}
	elements, at, ok := t.elements(x, v)
	if !ok {
		return nil
	}
	var out []*release
	for _, key := range keys(elements) {
		at := at
		if own, ok := firstPlace(elements[key]); ok {
			at = own
		}
		name := b.label + "-" + key
		if fault := notDNSLabel(name); fault != "" {
			reader{&t.diags}.fail(at, fmt.Sprintf("%q cannot be the name of a release", name), fault, "Use keys of lower-case letters, digits and hyphens.")
			continue
		}
		out = append(out, &release{
			Header: Header{Declaration: b.label, Key: key, Name: name, Range: b.rng}, block: b,
			each: cty.ObjectVal(map[string]cty.Value{"key": marked(cty.StringVal(key), at), "value": elements[key]}),
		})
	}
	return out
}

func (t *target) elements(x *expression, v cty.Value) (map[string]cty.Value, diag.Range, bool) {
	at := x.at()
	wrong := func(found, remedy string) (map[string]cty.Value, diag.Range, bool) {
		reader{&t.diags}.fail(at, "for_each takes a map, or a set of strings", "Found "+found+".", remedy)
		return nil, at, false
	}
	_, deep := v.UnmarkDeep()
	v, marks := v.Unmark()
	secret := hasSensitive(marks) || hasSensitive(deep) && !isMap(v)
	if own, ok := placeOf(marks); ok && own.Start.Line > 0 && !secret {
		at = own
	}
	if secret {
		return wrong("a sensitive value", "The keys become names of releases, which are shown: use a value that is not sensitive.")
	}
	out := map[string]cty.Value{}
	switch {
	case v.IsNull():
		return wrong("null", "Write {} where there is to be no release.")
	case isMap(v):
		maps.Copy(out, v.AsValueMap())
	case v.Type().IsSetType() && (v.LengthInt() == 0 || v.Type().ElementType() == cty.String):
		for _, e := range v.AsValueSlice() {
			if e.IsNull() {
				return wrong("a set that holds null", "Remove the null.")
			}
			out[e.AsString()] = marked(e, at)
		}
	case v.Type().IsTupleType() || v.Type().IsListType():
		return wrong("a list", "Write toset([…]): a release must keep its name when an element before it goes away.")
	default:
		return wrong(typeName(v), "Write { key = value }, or toset([\"a\", \"b\"]).")
	}
	return out, at, true
}

// header fills in what is needed to select and to prune.
func (t *target) header(r *release, namespace placed) {
	d := t.draft(r, &t.diags)
	t.fragments(r, d)
	d.fragments = r.fragments
	r.Planned = true
	if patterns, ok := d.own("environments"); ok {
		names, good := d.strings(patterns)
		in := !good
		for _, s := range names {
			if (reader{&t.diags}).pattern(s.text, s.at, "environment", keys(t.p.environments)) {
				in = in || matches(s.text, t.env.block.label)
			}
		}
		if !in {
			r.Planned = false
			r.Why = fmt.Sprintf("`environments` leaves out %q", t.env.block.label)
		}
	}
	if !r.Planned {
		// What the environment was never meant to have need not evaluate there.
		d = t.draft(r, new(diag.List))
		d.fragments = r.fragments
	}
	if x, ok := d.own("when"); ok && r.Planned {
		if n := d.s.node(x, d.list); n != nil && n.Value != nil {
			if in, ok := (reader{d.list}).bool(x, n); ok && !in {
				r.Planned, r.Why = false, "`when` is false"
			}
		}
	}
	name := d.string("name")
	r.HelmName, r.nameAt = name.text, cmp.Or(name.at, r.Range)
	if r.HelmName == "" {
		r.HelmName = r.Name
	} else if !helmName.MatchString(name.text) || len(name.text) > 53 {
		reader{d.list}.fail(name.at, fmt.Sprintf("%q cannot be the name of a Helm release", name.text), "", "Use at most 53 lower-case letters, digits, hyphens and dots.")
	}
	ns := d.string("namespace")
	r.Namespace, r.spaceAt = ns.text, ns.at
	if r.Namespace == "" {
		r.Namespace, r.spaceAt = namespace.text, cmp.Or(namespace.at, r.Range)
	} else {
		reader{d.list}.namespace(ns)
	}
	r.Labels = d.stringMap("", "labels", nil)
}

var helmName = regexp.MustCompile(`^[a-z0-9]([-a-z0-9]*[a-z0-9])?(\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*$`)

// fragments collects what makes up a release at this target, lowest first.
func (t *target) fragments(r *release, d *draft) {
	if t.p.defaults != nil {
		r.fragments = append(r.fragments, t.p.defaults)
	}
	if x, ok := d.own("profiles"); ok {
		names, _ := d.strings(x)
		for _, name := range names {
			profile := t.p.profiles[name.text]
			if profile == nil {
				reader{d.list}.fail(name.at, fmt.Sprintf("There is no profile %q", name.text), "",
					sentences(didYouMean(name.text, keys(t.p.profiles)), fmt.Sprintf("Declare it with `profile %q { … }`.", name.text)))
				continue
			}
			r.fragments = append(r.fragments, profile)
		}
	}
	r.fragments = append(r.fragments, r.block)
	for _, o := range r.block.all("environment") {
		if matches(o.label, t.env.block.label) {
			r.fragments = append(r.fragments, o)
		}
	}
	for _, o := range r.block.all("cluster") {
		if o.label != "" && matches(o.label, t.cluster.Name) || o.label == "" && t.matched(o, d) {
			r.fragments = append(r.fragments, o)
		}
	}
}

func (t *target) matched(o *instance, d *draft) bool {
	x := o.get("match")
	n := d.s.node(x, d.list)
	if n == nil {
		return false
	}
	want, ok := reader{d.list}.labels(x, n)
	return ok && hasLabels(t.cluster.Labels, want)
}

// draft reads the attributes of a release by the rules of the table: which
// fragment wins, what merges, what appends, which default stands in.
type draft struct {
	t         *target
	s         *scope
	list      *diag.List
	block     *instance
	fragments []*instance
}

func (t *target) draft(r *release, list *diag.List) *draft {
	s := t.scope()
	s.extra = map[string]cty.Value{}
	if r.each != cty.NilVal {
		s.extra["each"] = r.each
	}
	return &draft{t: t, s: s, list: list, block: r.block, fragments: r.fragments}
}

// own is an attribute of the release block itself.
func (d *draft) own(name string) (*expression, bool) {
	x := d.block.get(name)
	return x, x != nil
}

func (d *draft) strings(x *expression) ([]placed, bool) {
	n := d.s.node(x, d.list)
	if n == nil || n.Value == nil {
		return nil, n != nil
	}
	return reader{d.list}.strings(x, n)
}

// in is the part of a fragment where an attribute stands: the fragment itself,
// or its block of that name.
func in(fragment *instance, block string) *instance {
	if block == "" {
		return fragment
	}
	return fragment.one(block)
}

// all evaluates an attribute in every fragment that has it, lowest first.
// null is as good as left out.
func (d *draft) all(block, name string, use func(*expression, *values.Node)) {
	for _, f := range d.fragments {
		x := in(f, block).get(name)
		if n := d.s.node(x, d.list); n != nil && n.Value != nil {
			use(x, n)
		}
	}
}

// last evaluates an attribute that replaces in the highest fragment that has it.
func (d *draft) last(block, name string) (*expression, *values.Node) {
	for _, f := range slices.Backward(d.fragments) {
		x := in(f, block).get(name)
		if x == nil {
			continue
		}
		n := d.s.node(x, d.list)
		if n == nil {
			return nil, nil // failed, and reported
		}
		if n.Value != nil {
			return x, n
		}
	}
	return nil, nil
}

// row is the attribute's row of the table.
func row(block, name string) *attribute {
	b := language.block("release")
	if block != "" {
		b = b.block(block)
	}
	return b.attribute(name)
}

func (d *draft) string(name string) placed {
	x, n := d.last("", name)
	if n == nil {
		return placed{text: row("", name).Default}
	}
	r := reader{d.list}
	s, ok := r.string(x, n)
	if !ok || !r.oneOf(x, s, n.Origin) {
		return placed{text: row("", name).Default}
	}
	return placed{s, n.Origin}
}

func (d *draft) bool(block, name string) bool {
	x, n := d.last(block, name)
	if n != nil {
		if b, ok := (reader{d.list}).bool(x, n); ok {
			return b
		}
	}
	return row(block, name).Default == "true"
}

// stringMap merges by key; check sees each part that is an object of strings.
func (d *draft) stringMap(block, name string, check func(*expression, *values.Node)) map[string]string {
	var out map[string]string
	d.all(block, name, func(x *expression, n *values.Node) {
		m, ok := reader{d.list}.stringMap(x, n)
		if ok && check != nil {
			check(x, n)
		}
		if out == nil && len(m) > 0 {
			out = make(map[string]string, len(m))
		}
		maps.Copy(out, m)
	})
	return out
}

// path resolves a path in the file that wrote it.
func (d *draft) path(x *expression, written placed, what string) (string, bool) {
	name, fault := resolve(x.file, written.text)
	if fault != "" {
		reader{d.list}.fail(written.at, strings.ToUpper(what[:1])+what[1:]+" lies outside of the project", fault, "Name something in the project, relative to the file that names it.")
		return "", false
	}
	return name, true
}
