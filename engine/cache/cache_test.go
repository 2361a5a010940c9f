package cache

import (
	"bytes"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

func open(t *testing.T) *Store {
	t.Helper()
	store, err := Open(t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	return store
}

var (
	small = []byte("kind: ConfigMap\n")
	large = bytes.Repeat([]byte("description: long\n"), 2000)
)

func TestPutThenGet(t *testing.T) {
	store := open(t)
	key := Key{1}
	if _, ok := store.Get(key); ok {
		t.Fatal("an empty store has a record")
	}
	if _, err := store.Put(key, []byte("head"), [][]byte{small, large, nil}); err != nil {
		t.Fatal(err)
	}
	record, ok := store.Get(key)
	if !ok {
		t.Fatal("the record is not found")
	}
	if string(record.Head) != "head" {
		t.Errorf("head is %q", record.Head)
	}
	for i, want := range [][]byte{small, large, {}} {
		got, err := record.Blob(i)
		if err != nil || !bytes.Equal(got, want) {
			t.Errorf("blob %d: %d bytes, %v; want %d bytes", i, len(got), err, len(want))
		}
	}
}

func TestSharedBlobsAreKeptOnce(t *testing.T) {
	store := open(t)
	for i := range byte(3) {
		if _, err := store.Put(Key{i}, nil, [][]byte{large}); err != nil {
			t.Fatal(err)
		}
	}
	blobs, _ := filepath.Glob(filepath.Join(store.dir, "blob", "*", "*"))
	if len(blobs) != 1 {
		t.Errorf("%d shared blobs, want 1", len(blobs))
	}
}

// A record with any one byte changed, or cut anywhere, is either refused by Get
// or by Blob: no damage reaches a manifest.
func TestDamageIsNeverBelieved(t *testing.T) {
	store := open(t)
	key := Key{7}
	record, err := store.Put(key, []byte("head"), [][]byte{small})
	if err != nil {
		t.Fatal(err)
	}
	whole, err := os.ReadFile(record.path)
	if err != nil {
		t.Fatal(err)
	}
	believed := func(data []byte) bool {
		if err := os.WriteFile(record.path, data, 0o600); err != nil {
			t.Fatal(err)
		}
		got, ok := store.Get(key)
		if !ok {
			return false
		}
		_, err := got.Blob(0)
		return err == nil
	}
	if !believed(whole) {
		t.Fatal("the undamaged record is refused")
	}
	for i := range whole {
		damaged := bytes.Clone(whole)
		damaged[i] ^= 0x20
		if believed(damaged) {
			t.Errorf("byte %d changed: believed", i)
		}
		if believed(whole[:i]) {
			t.Errorf("cut after %d bytes: believed", i)
		}
	}
}

func TestForeignRecordIsNotFound(t *testing.T) {
	store := open(t)
	record, err := store.Put(Key{1}, []byte("head of one"), nil)
	if err != nil {
		t.Fatal(err)
	}
	data, err := os.ReadFile(record.path)
	if err != nil {
		t.Fatal(err)
	}
	other := store.recordPath(Key{2})
	if err := os.MkdirAll(filepath.Dir(other), 0o700); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(other, data, 0o600); err != nil {
		t.Fatal(err)
	}
	if _, ok := store.Get(Key{2}); ok {
		t.Error("a record that was put under another key is believed")
	}
}

func TestSharedBlobGoneOrChanged(t *testing.T) {
	store := open(t)
	record, err := store.Put(Key{1}, nil, [][]byte{large})
	if err != nil {
		t.Fatal(err)
	}
	path := store.blobPath(record.blobs[0].digest)
	if err := os.WriteFile(path, []byte(strings.Repeat("x", len(large))), 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := record.Blob(0); !errors.Is(err, ErrCorrupt) {
		t.Errorf("changed blob: %v", err)
	}
	record.Drop()
	if _, err := store.Put(Key{1}, nil, [][]byte{large}); err != nil {
		t.Fatal(err)
	}
	if _, err := record.Blob(0); err != nil {
		t.Errorf("after it was put again: %v", err)
	}
}

func TestSweepRemovesOnlyWhatIsOld(t *testing.T) {
	store := open(t)
	now := time.Now()
	old, err := store.Put(Key{1}, nil, nil)
	if err != nil {
		t.Fatal(err)
	}
	if err := os.Chtimes(old.path, now.Add(-2*keepFor), now.Add(-2*keepFor)); err != nil {
		t.Fatal(err)
	}
	if _, err := store.Put(Key{2}, nil, nil); err != nil {
		t.Fatal(err)
	}
	if err := store.Sweep(now); err != nil {
		t.Fatal(err)
	}
	_, first := store.Get(Key{1})
	_, second := store.Get(Key{2})
	if first || !second {
		t.Errorf("old record kept: %v, new record kept: %v", first, second)
	}
}
