package fetch_test

import (
	"fmt"
	"math/rand"
	"os"
	"path/filepath"
	"testing"

	"github.com/weir-dev/weir/engine/fetch"
	"github.com/weir-dev/weir/schema"
	"github.com/weir-dev/weir/schema/diag"
)

// realistic is a chart of 120 templates and 1.3 MB, CRDs included, as the larger
// public ones are.
func realistic() map[string]string {
	r := rand.New(rand.NewSource(1))
	text := func(size int) string {
		var b []byte
		for len(b) < size {
			b = fmt.Appendf(b, "  key%d: {{ .Values.some.path%d | quote }}\n", r.Intn(1000), r.Intn(50))
		}
		return string(b)
	}
	chart := map[string]string{"Chart.yaml": "apiVersion: v2\nname: app\nversion: 1.0.0\n", "values.yaml": text(80 << 10)}
	for i := range 120 {
		chart[fmt.Sprintf("templates/part%d/file%d.yaml", i%8, i)] = text(3 << 10)
	}
	for i := range 10 {
		chart[fmt.Sprintf("crds/crd%d.yaml", i)] = text(90 << 10)
	}
	return chart
}

// BenchmarkLoad compares a locked chart in the store, verification included, with
// the same chart unpacked in the project, both from a warm disk.
func BenchmarkLoad(b *testing.B) {
	dir := b.TempDir()
	for name, text := range realistic() {
		file := filepath.Join(dir, "app", filepath.FromSlash(name))
		if err := os.MkdirAll(filepath.Dir(file), 0o755); err != nil {
			b.Fatal(err)
		}
		if err := os.WriteFile(file, []byte(text), 0o644); err != nil {
			b.Fatal(err)
		}
	}
	root, err := os.OpenRoot(dir)
	if err != nil {
		b.Fatal(err)
	}
	defer root.Close()
	local := schema.Chart{Kind: schema.Local, Source: "./app", Path: "app"}
	unpacked, found := fetch.From{Project: root.FS()}.Load(b.Context(), local)
	if found.HasErrors() {
		b.Fatal(found)
	}
	store := fetch.NewStore(b.TempDir())
	if err := store.Put(unpacked.Files); err != nil {
		b.Fatal(err)
	}
	pin := schema.Locked{Source: "main/app", Version: "1.0.0", SHA256: unpacked.Digest, Files: unpacked.Digest}
	locked := schema.Chart{Kind: schema.Repository, Source: "main/app", Name: "app"}

	b.Run("directory", func(b *testing.B) {
		for b.Loop() {
			if _, found := (fetch.From{Project: root.FS()}).Load(b.Context(), local); found.HasErrors() {
				b.Fatal(found)
			}
		}
	})
	b.Run("locked", func(b *testing.B) {
		for b.Loop() {
			from := fetch.From{Project: root.FS(), Library: &fetch.Pins{
				Lock:  func() (schema.Lock, diag.List) { return schema.NewLock([]schema.Locked{pin}), nil },
				Stock: &fetch.Stock{Shelves: []fetch.Shelf{store}},
			}}
			chart, found := from.Load(b.Context(), locked)
			if found.HasErrors() || chart.Digest != pin.Files {
				b.Fatal(found)
			}
		}
	})
	writer, err := fetch.NewVendorWriter(b.Context(), dir)
	if err != nil {
		b.Fatal(err)
	}
	defer writer.Close()
	if err := writer.Put(fetch.VendorCopy{Name: "app", Pin: pin}, unpacked.Files); err != nil {
		b.Fatal(err)
	}
	b.Run("vendored", func(b *testing.B) {
		for b.Loop() {
			from := fetch.From{Project: root.FS(), Library: &fetch.Pins{
				Lock:  func() (schema.Lock, diag.List) { return schema.NewLock([]schema.Locked{pin}), nil },
				Stock: &fetch.Stock{Shelves: []fetch.Shelf{fetch.NewVendor(root.FS()).Only()}},
			}}
			chart, found := from.Load(b.Context(), locked)
			if found.HasErrors() || chart.Digest != pin.Files {
				b.Fatal(found)
			}
		}
	})
}
