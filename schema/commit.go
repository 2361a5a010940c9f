package schema

import (
	"github.com/zclconf/go-cty/cty"

	"github.com/weir-dev/weir/engine/values"
	"github.com/weir-dev/weir/schema/diag"
)

// CommitFacts is what the commit block of a project may speak of, seen there as
// `commit`: what one commit does to the state of one cluster.
type CommitFacts struct {
	Environments []string        // in which something changes
	Created      []string        // releases, as <environment>/<release>
	Changed      []string        //
	Removed      []string        //
	Releases     []CommitRelease // all of the three
	Namespaces   []string        // Namespaces of create_namespace that change, as <environment>/<name>
	Objects      CommitObjects   // of all these releases
	SourceURL    string          // the project's repository; empty where none is known
	SourceCommit string          // likewise
	Summary      string          // the subject of a commit without a template
	Version      string          // of weir
}

// CommitRelease is one release of CommitFacts.
type CommitRelease struct {
	Environment string
	Release     string
	Status      string // created, changed or removed
	From        string // the name it had before; empty where it was not moved
	Chart       string // name; empty for plain manifests
	OldVersion  string // of the chart; empty where the release is created
	Version     string // of the chart; empty where the release is removed
	Objects     CommitObjects
	Line        string // what Weir writes of it
}

// CommitObjects counts objects.
type CommitObjects struct{ Created, Changed, Unchanged, Removed int }

// CommitMessage is what a project says in a commit. Its zero value says nothing
// of its own.
type CommitMessage struct {
	Subject  string
	Body     string
	Trailers []CommitTrailer // by name
}

// CommitTrailer is a line at the end of a message, with what wrote it.
type CommitTrailer struct {
	Name, Value string
	Range       diag.Range
}

// CommitMessage evaluates the project's commit block for a commit to the state
// of a cluster. With errors in the list there must be no commit.
func (p *Project) CommitMessage(cluster string, facts CommitFacts) (CommitMessage, diag.List) {
	c := p.clusters[cluster]
	if p.commit == nil || c == nil || p.cyclic {
		return CommitMessage{}, nil
	}
	var list diag.List
	s := &scope{p: p, extra: map[string]cty.Value{"cluster": c.object, "commit": facts.object()}}
	m := p.commitMessage(c, &list, s.node)
	if list.HasErrors() {
		m = CommitMessage{}
	}
	return m, list.Sorted()
}

// commitMessage reads the block with evaluated attributes.
func (p *Project) commitMessage(c *cluster, list *diag.List, evaluate func(*expression, *diag.List) *values.Node) CommitMessage {
	text := func(name string) string {
		x := p.commit.get(name)
		var found diag.List
		defer func() { *list = append(*list, ofCluster(found, x, c)...) }()
		n := evaluate(x, &found)
		if n == nil || n.Value == nil || n.Value == open {
			return ""
		}
		s, _ := reader{&found}.string(x, n)
		return s
	}
	m := CommitMessage{Subject: text("subject"), Body: text("body")}
	x := p.commit.get("trailers")
	var found diag.List
	if n := evaluate(x, &found); n != nil && n.Value != nil && n.Value != open {
		m.Trailers = trailers(reader{&found}, x, n)
	}
	*list = append(*list, ofCluster(found, x, c)...)
	return m
}

func trailers(r reader, x *expression, n *values.Node) []CommitTrailer {
	given, ok := r.object(x, n)
	if !ok {
		return nil
	}
	there := make(map[string]*values.Node, len(given))
	for name, value := range given {
		if value.Value != nil && value.Value != open {
			there[name] = value
		}
	}
	texts, _ := r.stringMap(x, &values.Node{Value: there, Origin: n.Origin})
	var out []CommitTrailer
	for _, name := range keys(texts) {
		out = append(out, CommitTrailer{Name: name, Value: texts[name], Range: there[name].Origin})
	}
	return out
}

// ofCluster says which cluster it was where that makes a difference.
func ofCluster(found diag.List, x *expression, c *cluster) diag.List {
	if x != nil && x.needs.roots&rootCluster != 0 {
		for i := range found {
			found[i] = found[i].Also(c.Range, "for this cluster")
		}
	}
	return found
}

// loadCommit checks the block before there is a commit: what it refers to, and
// by rehearsal what is wrong whatever the commit will be.
func (p *Project) loadCommit(b *instance, list *diag.List) {
	if b == nil {
		return
	}
	p.commit = b
	p.checkNested(b, seesCommit, "in a commit's message", list)
	for _, name := range keys(b.attrs) {
		p.ofProject(b.attrs[name], list)
	}
	if p.cyclic || p.lost {
		return
	}
	for _, name := range keys(p.clusters) {
		c := p.clusters[name]
		var found diag.List
		p.commitMessage(c, &found, p.rehearsal(c))
		if found.HasErrors() {
			*list = append(*list, found...)
			return // the others would say the same
		}
	}
}

// ofProject refuses locals that depend on the target: a commit has many.
func (p *Project) ofProject(x *expression, list *diag.List) {
	if x.needs.roots&rootLocal == 0 {
		return
	}
	for _, name := range p.localsOf(x) {
		if local := p.locals[name]; local != nil && p.perTarget[name] {
			x.bad = true
			*list = append(*list, dependsOnTarget(name, local).Also(x.at(), "used here"))
		}
	}
}

// rehearsal evaluates with a commit of the right shape in which every text and
// number is unknown: what fails, fails for every commit. What cannot be evaluated
// yet, as for a variable that nobody gave, is left for the commit.
func (p *Project) rehearsal(c *cluster) func(*expression, *diag.List) *values.Node {
	s := &scope{p: p, extra: map[string]cty.Value{"cluster": c.object, "commit": someCommit, rehearsing: cty.DynamicVal}}
	return func(x *expression, list *diag.List) (n *values.Node) {
		if x == nil || x.bad || x.constant != nil {
			return s.node(x, list)
		}
		var later diag.List
		ctx, ok := s.context(x, &later)
		if !ok {
			return nil
		}
		defer x.recover(list)
		return nodes{ctx: budgeted(ctx), list: list, rehearsal: true}.expr(x.Expression)
	}
}

// object is the facts as expressions see them.
func (f CommitFacts) object() cty.Value {
	var releases []cty.Value
	for _, r := range f.Releases {
		releases = append(releases, cty.ObjectVal(map[string]cty.Value{
			"environment": cty.StringVal(r.Environment), "release": cty.StringVal(r.Release), "status": cty.StringVal(r.Status),
			"from": cty.StringVal(r.From), "chart": cty.StringVal(r.Chart), "old_version": cty.StringVal(r.OldVersion),
			"version": cty.StringVal(r.Version), "objects": r.Objects.object(), "line": cty.StringVal(r.Line),
		}))
	}
	return cty.ObjectVal(map[string]cty.Value{
		"environments": listOfTexts(f.Environments), "created": listOfTexts(f.Created), "changed": listOfTexts(f.Changed),
		"removed": listOfTexts(f.Removed), "namespaces": listOfTexts(f.Namespaces),
		"releases": listOf(someCommit.GetAttr("releases").Type().ElementType(), releases),
		"objects":  f.Objects.object(),
		"source":   cty.ObjectVal(map[string]cty.Value{"url": cty.StringVal(f.SourceURL), "commit": cty.StringVal(f.SourceCommit)}),
		"summary":  cty.StringVal(f.Summary), "version": cty.StringVal(f.Version),
	})
}

func (n CommitObjects) object() cty.Value {
	count := func(n int) cty.Value { return cty.NumberIntVal(int64(n)) }
	return cty.ObjectVal(map[string]cty.Value{
		"created": count(n.Created), "changed": count(n.Changed), "unchanged": count(n.Unchanged), "removed": count(n.Removed),
	})
}

func listOfTexts(texts []string) cty.Value {
	var all []cty.Value
	for _, s := range texts {
		all = append(all, cty.StringVal(s))
	}
	return listOf(cty.String, all)
}

func listOf(ty cty.Type, all []cty.Value) cty.Value {
	if len(all) == 0 {
		return cty.ListValEmpty(ty)
	}
	return cty.ListVal(all)
}

// someCommit is the shape of all commits: one of everything, of which nothing is
// known.
var someCommit = func() cty.Value {
	text, number := cty.UnknownVal(cty.String), cty.UnknownVal(cty.Number)
	texts := cty.ListVal([]cty.Value{text})
	objects := cty.ObjectVal(map[string]cty.Value{"created": number, "changed": number, "unchanged": number, "removed": number})
	return cty.ObjectVal(map[string]cty.Value{
		"environments": texts, "created": texts, "changed": texts, "removed": texts, "namespaces": texts,
		"releases": cty.ListVal([]cty.Value{cty.ObjectVal(map[string]cty.Value{
			"environment": text, "release": text, "status": text, "from": text, "chart": text, "old_version": text,
			"version": text, "objects": objects, "line": text,
		})}),
		"objects": objects,
		"source":  cty.ObjectVal(map[string]cty.Value{"url": text, "commit": text}),
		"summary": text, "version": text,
	})
}()
