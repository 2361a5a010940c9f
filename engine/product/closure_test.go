package product

import (
	"io/fs"
	"testing"
	"testing/fstest"

	"github.com/google/go-cmp/cmp"

	"github.com/weir-dev/weir/schema"
)

// broken is a file system with a bug.
type broken struct{ fstest.MapFS }

func (broken) Open(string) (fs.File, error)          { panic("open") }
func (broken) Stat(string) (fs.FileInfo, error)      { panic("stat") }
func (broken) ReadDir(string) ([]fs.DirEntry, error) { panic("readdir") }

// TestAPanicOfAClosureIsEverybodys: what panics for the first release that wants it
// must not be nothing for the second.
func TestAPanicOfAClosureIsEverybodys(t *testing.T) {
	keys := newKeys("1", broken{})
	var got []bool
	for range 2 {
		func() {
			defer func() { got = append(got, recover() != nil) }()
			keys.closure(schema.Ref{Path: "k"})
		}()
	}
	if diff := cmp.Diff([]bool{true, true}, got); diff != "" {
		t.Errorf("panics: -want +got:\n%s", diff)
	}
}
