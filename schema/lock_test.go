package schema

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

var lockedCharts = []Locked{
	{
		Source: "podinfo/podinfo", Constraint: "~> 6.7", Version: "6.7.1", Repository: "https://charts.example/podinfo",
		Origin: "https://charts.example/podinfo/podinfo-6.7.1.tgz", SHA256: strings.Repeat("a", 64), Files: strings.Repeat("b", 64),
	},
	{
		Source: "git::https://git.example/acme/charts.git//charts/web?ref=main", Version: "0.1.0+${x}",
		Origin: "git::https://git.example/acme/charts.git//charts/web?ref=4b825dc642cb6eb9a060e54bf8d69288fbee4904", SHA256: strings.Repeat("c", 64), Files: strings.Repeat("c", 64),
	},
	{
		Source: "podinfo/podinfo", Constraint: "6.5.0", Version: "6.5.0", Repository: "https://charts.example/podinfo",
		Origin: "https://charts.example/podinfo/podinfo-6.5.0.tgz", SHA256: strings.Repeat("d", 64), Files: strings.Repeat("e", 64),
	},
}

// TestLockReadsWhatItWrote, in one order whatever the order was.
func TestLockReadsWhatItWrote(t *testing.T) {
	text := NewLock(lockedCharts).Format()
	golden(t, "testdata/lock.hcl", string(text))
	lock, list := ParseLock(text)
	if len(list) > 0 {
		t.Fatal(list)
	}
	if diff := cmp.Diff(string(text), string(lock.Format())); diff != "" {
		t.Errorf("second time (-first +second):\n%s", diff)
	}
	for _, want := range lockedCharts {
		ref := Chart{Source: want.Source, Version: want.Constraint, Repository: ChartRepository{URL: want.Repository}}
		got, found, stale := lock.Find(ref)
		got.Range = want.Range
		if diff := cmp.Diff(want, got); diff != "" || !found || stale {
			t.Errorf("find %s: found %t, stale %t (-want +got):\n%s", want.Source, found, stale, diff)
		}
	}
	moved := Chart{Source: "podinfo/podinfo", Version: "6.5.0", Repository: ChartRepository{URL: "https://elsewhere.example"}}
	if _, found, stale := lock.Find(moved); !found || !stale {
		t.Errorf("another repository: found %t, stale %t", found, stale)
	}
	if _, found, _ := lock.Find(Chart{Source: "podinfo/podinfo", Version: "6"}); found {
		t.Error("another constraint is found")
	}
}

// TestBadLock compares what is said to each testdata/bad-lock/*.hcl with the text beside it.
func TestBadLock(t *testing.T) {
	files, err := filepath.Glob("testdata/bad-lock/*.hcl")
	if err != nil || len(files) == 0 {
		t.Fatal(files, err)
	}
	for _, file := range files {
		name := strings.TrimSuffix(file, ".hcl")
		t.Run(filepath.Base(name), func(t *testing.T) {
			data, err := os.ReadFile(file)
			if err != nil {
				t.Fatal(err)
			}
			dir := project(t, "project \"p\" {}\n")
			write(t, dir, LockFile, string(data))
			p, list := Load(Options{Dir: dir})
			if list.HasErrors() {
				t.Fatal(list) // the lock is not part of the project
			}
			_, list = p.Lock()
			for _, d := range list {
				if d.Subject.File == "" || d.Remedy == "" || strings.Contains(d.Summary, "\n") {
					t.Errorf("lacks a place, a remedy or a one-line summary: %+v", d)
				}
			}
			golden(t, name+".txt", shown(t, p, list))
		})
	}
}
