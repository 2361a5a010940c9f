package risk

import (
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/rogpeppe/go-internal/txtar"

	"github.com/weir-dev/weir/engine/diff"
	"github.com/weir-dev/weir/engine/manifest"
)

var update = flag.Bool("update", false, "rewrite the hits in testdata")

// TestRules runs every rule over testdata/<id>.txtar: cases of objects before and
// after with the hits of that rule. At least one case must fire, and at least one,
// whose name begins with "near", must not.
func TestRules(t *testing.T) {
	ids := map[string]bool{}
	for _, rule := range Rules() {
		if ids[rule.ID] {
			t.Errorf("%s is there twice", rule.ID)
		}
		if ids[rule.ID] = true; rule.Title == "" || rule.Doc == "" || rule.Level.Compare(Info) < 0 || (rule.object == nil) == (rule.release == nil) {
			t.Errorf("%s is not whole", rule.ID)
		}
		t.Run(rule.ID, func(t *testing.T) {
			file := "testdata/" + rule.ID + ".txtar"
			archive, err := txtar.ParseFile(file)
			if err != nil {
				t.Fatalf("the rule has no pair: %v", err)
			}
			fired, silent := 0, 0
			for _, c := range casesOf(t, archive) {
				var got []string
				for _, h := range Check(c.cluster) {
					if h.Rule == rule.ID {
						got = append(got, describe(h)+"\n")
					}
				}
				if strings.HasPrefix(c.name, "near") {
					silent++
					if len(got) > 0 {
						t.Errorf("%s: fires:\n%s", c.name, strings.Join(got, ""))
					}
					continue
				}
				if fired++; len(got) == 0 {
					t.Errorf("%s: does not fire", c.name)
				}
				if *update {
					c.hits.Data = []byte(strings.Join(got, ""))
				}
				if d := cmp.Diff(string(c.hits.Data), strings.Join(got, "")); d != "" {
					t.Errorf("%s (-want +got):\n%s", c.name, d)
				}
			}
			if fired == 0 || silent == 0 {
				t.Errorf("%d cases fire and %d are near misses: both are needed", fired, silent)
			}
			if *update {
				if err := os.WriteFile(file, txtar.Format(archive), 0o644); err != nil {
					t.Fatal(err)
				}
			}
		})
	}
	files, err := filepath.Glob("testdata/*/*.txtar")
	if err != nil {
		t.Fatal(err)
	}
	for _, file := range files {
		if id := strings.TrimSuffix(filepath.ToSlash(strings.TrimPrefix(file, "testdata/")), ".txtar"); !ids[id] {
			t.Errorf("%s belongs to no rule", file)
		}
	}
}

// describe writes all that a hit says, but for where the release is declared.
func describe(h Hit) string {
	s := fmt.Sprintf("%s %s/%s %s", h.Level, h.Environment, h.Release, h.Object)
	if h.Object == (manifest.ID{}) {
		s = fmt.Sprintf("%s %s/%s", h.Level, h.Environment, h.Release)
	}
	if h.Hook {
		s += " (hook)"
	}
	if len(h.Path) > 0 {
		s += " " + h.Path.String()
	}
	s += "\n  " + h.Reason
	if h.Removal {
		s += "\n  -> " + h.Consequence
	}
	return s
}

type testCase struct {
	name    string
	cluster Cluster
	others  others
	hits    *txtar.File
}

// others are the releases of a case that stay as they are.
type others []staying

type staying struct {
	Owner
	set manifest.Set
}

func (all others) Owners(ids []manifest.ID) map[manifest.ID][]Owner {
	owners := map[manifest.ID][]Owner{}
	for _, r := range all {
		for _, id := range ids {
			if _, has := r.set.Find(id); has {
				owners[id] = append(owners[id], r.Owner)
			}
		}
	}
	return owners
}

func (all others) In(namespace string) map[Owner]int {
	counts := map[Owner]int{}
	for _, r := range all {
		for o := range r.set.All() {
			if o.ID.Namespace == namespace {
				counts[r.Owner]++
			}
		}
	}
	return counts
}

func (all others) Objects(group, kind string, namespaces ...string) []Owned {
	var found []Owned
	for _, r := range all {
		for o := range r.set.All() {
			if o.ID.Group == group && o.ID.Kind == kind && (len(namespaces) == 0 || slices.Contains(namespaces, o.ID.Namespace)) {
				found = append(found, Owned{r.Owner, o})
			}
		}
	}
	return found
}

func (all others) Definition(group, kind string) (manifest.Object, bool) {
	for _, o := range all.Objects("apiextensions.k8s.io", "CustomResourceDefinition") {
		spec := o.Body()["spec"].(map[string]any)
		if spec["group"] == group && spec["names"].(map[string]any)["kind"] == kind {
			return o.Object, true
		}
	}
	return manifest.Object{}, false
}

func ownerOfTest(release string) Owner {
	if environment, name, ok := strings.Cut(release, "/"); ok {
		return Owner{environment, name}
	}
	return Owner{"prod", release}
}

// casesOf reads sections "<case>/before[ <release>]", "<case>/after[ <release>]"
// "<case>/other <release>" for one that stays as it is, and "<case>/hits". A side
// is YAML; comments on top of it say more:
// "# chart: web 1.2.3", "# kubernetes: 1.25", "# namespace: web", "# keep",
// "# undeclared", "# none" where there is no such version of the release, "# times: 61" for so
// many copies with $i counting them.
func casesOf(t testing.TB, archive *txtar.Archive) []testCase {
	t.Helper()
	var cases []testCase
	pairs := map[string]*diff.Pair{}
	var order [][]string
	for i := range archive.Files {
		f := &archive.Files[i]
		name, part, _ := strings.Cut(f.Name, "/")
		at := slices.IndexFunc(cases, func(c testCase) bool { return c.name == name })
		if at < 0 {
			at = len(cases)
			cases, order = append(cases, testCase{name: name}), append(order, nil)
		}
		side, release, _ := strings.Cut(part, " ")
		if release == "" {
			release = "app"
		}
		key := name + "/" + release
		switch side {
		case "hits":
			cases[at].hits = f
			continue
		case "other":
			cases[at].others = append(cases[at].others, staying{ownerOfTest(release), versionOfTest(t, f.Name, string(f.Data)).Objects})
			cases[at].cluster.Others = cases[at].others
			continue
		case "before", "after":
		default:
			t.Fatalf("section %q", f.Name)
		}
		p := pairs[key]
		if p == nil {
			p = &diff.Pair{Cluster: "prod-eu"}
			o := ownerOfTest(release)
			p.Environment, p.Release = o.Environment, o.Release
			pairs[key], order[at] = p, append(order[at], key)
		}
		p.Undeclared = p.Undeclared || strings.HasPrefix(string(f.Data), "# undeclared\n")
		if side == "before" {
			p.Before = versionOfTest(t, f.Name, string(f.Data))
		} else {
			p.After = versionOfTest(t, f.Name, string(f.Data))
		}
	}
	for i := range cases {
		cases[i].cluster.Name = "prod-eu"
		for _, key := range order[i] {
			cases[i].cluster.Releases = append(cases[i].cluster.Releases, diff.Compare(*pairs[key]))
		}
	}
	// A case that fires has a section for its hits.
	for i := range cases {
		if cases[i].hits == nil && !strings.HasPrefix(cases[i].name, "near") {
			t.Fatalf("case %s has no section %s/hits", cases[i].name, cases[i].name)
		}
	}
	return cases
}

func versionOfTest(t testing.TB, name, data string) *diff.Version {
	t.Helper()
	v := &diff.Version{Kubernetes: "1.34", Namespace: "web"}
	times := "1"
	for line := range strings.Lines(data) {
		key, value, _ := strings.Cut(strings.TrimSpace(strings.TrimPrefix(line, "#")), ": ")
		if !strings.HasPrefix(line, "#") {
			break
		}
		switch key {
		case "chart":
			v.Chart.Name, v.Chart.Version, _ = strings.Cut(value, " ")
		case "kubernetes":
			v.Kubernetes = value
		case "namespace":
			v.Namespace = value
		case "undeclared": // of the pair
		case "keep":
			v.Keep = true
		case "none":
			return nil
		case "times":
			times = value
		default:
			t.Fatalf("%s: %q", name, line)
		}
	}
	n, err := strconv.Atoi(times)
	if err != nil {
		t.Fatalf("%s: %v", name, err)
	}
	var stream strings.Builder
	for i := range n {
		fmt.Fprintf(&stream, "---\n%s", strings.ReplaceAll(data, "$i", strconv.Itoa(i)))
	}
	docs, failed := manifest.Read([]byte(stream.String()))
	if len(failed) > 0 {
		t.Fatalf("%s: %v", name, failed[0])
	}
	var objects []manifest.Object
	for _, doc := range docs {
		o, err := manifest.New(doc.Tree.(map[string]any), manifest.Source{File: name})
		if err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		objects = append(objects, o)
	}
	set, twice := manifest.NewSet(objects)
	if len(twice) > 0 {
		t.Fatalf("%s: %v is there twice", name, twice[0].First.ID)
	}
	v.Objects = set
	return v
}
