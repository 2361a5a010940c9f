package integration

import (
	"cmp"
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"maps"
	"os"
	"path"
	"slices"
	"strconv"
	"strings"
	"testing"
	"testing/fstest"

	gocmp "github.com/google/go-cmp/cmp"
)

const module = "github.com/weir-dev/weir"

// rules is the house of ARCHITECTURE.md as data.
type rules struct {
	// layers from the ground up. A package imports packages of lower layers only.
	layers [][]string
	// neighbours are the imports inside a layer that are meant: importer -> imported.
	neighbours map[string][]string
	// doors are the packages that may import a library, by the library's import
	// path or a parent of it. What has no row may not be imported at all.
	doors map[string][]string
	// goroutines are the packages that may start one.
	goroutines []string
}

var house = rules{
	layers: [][]string{
		{"schema/diag", "engine/failpoint", "engine/wire"},
		{"engine/values", "engine/manifest", "engine/veil", "engine/kube", "engine/checkout", "engine/remote", "engine/signing", "engine/whole"},
		{"schema", "engine/kube/generate"},
		{"engine/plan", "engine/fetch", "engine/render", "engine/transform", "engine/state", "engine/cache", "engine/unstable", "engine/diff"},
		{"engine/risk"},
		{"engine/review"},
		{"engine/work"}, // the ground of a run's steps: what they are given
		{"engine/charts", "engine/order"},
		{"engine/product"},                // of one release, so it knows no site
		{"engine/site"},                   // never writes
		{"engine/compare", "engine/land"}, // shows what a site worked out; writes it
		{"engine/assess"},
		{"engine"},
		{"cmd/internal/ui"},
		{"cmd/internal/cli"},
		{"cmd/weir"},
	},
	neighbours: map[string][]string{
		"engine/render":    {"engine/plan"}, // plan.Release, as data
		"engine/transform": {"engine/plan"},
		"engine/unstable":  {"engine/render"}, // what was made up, and how two trees differ
	},
	doors: map[string][]string{
		"github.com/hashicorp/hcl/v2":              {"schema"},
		"github.com/zclconf/go-cty":                {"schema"},
		"github.com/bmatcuk/doublestar/v4":         {"schema"},
		"github.com/Masterminds/semver/v3":         {"engine/fetch", "engine/risk", "schema"},
		"github.com/agext/levenshtein":             {"schema/diag"},
		"golang.org/x/text/width":                  {"schema/diag"},
		"gopkg.in/yaml.v3":                         {"engine/manifest", "engine/values"},
		"helm.sh/helm/v3":                          {"engine/fetch", "engine/render"},
		"oras.land/oras-go/v2":                     {"engine/fetch"},                  // OCI registries, and the programs that keep credentials for them
		"github.com/opencontainers/image-spec":     {"engine/fetch"},                  // manifests
		"go.yaml.in/yaml/v2":                       {"engine/render"},                 // toYaml as Helm prints it, without its way through JSON
		"sigs.k8s.io/yaml":                         {"engine/fetch", "engine/render"}, // Helm's reader: Chart.yaml, and toYaml and fromYaml of templates
		"github.com/Masterminds/sprig/v3":          {"engine/render"},
		"github.com/BurntSushi/toml":               {"engine/render"},                                      // toToml and fromToml of templates
		"github.com/gobwas/glob":                   {"engine/render"},                                      // .Files.Glob of templates
		"golang.org/x/crypto/bcrypt":               {"engine/render"},                                      // htpasswd and bcrypt of templates
		"golang.org/x/crypto/ssh":                  {"engine/checkout", "engine/remote", "engine/signing"}, // connections; keys of signatures
		"github.com/hiddeco/sshsig":                {"engine/signing"},                                     // signatures of commits by SSH keys
		"github.com/ProtonMail/go-crypto":          {"engine/signing"},                                     // signatures of commits by OpenPGP keys
		"github.com/skeema/knownhosts":             {"engine/remote"},
		"github.com/santhosh-tekuri/jsonschema/v6": {"engine/render"},
		"golang.org/x/text":                        {"engine/render"}, // the language of jsonschema's messages
		"sigs.k8s.io/kustomize":                    {"engine/transform"},
		"gopkg.in/evanphx/json-patch.v4":           {"engine/transform"},
		"k8s.io/apimachinery/pkg/labels":           {"engine/risk", "engine/transform"},                                    // selectors
		"k8s.io/apimachinery/pkg/selection":        {"engine/risk"},                                                        // their operators
		"k8s.io/apimachinery/pkg/api/resource":     {"engine/kube", "engine/risk"},                                         // quantities
		"k8s.io/apimachinery/pkg/util/validation":  {"engine/risk"},                                                        // what labels and names of ports may be
		"github.com/go-git":                        {"engine/checkout", "engine/remote", "engine/signing", "engine/state"}, // the way to other repositories; Git's configuration; the objects of one
		"github.com/gofrs/flock":                   {"engine/fetch", "engine/state"},                                       // a file lock that works everywhere
		"github.com/hashicorp/golang-lru/v2":       {"engine/charts"},
		"github.com/pmezard/go-difflib":            {"engine/diff"},                   // which lines and items two texts and lists have in common
		"golang.org/x/net/http/httpproxy":          {"engine/fetch", "engine/remote"}, // http_proxy and no_proxy as everybody reads them
		"golang.org/x/sync":                        {"engine/work"},
		"golang.org/x/term":                        {"cmd/internal/ui"},
		"github.com/spf13/cobra":                   {"cmd/internal/cli"},
	},
	// Results depend on no scheduling as long as all concurrency is work.Each.
	goroutines: []string{"engine/work", "engine/agent"},
}

func TestLayers(t *testing.T) {
	code, err := read(os.DirFS(".."), "cmd", "engine", "schema")
	if err != nil {
		t.Fatal(err)
	}
	for _, finding := range house.check(code) {
		t.Error(finding)
	}
}

// TestLayersFindsOffences shows the check a house where every rule is broken once.
func TestLayersFindsOffences(t *testing.T) {
	source := func(text string) *fstest.MapFile { return &fstest.MapFile{Data: []byte(text)} }
	code, err := read(fstest.MapFS{
		"cmd/main.go":               source("package main\nimport _ \"github.com/weir-dev/weir/engine\""),
		"engine/engine.go":          source("package engine\nimport _ \"github.com/weir-dev/weir/engine/plan\"\nfunc f() { go f() }"),
		"engine/plan/plan.go":       source("package plan\nimport (\n_ \"example.com/heavy/part\"\n_ \"example.com/unknown\"\n_ \"example.com/heavyweight\"\n_ \"fmt\"\n)\nfunc f() { func() { go f() }() }"),
		"engine/plan/a_test.go":     source("package plan\nimport _ \"example.com/tests/may\"\nfunc g() { go g() }"),
		"engine/state/s.go":         source("package state\nimport (\n_ \"github.com/weir-dev/weir/engine\"\n_ \"github.com/weir-dev/weir/engine/plan\"\n_ \"example.com/heavy\"\n)"),
		"engine/new/new.go":         source("package new"),
		"engine/plan/testdata/x.go": source("not Go at all"),
	}, "cmd", "engine")
	if err != nil {
		t.Fatal(err)
	}
	bad := rules{
		layers:     [][]string{{"engine/plan", "engine/state"}, {"engine"}, {"cmd"}, {"engine/gone"}},
		doors:      map[string][]string{"example.com/heavy": {"engine/state"}, "example.com/unused": {"engine"}},
		goroutines: []string{"engine"},
	}
	want := []string{
		"engine/gone is in the table but not in the code",
		"engine/new is in no layer of the table",
		"engine/plan/plan.go:3: example.com/heavy/part belongs behind the door of engine/state: cmd -> engine -> engine/plan -> example.com/heavy/part",
		"engine/plan/plan.go:4: example.com/unknown has no door in the table: cmd -> engine -> engine/plan -> example.com/unknown",
		"engine/plan/plan.go:5: example.com/heavyweight has no door in the table: cmd -> engine -> engine/plan -> example.com/heavyweight",
		"engine/plan/plan.go:8: engine/plan may not start a goroutine",
		"engine/state/s.go:3: imports go down only: engine/state -> engine",
		"engine/state/s.go:4: neighbours do not import each other: engine/state -> engine/plan",
		"example.com/unused has a door in the table but nobody goes through it",
	}
	if diff := gocmp.Diff(want, bad.check(code)); diff != "" {
		t.Errorf("findings (-want +got):\n%s", diff)
	}
}

// source is what the rules need to know of one package: what it imports and
// where it starts goroutines, by place ("engine/plan/plan.go:12").
type source struct {
	imports    map[string]string // import path -> place of the first import
	goroutines []string
}

// read parses the packages under roots, tests and testdata left out.
func read(fsys fs.FS, roots ...string) (map[string]*source, error) {
	packages := map[string]*source{}
	for _, root := range roots {
		err := fs.WalkDir(fsys, root, func(name string, entry fs.DirEntry, err error) error {
			switch {
			case err != nil:
				return err
			case entry.IsDir() && entry.Name() == "testdata":
				return fs.SkipDir
			case entry.IsDir() || !strings.HasSuffix(name, ".go") || strings.HasSuffix(name, "_test.go"):
				return nil
			}
			data, err := fs.ReadFile(fsys, name)
			if err != nil {
				return err
			}
			at := packages[path.Dir(name)]
			if at == nil {
				at = &source{imports: map[string]string{}}
				packages[path.Dir(name)] = at
			}
			return at.add(name, data)
		})
		if err != nil {
			return nil, err
		}
	}
	return packages, nil
}

func (s *source) add(name string, data []byte) error {
	files := token.NewFileSet()
	file, err := parser.ParseFile(files, name, data, parser.SkipObjectResolution)
	if err != nil {
		return err
	}
	place := func(node ast.Node) string { return fmt.Sprintf("%s:%d", name, files.Position(node.Pos()).Line) }
	for _, spec := range file.Imports {
		imported, err := strconv.Unquote(spec.Path.Value)
		if err != nil {
			return err
		}
		if _, seen := s.imports[imported]; !seen {
			s.imports[imported] = place(spec)
		}
	}
	ast.Inspect(file, func(node ast.Node) bool {
		if statement, ok := node.(*ast.GoStmt); ok {
			s.goroutines = append(s.goroutines, place(statement))
		}
		return true
	})
	return nil
}

// check returns every offence, sorted.
func (r rules) check(code map[string]*source) []string {
	var findings []string
	report := func(format string, arguments ...any) {
		findings = append(findings, fmt.Sprintf(format, arguments...))
	}

	level := map[string]int{}
	for i, layer := range r.layers {
		for _, name := range layer {
			level[name] = i
			if code[name] == nil {
				report("%s is in the table but not in the code", name)
			}
		}
	}

	used := map[string]bool{}
	for name, pkg := range code {
		if _, ok := level[name]; !ok {
			report("%s is in no layer of the table", name)
			continue
		}
		for imported, place := range pkg.imports {
			if local, ok := strings.CutPrefix(imported, module+"/"); ok {
				switch below, known := level[local]; {
				case !known: // reported once, above
				case below > level[name]:
					report("%s: imports go down only: %s -> %s", place, name, local)
				case below == level[name] && !slices.Contains(r.neighbours[name], local):
					report("%s: neighbours do not import each other: %s -> %s", place, name, local)
				}
				continue
			}
			if first, _, _ := strings.Cut(imported, "/"); !strings.Contains(first, ".") {
				continue // the standard library
			}
			library, ok := r.door(imported)
			used[library] = true
			switch {
			case !ok:
				report("%s: %s has no door in the table: %s", place, imported, chain(code, name, imported))
			case !slices.Contains(r.doors[library], name):
				report("%s: %s belongs behind the door of %s: %s", place, imported,
					strings.Join(r.doors[library], " and "), chain(code, name, imported))
			}
		}
		if !slices.Contains(r.goroutines, name) {
			for _, place := range pkg.goroutines {
				report("%s: %s may not start a goroutine", place, name)
			}
		}
	}
	for library := range r.doors {
		if !used[library] {
			report("%s has a door in the table but nobody goes through it", library)
		}
	}
	slices.Sort(findings)
	return findings
}

// door returns the row of doors for an import path: the path or a parent of it.
func (r rules) door(imported string) (string, bool) {
	for at := imported; at != "."; at = path.Dir(at) {
		if _, ok := r.doors[at]; ok {
			return at, true
		}
	}
	return "", false
}

// chain tells how the top of the house comes to an import: one way up, by the
// first importer by name each time.
func chain(code map[string]*source, name, imported string) string {
	way := []string{imported}
	for seen := map[string]bool{}; name != "" && !seen[name]; {
		seen[name] = true
		way = append(way, name)
		name = importer(code, name)
	}
	slices.Reverse(way)
	return strings.Join(way, " -> ")
}

// importer returns the first package by name that imports the named one.
func importer(code map[string]*source, name string) string {
	for _, candidate := range slices.SortedFunc(maps.Keys(code), cmp.Compare[string]) {
		if _, ok := code[candidate].imports[module+"/"+name]; ok {
			return candidate
		}
	}
	return ""
}
