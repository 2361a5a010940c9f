package fetch_test

import (
	"archive/tar"
	"bytes"
	"compress/gzip"
	"context"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"testing/fstest"

	"github.com/google/go-cmp/cmp"

	"github.com/weir-dev/weir/engine/fetch"
	"github.com/weir-dev/weir/engine/manifest"
	"github.com/weir-dev/weir/schema"
	"github.com/weir-dev/weir/schema/diag"
)

func ref(at string) schema.Chart {
	return schema.Chart{Source: "./" + at, Path: at, Range: diag.Range{File: "weir.hcl", Start: diag.Pos{Line: 3}}}
}

// load shows what Load says: the files, or what is wrong.
func load(fsys fstest.MapFS, at string) string {
	chart, found := fetch.From{Project: fsys}.Load(context.Background(), ref(at))
	return show(chart, found)
}

func show(chart *fetch.Chart, found diag.List) string {
	var b strings.Builder
	for _, d := range found {
		fmt.Fprintf(&b, "%s:%d: %s\n", d.Subject.File, d.Subject.Start.Line, d.Summary)
		for _, text := range []string{d.Subject.Text, d.Detail, d.Remedy} {
			if text != "" {
				fmt.Fprintf(&b, "  %s\n", text)
			}
		}
		for _, r := range d.Related {
			fmt.Fprintf(&b, "  %s:%d: %s\n", r.Range.File, r.Range.Start.Line, r.Note)
		}
	}
	if chart != nil {
		fmt.Fprintf(&b, "%s %s\n", chart.Name, chart.Version)
		for _, f := range chart.Files {
			fmt.Fprintf(&b, "%s <- %s\n", f.Name, f.Path)
		}
	}
	return b.String()
}

func files(pairs ...string) fstest.MapFS {
	fsys := fstest.MapFS{}
	for i := 0; i < len(pairs); i += 2 {
		fsys[pairs[i]] = &fstest.MapFile{Data: []byte(pairs[i+1])}
	}
	return fsys
}

func chartYAML(name, version string, more ...string) string {
	return "apiVersion: v2\nname: " + name + "\nversion: " + version + "\n" + strings.Join(more, "")
}

// pack makes an archive of names and contents; a content that begins with
// "->" is a link.
func pack(pairs ...string) string {
	var b bytes.Buffer
	zipped := gzip.NewWriter(&b)
	w := tar.NewWriter(zipped)
	for i := 0; i < len(pairs); i += 2 {
		h := &tar.Header{Name: pairs[i], Mode: 0o644, Size: int64(len(pairs[i+1])), Typeflag: tar.TypeReg}
		if target, ok := strings.CutPrefix(pairs[i+1], "->"); ok {
			h.Typeflag, h.Linkname, h.Size = tar.TypeSymlink, target, 0
		}
		if err := w.WriteHeader(h); err != nil {
			panic(err)
		}
		if h.Typeflag == tar.TypeReg {
			if _, err := w.Write([]byte(pairs[i+1])); err != nil {
				panic(err)
			}
		}
	}
	if err := w.Close(); err != nil {
		panic(err)
	}
	if err := zipped.Close(); err != nil {
		panic(err)
	}
	return b.String()
}

func TestLoad(t *testing.T) {
	dependency := func(name, version, repository string) string {
		return "dependencies:\n- name: " + name + "\n  version: \"" + version + "\"\n  repository: " + repository + "\n"
	}
	for _, test := range []struct {
		name string
		fsys fstest.MapFS
		at   string
		want string
	}{
		{
			name: "a directory, less what .helmignore names",
			fsys: files("charts/web/Chart.yaml", chartYAML("web", "1.0.0"), "charts/web/values.yaml", "a: 1", "charts/web/.helmignore", "*.md\nci/\n",
				"charts/web/README.md", "x", "charts/web/ci/a.yaml", "x", "charts/web/templates/a.yaml", "x", "charts/web/templates/.hidden", "x"),
			at: "charts/web",
			want: `web 1.0.0
.helmignore <- charts/web/.helmignore
Chart.yaml <- charts/web/Chart.yaml
templates/a.yaml <- charts/web/templates/a.yaml
values.yaml <- charts/web/values.yaml
`,
		},
		{
			name: "an archive with a packed dependency",
			fsys: files("web.tgz", pack("web/Chart.yaml", chartYAML("web", "1.0.0", dependency("redis", "^18", "https://charts.example")),
				"web/charts/redis-18.1.0.tgz", pack("redis/Chart.yaml", chartYAML("redis", "18.1.0")))),
			at: "web.tgz",
			want: `web 1.0.0
Chart.yaml <- web.tgz/Chart.yaml
charts/redis-18.1.0/Chart.yaml <- web.tgz/charts/redis-18.1.0.tgz/Chart.yaml
`,
		},
		{
			name: "file:// dependencies of dependencies",
			fsys: files("a/Chart.yaml", chartYAML("a", "1.0.0", dependency("b", "1.x", "file://../libs/b")),
				"libs/b/Chart.yaml", chartYAML("b", "1.2.0", dependency("c", "*", "file://../c")),
				"libs/c/Chart.yaml", chartYAML("c", "3.0.0", "type: library\n")),
			at: "a",
			want: `a 1.0.0
Chart.yaml <- a/Chart.yaml
charts/b/Chart.yaml <- libs/b/Chart.yaml
charts/b/charts/c/Chart.yaml <- libs/c/Chart.yaml
`,
		},
		{
			name: "dependencies that are missing, or there in another version",
			fsys: files("a/Chart.yaml", "apiVersion: v2\nname: a\nversion: 1.0.0\ndependencies:\n- name: b\n  version: ^2\n  repository: https://charts.example\n- {name: c, version: 1.x, repository: ''}\n- name: d\n  version: 1.x\n",
				"a/charts/b/Chart.yaml", chartYAML("b", "1.9.0")),
			at: "a",
			want: `a/Chart.yaml:5: dependency "b" is there in version 1.9.0, but "^2" is asked for
  Helm takes such a chart for one that nobody declared, and does not apply its alias.
  Run ` + "`helm dependency update`" + ` in the chart, or correct the range in its Chart.yaml.
  weir.hcl:3: the chart is used here
a/Chart.yaml:4: dependency "c" 1.x is declared, but not in charts/
  It names no repository.
  Run ` + "`helm dependency build`" + ` in the chart, or put the dependency into its charts/ directory.
  weir.hcl:3: the chart is used here
a/Chart.yaml:9: dependency "d" 1.x is declared, but not in charts/
  It names no repository.
  Run ` + "`helm dependency build`" + ` in the chart, or put the dependency into its charts/ directory.
  weir.hcl:3: the chart is used here
`,
		},
		{
			name: "a dependency outside of the project",
			fsys: files("a/Chart.yaml", chartYAML("a", "1.0.0", dependency("b", "*", "file://../../b"))),
			at:   "a",
			want: `a/Chart.yaml:5: dependency "b" lies outside of the project
  Its repository "file://../../b" is read relative to the chart, and nothing outside of the project is read.
  Move the chart into the project, or pack it into charts/ with ` + "`helm dependency build`" + `.
  weir.hcl:3: the chart is used here
`,
		},
		{
			name: "a chart that depends on itself",
			fsys: files("a/Chart.yaml", chartYAML("a", "1.0.0", dependency("a", "*", "file://../a"))),
			at:   "a",
			want: `weir.hcl:3: chart "a" holds charts more than 20 deep
  It goes round: a -> a.
  Look for a dependency that leads back to its own chart.
`,
		},
		{
			name: "charts that depend on each other",
			fsys: files("a/Chart.yaml", chartYAML("a", "1.0.0", dependency("b", "*", "file://../b")),
				"b/Chart.yaml", chartYAML("b", "1.0.0", dependency("c", "*", "file://../c")),
				"c/Chart.yaml", chartYAML("c", "1.0.0", dependency("b", "*", "file://../b"))),
			at: "a",
			want: `weir.hcl:3: chart "a" holds charts more than 20 deep
  It goes round: b -> c -> b.
  Look for a dependency that leads back to its own chart.
`,
		},
		{
			name: "no chart, but one nearby",
			fsys: files("charts/web/Chart.yaml", "x"),
			at:   "charts/wbe",
			want: `weir.hcl:3: chart "charts/wbe" does not exist
  Did you mean "charts/web"? Create the chart there, or correct the path; it is relative to the file that holds it.
`,
		},
		{
			name: "no Chart.yaml",
			fsys: files("charts/web/values.yaml", "x"),
			at:   "charts/web",
			want: `weir.hcl:3: "charts/web" is no chart
  It has no Chart.yaml.
  Name the directory that holds Chart.yaml, or write one.
`,
		},
		{
			name: "an invalid Chart.yaml",
			fsys: files("a/Chart.yaml", "name: a\nversion: one\n"),
			at:   "a",
			want: `a/Chart.yaml:0: Chart.yaml of "a" is not valid
  Version "one" is invalid.
  Correct it; ` + "`helm lint`" + ` checks it too.
  weir.hcl:3: the chart is used here
`,
		},
		{
			name: "a library",
			fsys: files("a/Chart.yaml", chartYAML("a", "1.0.0", "type: library\n")),
			at:   "a",
			want: `weir.hcl:3: chart "a" is a library and cannot be released
  A library chart holds templates for other charts and renders no objects of its own.
  Name an application chart that depends on it, or remove ` + "`type: library`" + ` from its Chart.yaml.
  a/Chart.yaml:4: its type
`,
		},
		{
			name: "an archive that leads out",
			fsys: files("a.tgz", pack("a/Chart.yaml", chartYAML("a", "1.0.0"), "a/../../etc/passwd", "x")),
			at:   "a.tgz",
			want: `weir.hcl:3: chart archive "a.tgz" is refused
  It holds the name "a/../../etc/passwd", which leads out of the chart.
  Pack the chart again with ` + "`helm package`" + `.
`,
		},
		{
			name: "an archive with a link",
			fsys: files("a.tgz", pack("a/Chart.yaml", chartYAML("a", "1.0.0"), "a/values.yaml", "->/etc/passwd")),
			at:   "a.tgz",
			want: `weir.hcl:3: chart archive "a.tgz" is refused
  It holds the link "a/values.yaml" to "/etc/passwd", and links in archives are not followed.
  Pack the chart again with ` + "`helm package`" + `.
`,
		},
		{
			name: "an absolute name",
			fsys: files("a.tgz", pack("/etc/passwd", "x")),
			at:   "a.tgz",
			want: `weir.hcl:3: chart archive "a.tgz" is refused
  It holds the absolute name "/etc/passwd".
  Pack the chart again with ` + "`helm package`" + `.
`,
		},
		{
			name: "files in UTF-16, one in a sub-chart",
			fsys: files("a/Chart.yaml", chartYAML("a", "1.0.0"), "a/values.yaml", "\xff\xfea\x00", "a/files/logo.txt", "\xff\xfea\x00",
				"a/charts/b/Chart.yaml", chartYAML("b", "1.0.0"), "a/charts/b/templates/x.yaml", "\xfe\xff\x00a"),
			at: "a",
			want: `a/values.yaml:0: values.yaml is UTF-16, not UTF-8
  It begins with the byte order mark of UTF-16; the files of a chart are UTF-8.
  Save it as UTF-8: ` + "`iconv -f UTF-16 -t UTF-8`" + ` does it.
  weir.hcl:3: the chart is used here
a/charts/b/templates/x.yaml:0: charts/b/templates/x.yaml is UTF-16, not UTF-8
  It begins with the byte order mark of UTF-16; the files of a chart are UTF-8.
  Save it as UTF-8: ` + "`iconv -f UTF-16 -t UTF-8`" + ` does it.
  weir.hcl:3: the chart is used here
`,
		},
		{
			name: "no archive",
			fsys: files("a.tgz", "hello"),
			at:   "a.tgz",
			want: `weir.hcl:3: chart archive "a.tgz" is refused
  It is not a gzipped tar archive.
  Pack the chart again with ` + "`helm package`" + `.
`,
		},
		{
			name: "a file that is too large",
			fsys: files("a/Chart.yaml", chartYAML("a", "1.0.0"), "a/blob", strings.Repeat("x", 5<<20+1)),
			at:   "a",
			want: `weir.hcl:3: file "a/blob" is too large for a chart
  It has more than 5242880 bytes; as in Helm, no file of a chart may have more.
  List what no template reads in .helmignore.
`,
		},
		{
			name: "an archive that unpacks to too much",
			fsys: files("a.tgz", pack(append([]string{"a/Chart.yaml", chartYAML("a", "1.0.0")}, bomb()...)...)),
			at:   "a.tgz",
			want: `weir.hcl:3: chart archive "a.tgz" is refused
  It unpacks to more bytes than a chart may have.
  Pack the chart again with ` + "`helm package`" + `.
`,
		},
	} {
		t.Run(test.name, func(t *testing.T) {
			if diff := cmp.Diff(test.want, load(test.fsys, test.at)); diff != "" {
				t.Error(diff)
			}
		})
	}
}

func bomb() []string {
	var pairs []string
	zeros := strings.Repeat("\x00", 4<<20)
	for i := range 20 {
		pairs = append(pairs, fmt.Sprintf("a/blob-%d", i), zeros)
	}
	return pairs
}

// TestLinks needs a real file system: links that stay in the project are read,
// those that leave it are refused.
func TestLinks(t *testing.T) {
	outside := t.TempDir()
	write := func(name, text string) {
		t.Helper()
		if err := os.MkdirAll(filepath.Dir(name), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(name, []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	link := func(target, name string) {
		t.Helper()
		if err := os.MkdirAll(filepath.Dir(name), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.Symlink(target, name); err != nil {
			t.Fatal(err)
		}
	}
	write(filepath.Join(outside, "secret"), "x")
	for _, test := range []struct {
		name  string
		setup func(dir string)
		want  string
	}{
		{"inside", func(dir string) {
			write(filepath.Join(dir, "shared/a.yaml"), "x")
			link("../shared/a.yaml", filepath.Join(dir, "web/values.yaml"))
			link("../shared", filepath.Join(dir, "web/files"))
		}, "web 1.0.0\nChart.yaml <- web/Chart.yaml\nfiles/a.yaml <- web/files/a.yaml\nvalues.yaml <- web/values.yaml\n"},
		{"outside", func(dir string) { link(filepath.Join(outside, "secret"), filepath.Join(dir, "web/values.yaml")) },
			"weir.hcl:3: link \"web/values.yaml\" leads out of the project\n  It points to \"OUTSIDE/secret\".\n" +
				"  Put a copy of the file into the chart, or list the link in .helmignore.\n"},
		{"nowhere", func(dir string) { link("gone", filepath.Join(dir, "web/values.yaml")) },
			"weir.hcl:3: link \"web/values.yaml\" leads nowhere\n  It points to \"gone\".\n" +
				"  Put a copy of the file into the chart, or list the link in .helmignore.\n"},
		{"ignored", func(dir string) {
			write(filepath.Join(dir, "web/.helmignore"), "values.yaml\n")
			link(filepath.Join(outside, "secret"), filepath.Join(dir, "web/values.yaml"))
		}, "web 1.0.0\n.helmignore <- web/.helmignore\nChart.yaml <- web/Chart.yaml\n"},
		{"back", func(dir string) { link("../web", filepath.Join(dir, "web/files")) },
			"weir.hcl:3: link \"web/files\" leads back to a directory above it\n  It points to \"web\", which holds the link itself.\n" +
				"  Remove the link, or list it in .helmignore.\n"},
	} {
		t.Run(test.name, func(t *testing.T) {
			dir := t.TempDir()
			write(filepath.Join(dir, "web/Chart.yaml"), chartYAML("web", "1.0.0"))
			test.setup(dir)
			root, err := os.OpenRoot(dir)
			if err != nil {
				t.Fatal(err)
			}
			defer root.Close()
			got := show(fetch.From{Project: root.FS()}.Load(context.Background(), ref("web")))
			if diff := cmp.Diff(test.want, strings.ReplaceAll(got, outside, "OUTSIDE")); diff != "" {
				t.Error(diff)
			}
		})
	}
}

// TestDigest: only names and contents count.
func TestDigest(t *testing.T) {
	digest := func(fsys fstest.MapFS, at string) string {
		chart, found := fetch.From{Project: fsys}.Load(context.Background(), ref(at))
		if found.HasErrors() {
			t.Fatal(found)
		}
		return chart.Digest
	}
	plain := digest(files("a/Chart.yaml", chartYAML("a", "1.0.0"), "a/values.yaml", "a: 1"), "a")
	for name, other := range map[string]struct {
		digest string
		same   bool
	}{
		"another place": {digest(files("x/y/Chart.yaml", chartYAML("a", "1.0.0"), "x/y/values.yaml", "a: 1"), "x/y"), true},
		"an archive":    {digest(files("a.tgz", pack("a/Chart.yaml", chartYAML("a", "1.0.0"), "a/values.yaml", "a: 1")), "a.tgz"), true},
		"another text":  {digest(files("a/Chart.yaml", chartYAML("a", "1.0.0"), "a/values.yaml", "a: 2"), "a"), false},
		"another name":  {digest(files("a/Chart.yaml", chartYAML("a", "1.0.0"), "a/values.yml", "a: 1"), "a"), false},
		"another cut":   {digest(files("a/Chart.yaml", chartYAML("a", "1.0.0"), "a/values.yam", "la: 1"), "a"), false},
	} {
		if (other.digest == plain) != other.same {
			t.Errorf("%s: same digest is %v", name, !other.same)
		}
	}
}

func TestPlaceInArchive(t *testing.T) {
	chart, found := fetch.From{Project: files("a.tgz", pack("a/Chart.yaml", chartYAML("a", "1.0.0"), "a/templates/x.yaml", "one\ntwo\n"))}.Load(context.Background(), ref("a.tgz"))
	if found.HasErrors() {
		t.Fatal(found)
	}
	got := chart.Place(manifest.Source{File: "templates/x.yaml", Line: 2})
	want := diag.Range{File: "a.tgz/templates/x.yaml", Start: diag.Pos{Line: 2}, End: diag.Pos{Line: 2}, Text: "two"}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
}

func TestOtherSources(t *testing.T) {
	_, found := fetch.From{Project: files()}.Load(context.Background(), schema.Chart{Source: "oci://registry.example/web", Kind: schema.OCI, Range: diag.Range{File: "weir.hcl", Start: diag.Pos{Line: 3}}})
	want := `weir.hcl:3: chart "oci://registry.example/web" is not in the project
  Put the chart into the project, and name its path.
`
	if diff := cmp.Diff(want, show(nil, found)); diff != "" {
		t.Error(diff)
	}
}
