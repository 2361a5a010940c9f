package values

import (
	"encoding/json"
	"fmt"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/weir-dev/weir/schema/diag"
)

// layer reads YAML as a layer of its own file.
func layer(t *testing.T, file, name, text string) Layer {
	t.Helper()
	root, list := ParseYAML(file, []byte(text))
	if len(list) > 0 {
		t.Fatal(list)
	}
	return Layer{Name: name, Root: root}
}

// shop is a release with a layer of each kind, as a chart and a project have them.
func shop(t *testing.T) *Node {
	return Merge([]Layer{
		layer(t, "charts/web/values.yaml", ChartLayer, `
replicas: 1
image: {repository: web, tag: latest}
ingress:
  enabled: false
  hosts: [chart.local]
  tls: {secret: default}
probes: {path: /healthz}
`),
		layer(t, "defaults.yaml", "defaults", `
labels: {team: shop}
ingress: {className: nginx}
`),
		layer(t, "web.yaml", `release "web"`, `
replicas: 2
image:
  tag: "1.4"
ingress:
  enabled: true
  hosts:
    - web.local
    - www.local
probes: null
empty: {}
list: []
"a.b/c": |
  a text of more than one line that is also long
`),
		layer(t, "prod.yaml", `environment "prod"`, `
replicas: 3
ingress:
  hosts: [web.example]
  tls: null
labels: {team: platform}
`),
		layer(t, "eu.yaml", `cluster "eu"`, `
ingress:
  tls: {issuer: letsencrypt}
`),
	})
}

func TestOrigins(t *testing.T) {
	want := `["a.b/c"]: "a text of more than one line that is al…"   <- web.yaml:13 (release "web")
empty: {}                                               <- web.yaml:11 (release "web")
image.repository: "web"                                 <- charts/web/values.yaml:3 (chart)
image.tag: "1.4"                                        <- web.yaml:4 (release "web"), over charts/web/values.yaml:3 (chart)
ingress.className: "nginx"                              <- defaults.yaml:3 (defaults)
ingress.enabled: true                                   <- web.yaml:6 (release "web"), over charts/web/values.yaml:5 (chart)
ingress.hosts[0]: "web.example"                         <- prod.yaml:4 (environment "prod"), over web.yaml:8 (release "web"), over charts/web/values.yaml:6 (chart)
ingress.tls.issuer: "letsencrypt"                       <- eu.yaml:3 (cluster "eu"), over prod.yaml:5 (environment "prod")
labels.team: "platform"                                 <- prod.yaml:6 (environment "prod"), over defaults.yaml:2 (defaults)
list: []                                                <- web.yaml:12 (release "web")
probes: null                                            <- web.yaml:10 (release "web"), over charts/web/values.yaml:8 (chart)
replicas: 3                                             <- prod.yaml:2 (environment "prod"), over web.yaml:2 (release "web"), over charts/web/values.yaml:2 (chart)
`
	if d := cmp.Diff(want, shop(t).Origins().Text()); d != "" {
		t.Error(d)
	}
}

func TestYAML(t *testing.T) {
	root := shop(t)
	root.Map()["labels"].Map()["team"].Sensitive = true // of this test's own tree
	want := `a.b/c: |
  a text of more than one line that is also long
empty: {}
image:
  repository: web
  tag: "1.4"
ingress:
  className: nginx
  enabled: true
  hosts:
    - web.example
  tls:
    issuer: letsencrypt
labels:
  team: (sensitive)
list: []
probes: null
replicas: 3
`
	if d := cmp.Diff(want, string(root.YAML())); d != "" {
		t.Error(d)
	}
}

func TestYAMLKeepsTypes(t *testing.T) {
	root := &Node{Value: map[string]*Node{
		"yes": {Value: "yes"}, "number": {Value: "1.10"}, "int": {Value: int64(1234567)}, "float": {Value: 1e6},
		"huge": {Value: 1e30}, "small": {Value: 1e-9}, "null": {}, "text null": {Value: "null"}, "empty": {Value: ""},
		"merge": {Value: "<<"}, "dash": {Value: "- x"}, "colon": {Value: "a: b"}, "time": {Value: "2024-01-01"},
		"break": {Value: "\n x"}, "bool": {Value: true}, "octal": {Value: "0777"}, "tab": {Value: "a\tb\n"}, "list": {Value: []*Node{{Value: []*Node{{}}}}},
	}}
	want := `bool: true
break: "\n x"
colon: 'a: b'
dash: '- x'
empty: ""
float: 1000000
huge: 1e+30
int: 1234567
list:
  - - null
merge: "<<"
"null": null
number: "1.10"
octal: "0777"
small: 1e-09
tab: |
  a	b
text null: "null"
time: "2024-01-01"
"yes": "yes"
`
	if d := cmp.Diff(want, string(root.YAML())); d != "" {
		t.Error(d)
	}
}

func TestExplain(t *testing.T) {
	root := shop(t)
	root.Map()["image"].Sensitive = true
	for path, want := range map[string]string{
		"replicas": `replicas = 3
  set by  prod.yaml:2 (environment "prod")        3
  over    web.yaml:2 (release "web")              2
  over    charts/web/values.yaml:2 (chart)        1
`,
		"probes": `probes = null
  set by  web.yaml:10 (release "web")             null
  over    charts/web/values.yaml:8 (chart)        {…}
  null takes the chart's default away
`,
		"probes.path": `probes.path is not set: probes is null
  set by  web.yaml:10 (release "web")             null
  over    charts/web/values.yaml:8 (chart)        "/healthz"
  null takes the chart's default away
`,
		"image.tag": `image.tag = (sensitive)
  set by  web.yaml:4 (release "web")              (sensitive)
  over    charts/web/values.yaml:3 (chart)        (sensitive)
`,
		"ingress.hosts": `ingress.hosts = […]
  ingress.hosts[0]: "web.example"   <- prod.yaml:4 (environment "prod"), over web.yaml:8 (release "web"), over charts/web/values.yaml:6 (chart)
`,
		"ingress.tls": `ingress.tls = {…}
  ingress.tls.issuer: "letsencrypt"   <- eu.yaml:3 (cluster "eu"), over prod.yaml:5 (environment "prod")
`,
		"empty": `empty = {}
  set by  web.yaml:11 (release "web")             {}
`,
		"ingress.nothing": "ingress.nothing is not set by any layer\n",
	} {
		p, err := ParsePath(path)
		if err != nil {
			t.Fatal(err)
		}
		if d := cmp.Diff(squeeze(want), squeeze(root.Explain(p).Text())); d != "" {
			t.Errorf("%s: %s", path, d)
		}
	}
	known := root.Explain(Path{}.Key("ingress").Key("nothing")).Known
	if d := cmp.Diff([]string{"className", "enabled", "hosts", "tls"}, known); d != "" {
		t.Error(d)
	}
}

// squeeze makes columns comparable.
func squeeze(s string) string {
	var lines []string
	for line := range strings.SplitSeq(s, "\n") {
		lines = append(lines, strings.Join(strings.Fields(line), " "))
	}
	return strings.Join(lines, "\n")
}

func TestExplainAsJSON(t *testing.T) {
	got, err := json.Marshal(shop(t).Explain(Path{}.Key("probes")))
	if err != nil {
		t.Fatal(err)
	}
	want := `{"path":"probes","found":true,` +
		`"set":{"value":null,"layer":"release \"web\"","range":{"file":"web.yaml","start":{"line":10,"column":9},"end":{"line":10,"column":13}}},` +
		`"over":[{"value":{"path":"/healthz"},"layer":"chart","range":{"file":"charts/web/values.yaml","start":{"line":8,"column":9},"end":{"line":8,"column":9}}}],` +
		`"inChart":true,"deleted":true}`
	if d := cmp.Diff(want, string(got)); d != "" {
		t.Error(d)
	}
}

func TestMergeSharesWhatIsLabelled(t *testing.T) {
	low, high := layer(t, "a.yaml", "a", "x: {u: {z: 1}}\nw: 1\n"), layer(t, "b.yaml", "b", "w: 2\n")
	low.Root = Label(low.Name, low.Root)
	merged := Merge([]Layer{low, high})
	if merged.At(Path{}.Key("x")) != low.Root.At(Path{}.Key("x")) {
		t.Error("an untouched subtree was copied")
	}
	if got := Merge([]Layer{low}); got != low.Root {
		t.Error("a single layer was copied")
	}
}

func TestMergeOfNothing(t *testing.T) {
	for _, layers := range [][]Layer{nil, {{Name: "nil"}}, {{Name: "null", Root: &Node{}}}, {{Name: "list", Root: &Node{Value: []*Node{}}}}} {
		if d := cmp.Diff(&Node{Value: map[string]*Node{}}, Merge(layers)); d != "" {
			t.Error(d)
		}
	}
}

func TestPath(t *testing.T) {
	for text, want := range map[string]string{
		"a.b[0].c":                        "a.b[0].c",
		".a":                              "a",
		`a["x.y"][1]`:                     `a["x.y"][1]`,
		`a.b\.c`:                          `a["b.c"]`,
		`nodeSelector."kubernetes.io/os"`: `nodeSelector["kubernetes.io/os"]`,
		`nodeSelector.kubernetes\.io/os`:  `nodeSelector["kubernetes.io/os"]`,
		"service.beta-x/y_z":              "service.beta-x/y_z",
		`a[""]`:                           `a[""]`,
		`["é\n"]`:                         `["é\n"]`,
		"":                                "",
		"a..b":                            `path "a..b": a key is missing`,
		"a.":                              `path "a.": a key is missing`,
		"a[x]":                            `path "a[x]": brackets take the number of an item or a key in quotes`,
		"a[-1]":                           `path "a[-1]": brackets take the number of an item or a key in quotes`,
		"a[0":                             `path "a[0": brackets take the number of an item or a key in quotes`,
		`a["x]`:                           `path "a[\"x]": a quote or a bracket is not closed`,
		`a."x`:                            `path "a.\"x": a quote is not closed`,
		"a[0]b":                           `path "a[0]b": a dot or a bracket is missing before "b"`,
	} {
		p, err := ParsePath(text)
		got := p.String()
		if err != nil {
			got = err.Error()
		}
		if got != want {
			t.Errorf("%q: %s, want %s", text, got, want)
		}
	}
}

func TestFind(t *testing.T) {
	root := shop(t)
	for path, want := range map[string]any{
		"ingress.hosts[0]": "web.example", "ingress.hosts[1]": nil, "ingress.hosts.x": nil, "ingress[0]": nil,
		`a\.b/c`: "a text of more than one line that is also long\n", "a..": nil, "replicas": 3.0, "replicas.x": nil,
	} {
		if got := root.Find(path).Plain(); got != want {
			t.Errorf("%s is %v, want %v", path, got, want)
		}
	}
	node, rest := root.Nearest(Path{}.Key("ingress").Key("tls").Key("missing").Item(2))
	if node != root.Find("ingress.tls") || rest.String() != "missing[2]" {
		t.Error(node, rest)
	}
}

// Trees that a template can tell apart have digests of their own, and places do
// not matter.
func TestDigest(t *testing.T) {
	seen := map[string]string{}
	for _, text := range []string{"", "a: 1", "a: '1'", "a: true", "a: ~", "a: ''", "a: []", "a: {}", "a: [1]", "a: [[1]]", "a: {b: 1}", "a: 1\nb: 2", "b: 1\na: 2",
		"ab: c", "a: bc", "a: [b, c]", "a: [bc]", "a: {b: c, d: e}", "a: {b: {c: d}}", "a: [b, {c: d}]", "a: [~]", "a: [~, ~]", "a: 1.5", "a: -1"} {
		root, _ := ParseYAML("v.yaml", []byte(text))
		if other, ok := seen[root.Digest()]; ok {
			t.Errorf("%q and %q have one digest", text, other)
		}
		seen[root.Digest()] = text
	}
	one, _ := ParseYAML("x.yaml", []byte("a: {b: c}\nd: [e]\n"))
	two, _ := ParseYAML("y.yaml", []byte("# moved\nd:\n- e\na:\n  b: c\n"))
	if one.Digest() != two.Digest() {
		t.Error("places change the digest")
	}
	i, f := &Node{Value: int64(1)}, &Node{Value: 1.0}
	if i.Digest() == f.Digest() {
		t.Error("a template can tell an int64 from a float64")
	}
}

func TestMaskedNeverShows(t *testing.T) {
	secret := &Node{Value: map[string]*Node{"user": {Value: "u-secret"}, "keys": {Value: []*Node{{Value: "k-secret"}}}}, Sensitive: true, Origin: diag.Range{File: "s.hcl"}}
	root := Merge([]Layer{
		{"low", &Node{Value: map[string]*Node{"db": {Value: map[string]*Node{"user": {Value: "old-secret", Sensitive: true}}}}}},
		{"high", &Node{Value: map[string]*Node{"db": secret}}},
	})
	text, err := json.Marshal(struct {
		A *Node
		B Origins
		C Explanation
		D Explanation
	}{root, root.Origins(), root.Explain(Path{}.Key("db").Key("user")), root.Explain(Path{}.Key("db"))})
	if err != nil {
		t.Fatal(err)
	}
	all := string(text) + string(root.YAML()) + root.Origins().Text() + root.Explain(Path{}.Key("db").Key("user")).Text() +
		root.Explain(Path{}.Key("db")).Text() + root.Explain(Path{}.Key("db").Key("keys").Item(0)).Text() + secret.Brief() + fmt.Sprint(root.Masked())
	if strings.Contains(all, "-secret") {
		t.Error(all)
	}
}
