package fetch_test

import (
	"bytes"
	"compress/gzip"
	"io"
	"os"
	"path"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"helm.sh/helm/v3/pkg/chart/loader"
	"helm.sh/helm/v3/pkg/chartutil"

	"github.com/weir-dev/weir/engine/fetch"
	"github.com/weir-dev/weir/schema"
)

// TestRealArchives packs charts as `helm package` does, and reads them as Helm
// does. WEIR_CHARTS names a directory with more of them.
func TestRealArchives(t *testing.T) {
	matches, err := filepath.Glob("../../examples/*/charts/*/Chart.yaml")
	if err != nil {
		t.Fatal(err)
	}
	if dir := os.Getenv("WEIR_CHARTS"); dir != "" {
		more, err := filepath.Glob(filepath.Join(dir, "*", "Chart.yaml"))
		if err != nil {
			t.Fatal(err)
		}
		matches = append(matches, more...)
	}
	if len(matches) == 0 {
		t.Fatal("there are no charts")
	}
	packed := 0
	for _, match := range matches {
		chart, err := loader.LoadDir(filepath.Dir(match))
		if err != nil {
			continue // Helm cannot read it either
		}
		dir := t.TempDir()
		archive, err := chartutil.Save(chart, dir)
		if err != nil {
			continue
		}
		packed++
		data, err := os.ReadFile(archive)
		if err != nil {
			t.Fatal(err)
		}
		want, err := loader.LoadArchiveFiles(bytes.NewReader(data))
		if err != nil {
			t.Fatal(err)
		}
		got, err := fetch.Unpack(schema.Chart{Source: match}, data)
		if err != nil {
			t.Errorf("%s: %v", match, err)
			continue
		}
		if diff := cmp.Diff(helmFiles(want), ourFiles(got)); diff != "" {
			t.Errorf("%s (-Helm +Weir):\n%s", match, diff)
		}
		os.RemoveAll(dir)
	}
	t.Logf("%d of %d charts packed", packed, len(matches))
}

func helmFiles(files []*loader.BufferedFile) map[string]string {
	m := map[string]string{}
	for _, f := range files {
		m[f.Name] = string(f.Data)
	}
	return m
}

func ourFiles(files []fetch.File) map[string]string {
	m := map[string]string{}
	for _, f := range files {
		m[f.Name] = string(f.Data)
	}
	return m
}

// FuzzUnpack: whatever a tar stream is made of, what is accepted has names that
// stay inside, no two of them the same, and Helm reads the same files.
func FuzzUnpack(f *testing.F) {
	for _, packed := range []string{
		pack("a/Chart.yaml", chartYAML("a", "1.0.0"), "a/templates/x.yaml", "x"),
		pack("a/Chart.yaml", "x", "a/../x", "x"),
		pack("a/Chart.yaml", "x", "a/"+strings.Repeat("long/", 60)+"x", "->/etc/passwd"),
	} {
		zipped, err := gzip.NewReader(strings.NewReader(packed))
		if err != nil {
			f.Fatal(err)
		}
		stream, err := io.ReadAll(zipped)
		if err != nil {
			f.Fatal(err)
		}
		f.Add(stream)
	}
	f.Fuzz(func(t *testing.T, stream []byte) {
		var archive bytes.Buffer
		zipped, _ := gzip.NewWriterLevel(&archive, gzip.NoCompression)
		_, _ = zipped.Write(stream) // to memory
		_ = zipped.Close()
		files, err := fetch.Unpack(schema.Chart{Source: "main/a"}, archive.Bytes())
		if err != nil {
			return
		}
		seen := map[string]bool{}
		for _, file := range files {
			if !filepath.IsLocal(file.Name) || path.Clean(file.Name) != file.Name || strings.ContainsAny(file.Name, "\\\x00\n") || seen[file.Name] {
				t.Errorf("%q was accepted", file.Name)
			}
			seen[file.Name] = true
		}
		if helm, err := loader.LoadArchiveFiles(&archive); err == nil {
			if diff := cmp.Diff(helmFiles(helm), ourFiles(files)); diff != "" {
				t.Errorf("(-Helm +Weir):\n%s", diff)
			}
		}
	})
}
