package schema_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
	"testing/fstest"

	"github.com/google/go-cmp/cmp"

	"github.com/weir-dev/weir/schema"
	"github.com/weir-dev/weir/schema/diag"
)

// TestLoadFS loads a project that is in no directory. A variable file is of the
// directory that the user is in.
func TestLoadFS(t *testing.T) {
	dir := t.TempDir()
	if err := os.WriteFile(filepath.Join(dir, "mine.hcl"), []byte("name = \"given\"\n"), 0o644); err != nil {
		t.Fatal(err)
	}
	files := fstest.MapFS{
		"weir.hcl":     {Data: []byte("project \"p\" {\n  include = [\"more/*.hcl\"]\n}\n\nvariable \"name\" {\n  type = string\n}\n")},
		"more/all.hcl": {Data: []byte("cluster \"c\" {\n  kubernetes = \"1.34\"\n  labels = { text = file(\"text\"), name = var.name }\n}\n")},
		"more/text":    {Data: []byte("from a file")},
		"mine.hcl":     {Data: []byte("locals {}\n")},
	}
	p, found := schema.Load(schema.Options{FS: files, Dir: dir, VarFiles: []string{"mine.hcl"}})
	if found.HasErrors() {
		t.Fatal(shown(found))
	}
	if diff := cmp.Diff(map[string]string{"text": "from a file", "name": "given"}, p.Clusters()[0].Labels); diff != "" {
		t.Errorf("labels (-want +got):\n%s", diff)
	}

	// What the user gives is meant for a later revision.
	p, found = schema.Load(schema.Options{FS: fstest.MapFS{"weir.hcl": {Data: []byte("project \"past\" {}\n")}}, Dir: dir, VarFiles: []string{"mine.hcl"}, Vars: map[string]string{"more": "x"}, Past: true})
	if diff := cmp.Diff("past ", p.Name()+" "+shown(found)); diff != "" {
		t.Errorf("a revision of the past (-want +got):\n%s", diff)
	}

	_, found = schema.Load(schema.Options{FS: fstest.MapFS{}})
	want := "Error: There is no project here\n\n  on weir.hcl:\n\nThere is no weir.hcl among the files.\n\nName the directory that it is in.\n"
	if diff := cmp.Diff(want, shown(found)); diff != "" {
		t.Errorf("without a project (-want +got):\n%s", diff)
	}
}

func shown(found diag.List) string {
	var b strings.Builder
	_ = found.Format(&b, diag.Options{})
	return b.String()
}

func TestSensitive(t *testing.T) {
	p, found := schema.Load(schema.Options{Vars: map[string]string{"token": "given"}, FS: fstest.MapFS{"weir.hcl": {Data: []byte(`
project "p" {}
variable "token" {
  type      = string
  sensitive = true
  default   = "of the file"
}
variable "login" {
  type      = object({ user = string, passwords = list(string), port = number })
  sensitive = true
  default   = { user = "ann", passwords = ["one", "two", ""], port = 22 }
}
variable "open" {
  type    = string
  default = "for all"
}
variable "unset" {
  type      = string
  sensitive = true
}
`)}}})
	if found.HasErrors() {
		t.Fatal(shown(found))
	}
	if diff := cmp.Diff([]string{"22", "ann", "given", "one", "two"}, p.Sensitive()); diff != "" {
		t.Errorf("texts (-want +got):\n%s", diff)
	}
}
