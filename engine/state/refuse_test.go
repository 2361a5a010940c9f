package state_test

import (
	"context"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/weir-dev/weir/engine/state"
	"github.com/weir-dev/weir/schema/diag"
)

// TestOpenRefuses looks at places that Weir must not write to. Each has to be
// as it was afterwards.
func TestOpenRefuses(t *testing.T) {
	run := func(args ...string) func(*testing.T, state.Location) {
		return func(t *testing.T, at state.Location) {
			first(t, at)
			for _, line := range args {
				git(t, at, strings.Fields(line)...)
			}
		}
	}
	write := func(name, content string) func(*testing.T, state.Location) {
		return func(t *testing.T, at state.Location) {
			first(t, at)
			writeFile(t, filepath.Join(at.Dir, filepath.FromSlash(name)), content)
		}
	}
	tests := []struct {
		name string
		make func(*testing.T, state.Location)
	}{
		{"file", func(t *testing.T, at state.Location) { writeFile(t, at.Dir, "x") }},
		{"parent is a file", func(t *testing.T, at state.Location) { writeFile(t, filepath.Dir(at.Dir), "x") }},
		{"link", func(t *testing.T, at state.Location) {
			mkdir(t, filepath.Dir(at.Dir))
			if err := os.Symlink(t.TempDir(), at.Dir); err != nil {
				t.Fatal(err)
			}
		}},
		{"parent is a link to nowhere", func(t *testing.T, at state.Location) {
			if err := os.Symlink("nowhere", filepath.Dir(at.Dir)); err != nil {
				t.Fatal(err)
			}
		}},
		{"files but no repository", func(t *testing.T, at state.Location) {
			for _, name := range []string{"a", "b", "c", "d"} {
				writeFile(t, filepath.Join(at.Dir, name), "x")
			}
		}},
		{"bare", func(t *testing.T, at state.Location) {
			mkdir(t, at.Dir)
			git(t, at, "init", "-q", "--bare")
		}},
		{"bare by configuration", run("config core.bare true")},
		{"linked work tree", func(t *testing.T, at state.Location) { writeFile(t, filepath.Join(at.Dir, ".git"), "gitdir: ../x\n") }},
		{"not complete", func(t *testing.T, at state.Location) {
			first(t, at)
			if err := os.Remove(filepath.Join(at.Dir, ".git", "HEAD")); err != nil {
				t.Fatal(err)
			}
		}},
		{"SHA-256", func(t *testing.T, at state.Location) {
			mkdir(t, at.Dir)
			git(t, at, "init", "-q", "-b", "main", "--object-format=sha256")
		}},
		{"extension", run("config core.repositoryformatversion 1", "config extensions.refStorage reftable")},
		{"configuration", write(".git/config", "[core\n")},
		{"HEAD", write(".git/HEAD", "nonsense\n")},
		{"another branch", run("switch -q -c feature")},
		{"another branch without ours", func(t *testing.T, at state.Location) {
			mkdir(t, at.Dir)
			git(t, at, "init", "-q", "-b", "trunk")
		}},
		{"detached", run("checkout -q --detach")},
		{"merge", write(".git/MERGE_HEAD", "")},
		{"rebase", write(".git/rebase-merge/head-name", "")},
		{"cherry-pick", write(".git/CHERRY_PICK_HEAD", "")},
		{"revert", write(".git/REVERT_HEAD", "")},
		{"bisect", write(".git/BISECT_LOG", "")},
		{"index lock", write(".git/index.lock", "")},
		{"branch lock", write(".git/refs/heads/main.lock", "")},
		{"branch is gone", run("update-ref -d refs/heads/main")},
		{"branch is gone, and nobody knows from where", func(t *testing.T, at state.Location) {
			first(t, at)
			git(t, at, "update-ref", "-d", "refs/heads/main")
			if err := os.RemoveAll(filepath.Join(at.Dir, ".git", "logs")); err != nil {
				t.Fatal(err)
			}
		}},
		{"branch", write(".git/refs/heads/main", "ref: refs/heads/other\n")},
	}
	var all strings.Builder
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			at := place(t)
			test.make(t, at)
			before := listing(t, filepath.Dir(filepath.Dir(at.Dir)))
			_, _, err := tryHydrate(t, at, put(release(t, "dev/web", "2.0.0", config(t, "x", "a", "2"))))
			if err == nil {
				t.Fatal("not refused")
			}
			all.WriteString("# " + test.name + "\n" + refused(t, err) + "\n")
			same(t, "files", strings.ReplaceAll(listing(t, filepath.Dir(filepath.Dir(at.Dir))), "state/prod/.git/weir/lock \n", ""), strings.ReplaceAll(before, "state/prod/.git/weir/lock \n", ""))
		})
	}
	same(t, "refusals", all.String(), golden(t, "open.txt", []byte(all.String())))
}

func TestBranchNames(t *testing.T) {
	for name, ok := range map[string]bool{
		"main": true, "env/prod": true, "v1.2": true,
		"": false, "a..b": false, "-x": false, "a b": false, "a.lock": false, "/a": false, "a/": false, ".a": false, "a~1": false, "HEAD": false, "../x": false,
	} {
		_, err := state.Open(context.Background(), state.Location{Dir: filepath.Join(t.TempDir(), "prod"), Name: "state/prod", Branch: name})
		if (err == nil) != ok {
			t.Errorf("branch %q: %v", name, err)
		}
	}
}

// TestEdits is what a person may do to the work tree before a run that changes
// configmap_a, creates configmap_new and removes configmap_old.
func TestEdits(t *testing.T) {
	const dir = "manifests/dev/web/x/"
	rm := func(t *testing.T, at state.Location, name string) {
		if err := os.RemoveAll(filepath.Join(at.Dir, filepath.FromSlash(name))); err != nil {
			t.Fatal(err)
		}
	}
	tests := []struct {
		name string
		do   func(*testing.T, state.Location)
		fine bool // the run goes on
	}{
		{"edited", func(t *testing.T, at state.Location) {
			writeFile(t, filepath.Join(at.Dir, dir, "configmap_a.yaml"), "mine\n")
		}, false},
		{"edited what goes", func(t *testing.T, at state.Location) {
			writeFile(t, filepath.Join(at.Dir, dir, "configmap_old.yaml"), "mine\n")
		}, false},
		{"deleted", func(t *testing.T, at state.Location) { rm(t, at, dir+"configmap_a.yaml") }, false},
		{"made executable", func(t *testing.T, at state.Location) {
			if err := os.Chmod(filepath.Join(at.Dir, dir, "configmap_a.yaml"), 0o755); err != nil {
				t.Fatal(err)
			}
		}, false},
		{"in the way", func(t *testing.T, at state.Location) {
			writeFile(t, filepath.Join(at.Dir, dir, "configmap_new.yaml"), "mine\n")
		}, false},
		{"directory in the way", func(t *testing.T, at state.Location) {
			writeFile(t, filepath.Join(at.Dir, dir, "configmap_new.yaml", "x"), "mine\n")
		}, false},
		{"link for a directory", func(t *testing.T, at state.Location) {
			from := filepath.Join(at.Dir, "manifests", "dev")
			to := filepath.Join(t.TempDir(), "dev")
			if err := os.Rename(from, to); err != nil {
				t.Fatal(err)
			}
			if err := os.Symlink(to, from); err != nil {
				t.Fatal(err)
			}
		}, false},
		{"link for a file", func(t *testing.T, at state.Location) {
			rm(t, at, dir+"configmap_a.yaml")
			if err := os.Symlink("configmap_old.yaml", filepath.Join(at.Dir, dir, "configmap_a.yaml")); err != nil {
				t.Fatal(err)
			}
		}, false},
		{"file for a directory", func(t *testing.T, at state.Location) {
			rm(t, at, "manifests/dev/web")
			writeFile(t, filepath.Join(at.Dir, "manifests/dev/web"), "mine\n")
		}, false},
		{"staged", func(t *testing.T, at state.Location) {
			path := filepath.Join(at.Dir, dir, "configmap_a.yaml")
			was, err := os.ReadFile(path)
			if err != nil {
				t.Fatal(err)
			}
			writeFile(t, path, "mine\n")
			git(t, at, "add", ".")
			writeFile(t, path, string(was))
		}, false},
		{"staged as deleted", func(t *testing.T, at state.Location) { git(t, at, "rm", "-q", "--cached", dir+"configmap_a.yaml") }, false},
		{"everything deleted", func(t *testing.T, at state.Location) { rm(t, at, "manifests"); rm(t, at, ".weir") }, false},
		{"index is damaged", func(t *testing.T, at state.Location) { writeFile(t, filepath.Join(at.Dir, ".git/index"), "DIRC") }, false},

		{"deleted what goes", func(t *testing.T, at state.Location) { rm(t, at, dir+"configmap_old.yaml") }, true},
		{"empty directory in the way", func(t *testing.T, at state.Location) { mkdir(t, filepath.Join(at.Dir, dir, "configmap_new.yaml", "x")) }, true},
		{"has the new content already", func(t *testing.T, at state.Location) {
			writeFile(t, filepath.Join(at.Dir, dir, "configmap_new.yaml"), string(config(t, "x", "new", "1").Bytes()))
		}, true},
		{"made executable where that means nothing", func(t *testing.T, at state.Location) {
			git(t, at, "config", "core.filemode", "false")
			if err := os.Chmod(filepath.Join(at.Dir, dir, "configmap_a.yaml"), 0o755); err != nil {
				t.Fatal(err)
			}
		}, true},
		{"index is gone", func(t *testing.T, at state.Location) { rm(t, at, ".git/index") }, true},
		{"Git wrote CRLF", func(t *testing.T, at state.Location) {
			git(t, at, "config", "core.autocrlf", "true")
			rm(t, at, "manifests")
			git(t, at, "checkout", "-q", "--", ".")
		}, true},
	}
	var all strings.Builder
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			at := place(t)
			hydrate(t, at, put(release(t, "dev/web", "1.0.0", config(t, "x", "a", "1"), config(t, "x", "old", "1"))))
			test.do(t, at)
			before := listing(t, at.Dir)
			next := put(release(t, "dev/web", "2.0.0", config(t, "x", "a", "2"), config(t, "x", "new", "1")))
			_, _, err := tryHydrate(t, at, next)
			if test.fine {
				if err != nil {
					t.Fatal(err)
				}
				sound(t, at)
				return
			}
			if err == nil {
				t.Fatal("not refused")
			}
			all.WriteString("# " + test.name + "\n" + refused(t, err) + "\n")
			// Weir's own lock file may be new; nothing else.
			after := strings.ReplaceAll(listing(t, at.Dir), ".git/weir/lock \n", "")
			same(t, "files", after, strings.ReplaceAll(before, ".git/weir/lock \n", ""))

			// The remedy is true.
			if test.name == "link for a directory" || test.name == "index is damaged" {
				return
			}
			git(t, at, "stash", "-q", "--include-untracked")
			hydrate(t, at, next)
			sound(t, at)
		})
	}
	same(t, "refusals", all.String(), golden(t, "edits.txt", []byte(all.String())))
}

// TestEditsElsewhere are left alone: a run only looks where it writes.
func TestEditsElsewhere(t *testing.T) {
	at := place(t)
	hydrate(t, at, put(release(t, "dev/web", "1", config(t, "x", "a", "1"))), put(release(t, "dev/api", "1", config(t, "x", "b", "1"))))
	writeFile(t, filepath.Join(at.Dir, "manifests/dev/api/x/configmap_b.yaml"), "mine\n")
	writeFile(t, filepath.Join(at.Dir, "notes.txt"), "mine\n")
	git(t, at, "add", "notes.txt")
	hydrate(t, at, put(release(t, "dev/web", "2", config(t, "x", "a", "2"))))
	same(t, "status", git(t, at, "status", "--porcelain"), " M manifests/dev/api/x/configmap_b.yaml\nA  notes.txt\n")
}

// TestStagedBeforeFirst is a person's own new repository with a file of theirs.
func TestStagedBeforeFirst(t *testing.T) {
	at := place(t)
	mkdir(t, at.Dir)
	git(t, at, "init", "-q", "-b", "main")
	writeFile(t, filepath.Join(at.Dir, "README.md"), "mine\n")
	git(t, at, "add", ".")
	first(t, at)
	same(t, "status", git(t, at, "status", "--porcelain"), "A  README.md\n")
}

// TestEditDuringCommit saves a file that was looked at already.
func TestEditDuringCommit(t *testing.T) {
	for _, path := range []string{"manifests/dev/web/x/configmap_a.yaml", "manifests/dev/web/x/configmap_old.yaml", "manifests/dev/web/x/configmap_new.yaml"} {
		at := place(t)
		hydrate(t, at, put(release(t, "dev/web", "1", config(t, "x", "a", "1"), config(t, "x", "old", "1"))))
		full := filepath.Join(at.Dir, filepath.FromSlash(path))
		r, head := open(t, at)
		stage := state.NewStage(head)
		put(release(t, "dev/web", "2", config(t, "x", "a", "2"), config(t, "x", "new", "1")))(t, stage)
		c, err := stage.Plan()
		if err != nil {
			t.Fatal(err)
		}
		state.Before(r, func(what, path string) {
			if what == "link" && filepath.Base(path) == "index.lock" {
				writeFile(t, full, "mine\n")
			}
		})
		_, err = r.Commit(context.Background(), c, state.Record{Message: "late\n", Who: who})
		if list, ok := diag.Refused(err); !ok || list[0].Summary != "the work tree of the state repository was edited by hand" || list[0].Subject.File != "state/prod/"+path {
			t.Errorf("%s: %v", path, err)
		}
		if data, err := os.ReadFile(full); err != nil || string(data) != "mine\n" {
			t.Errorf("%s: the edit is lost: %q %v", path, data, err)
		}
		// The branch has moved; the remedy makes the rest of it.
		git(t, at, "stash", "-q", "--include-untracked")
		hydrate(t, at, put(release(t, "dev/web", "3", config(t, "x", "a", "3"), config(t, "x", "new", "1"))))
		sound(t, at)
	}
}

// TestSomebodyElse moves the branch between the comparison and the commit.
func TestSomebodyElse(t *testing.T) {
	at := place(t)
	first(t, at)
	r, head := open(t, at)
	stage := state.NewStage(head)
	put(release(t, "dev/web", "2", config(t, "x", "a", "2")))(t, stage)
	c, err := stage.Plan()
	if err != nil {
		t.Fatal(err)
	}
	hydrate(t, at, put(release(t, "dev/web", "3", config(t, "x", "a", "3"))))
	was, is := git(t, at, "rev-parse", "HEAD~")[:12], git(t, at, "rev-parse", "HEAD")[:12]
	_, err = r.Commit(context.Background(), c, state.Record{Message: "late", Who: who})
	if err == nil {
		t.Fatal("not refused")
	}
	same(t, "refusal", refused(t, err), "state/prod: the state repository has moved on during the run\n"+
		"  Branch main was at "+was+" when the run began and is at "+is+" now: somebody else hydrated or committed.\n  Hydrate again.\n")
	sound(t, at)
}

// TestTwoFirstRuns both make the repository.
func TestTwoFirstRuns(t *testing.T) {
	at := place(t)
	r, head := open(t, at)
	stage := state.NewStage(head)
	put(release(t, "dev/web", "2", config(t, "x", "a", "2")))(t, stage)
	c, err := stage.Plan()
	if err != nil {
		t.Fatal(err)
	}
	first(t, at)
	if _, err := r.Commit(context.Background(), c, state.Record{Message: "late", Who: who}); err == nil {
		t.Fatal("not refused")
	} else if list, ok := diag.Refused(err); !ok || list[0].Summary != "the state repository has moved on during the run" {
		t.Fatal(err)
	}
	sound(t, at)
	same(t, "state", listing(t, filepath.Dir(at.Dir))[:5], "prod/")
}

// TestDamage takes an object away, or replaces it.
func TestDamage(t *testing.T) {
	for _, what := range []string{"missing", "garbage", "another object"} {
		t.Run(what, func(t *testing.T) {
			at := place(t)
			first(t, at)
			id := strings.TrimSpace(git(t, at, "rev-parse", "HEAD:.weir/dev/web.json"))
			other := strings.TrimSpace(git(t, at, "rev-parse", "HEAD:manifests/dev/web/x/configmap_a.yaml"))
			object := func(id string) string { return filepath.Join(at.Dir, ".git", "objects", id[:2], id[2:]) }
			data, err := os.ReadFile(object(other))
			if err != nil {
				t.Fatal(err)
			}
			if err := os.Remove(object(id)); err != nil {
				t.Fatal(err)
			}
			switch what {
			case "garbage":
				writeFile(t, object(id), "garbage")
			case "another object":
				writeFile(t, object(id), string(data))
			}
			_, _, err = tryHydrate(t, at, put(release(t, "dev/web", "2", config(t, "x", "a", "2"))))
			list, ok := diag.Refused(err)
			if !ok || list[0].Summary != "the blob "+id+" of the state repository cannot be read" {
				t.Fatal(err)
			}
		})
	}
}

// TestMetadataRefused changes the metadata and commits that.
func TestMetadataRefused(t *testing.T) {
	tests := []struct{ name, content string }{
		{"syntax", "{\n  \"format\": 1,\n}\n"},
		{"newer", `{"format": 2, "magic": true}`},
		{"unknown key", `{"format": 1, "magic": true}`},
		{"no format", `{}`},
		{"another release's", `{"format": 1, "environment": "dev", "release": "api", "files": []}`},
		{"a path outside", `{"format": 1, "environment": "dev", "release": "web", "files": [{"path": "README.md", "object": {"kind": "X"}}]}`},
		{"a path out of it", `{"format": 1, "environment": "dev", "release": "web", "files": [{"path": "manifests/dev/web/../api/x", "object": {"kind": "X"}}]}`},
		{"two objects", `{"format": 1, "environment": "dev", "release": "web", "files": []} {}`},
	}
	var all strings.Builder
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			at := place(t)
			first(t, at)
			writeFile(t, filepath.Join(at.Dir, ".weir/dev/web.json"), test.content)
			git(t, at, "commit", "-q", "-a", "-m", "edit")
			_, _, err := tryHydrate(t, at, put(release(t, "dev/web", "2", config(t, "x", "a", "2"))))
			if err == nil {
				t.Fatal("not refused")
			}
			all.WriteString("# " + test.name + "\n" + refused(t, err) + "\n")
		})
	}
	same(t, "refusals", all.String(), golden(t, "metadata.txt", []byte(all.String())))
}

func TestForeign(t *testing.T) {
	at := place(t)
	first(t, at)
	for _, name := range []string{
		"README.md",           // outside of what is Weir's: not foreign
		"manifests/notes.txt", //
		"manifests/dev/web/x/configmap_extra.yaml", // in a release's own directory
		"manifests/dev/other/y",                    // a release without metadata
		"hooks/dev/web/pre-install/x/b.yaml",
		".weir/dev/note.txt",
		"manifests/dev/_namespaces/namespace_y.yaml",
	} {
		writeFile(t, filepath.Join(at.Dir, filepath.FromSlash(name)), "mine\n")
	}
	git(t, at, "add", ".")
	git(t, at, "commit", "-q", "-m", "mine")
	_, head := open(t, at)
	all, err := head.Foreign()
	if err != nil {
		t.Fatal(err)
	}
	same(t, "all", strings.Join(all, "\n"), `.weir/dev/note.txt
hooks/dev/web/pre-install/x/b.yaml
manifests/dev/_namespaces/namespace_y.yaml
manifests/dev/other/y
manifests/dev/web/x/configmap_extra.yaml
manifests/notes.txt`)
	c, _ := hydrate(t, at, put(release(t, "dev/web", "2", config(t, "x", "a", "2"))))
	same(t, "come across", strings.Join(c.Foreign, "\n"), `.weir/dev/note.txt
hooks/dev/web/pre-install/x/b.yaml
manifests/dev/other/y
manifests/dev/web/x/configmap_extra.yaml
manifests/notes.txt`)
	sound(t, at)

	_, _, err = tryHydrate(t, at, put(release(t, "dev/other", "1", config(t, "y", "z", "1"))),
		put(asks(release(t, "dev/web", "3", config(t, "x", "extra", "1")), "y")), namespace("dev", "y", webNamespace))
	same(t, "in the way", refused(t, err), golden(t, "foreign.txt", []byte(refused(t, err))))

	// Removing the release leaves them.
	hydrate(t, at, remove("dev/web"))
	sound(t, at)
	same(t, "files", files(t, at), `.weir/dev/note.txt
README.md
hooks/dev/web/pre-install/x/b.yaml
manifests/dev/_namespaces/namespace_y.yaml
manifests/dev/other/y
manifests/dev/web/x/configmap_extra.yaml
manifests/notes.txt
`)
}

func TestDuplicates(t *testing.T) {
	at := place(t)
	role := object(t, "rbac.authorization.k8s.io/v1", "ClusterRole", "", "admin", "1")
	_, _, err := tryHydrate(t, at, put(release(t, "dev/a", "1", role)), put(release(t, "staging/b", "1", role)))
	same(t, "in one run", refused(t, err), `templates/clusterrole.yaml: releases dev/a and staging/b both have ClusterRole.rbac.authorization.k8s.io admin
  They go to one cluster, where an object exists once: whichever is applied last would win.
  Give one of them another name or namespace, or leave the objects out of one release. Where environments share a cluster, let the namespace name the environment: "shop-${env.name}".
  - templates/clusterrole.yaml: dev/a has it from here
`)
	hydrate(t, at, put(release(t, "dev/a", "1", role)))
	_, _, err = tryHydrate(t, at, put(release(t, "staging/b", "1", role)))
	same(t, "with a committed release", refused(t, err), `templates/clusterrole.yaml: releases dev/a and staging/b both have ClusterRole.rbac.authorization.k8s.io admin
  They go to one cluster, where an object exists once: whichever is applied last would win.
  Give one of them another name or namespace, or leave the objects out of one release. Where environments share a cluster, let the namespace name the environment: "shop-${env.name}".
  - templates/clusterrole.yaml: dev/a has it from here
`)
	hydrate(t, at, put(release(t, "staging/b", "1", role)), remove("dev/a")) // it goes from one to the other
	sound(t, at)
	_, _, err = tryHydrate(t, at, namespace("dev", "web", webNamespace), namespace("staging", "web", webNamespace+"x"))
	same(t, "Namespaces", refused(t, err), `state/prod/manifests/dev/_namespaces/namespace_web.yaml: environments dev and staging want Namespace web to be different
  They share a cluster, where the Namespace exists once.
  Let the namespace block "web" be the same for both, or give their releases different namespaces.
`)
	hydrate(t, at, namespace("dev", "web", webNamespace), namespace("staging", "web", webNamespace),
		put(asks(release(t, "dev/c", "1", config(t, "web", "c", "1")), "web")), put(asks(release(t, "staging/d", "1", config(t, "web", "d", "1")), "web")))
	_, _, err = tryHydrate(t, at, namespace("dev", "web", webNamespace+"# other\n"))
	same(t, "Namespaces, one committed", refused(t, err), `state/prod/manifests/dev/_namespaces/namespace_web.yaml: environments dev and staging want Namespace web to be different
  They share a cluster, where the Namespace exists once.
  Let the namespace block "web" be the same for both, or give their releases different namespaces.
`)
}

// first is a run that makes the repository.
func first(t *testing.T, at state.Location) {
	t.Helper()
	hydrate(t, at, put(release(t, "dev/web", "1.0.0", config(t, "x", "a", "1"))))
}

func mkdir(t *testing.T, path string) {
	t.Helper()
	if err := os.MkdirAll(path, 0o755); err != nil {
		t.Fatal(err)
	}
}

func writeFile(t *testing.T, path, content string) {
	t.Helper()
	mkdir(t, filepath.Dir(path))
	if err := os.WriteFile(path, []byte(content), 0o644); err != nil {
		t.Fatal(err)
	}
}

// listing is every file below a directory with its content.
func listing(t *testing.T, root string) string {
	t.Helper()
	var b strings.Builder
	err := filepath.WalkDir(root, func(path string, d os.DirEntry, err error) error {
		if err != nil {
			return err
		}
		rel, err := filepath.Rel(root, path)
		if err != nil || rel == "." || rel == filepath.Join(".git", "weir") {
			return err
		}
		switch {
		case d.IsDir():
			b.WriteString(rel + "/\n")
		case d.Type()&os.ModeSymlink != 0:
			target, _ := os.Readlink(path)
			b.WriteString(rel + " -> " + target + "\n")
		default:
			data, err := os.ReadFile(path)
			if err != nil {
				return err
			}
			b.WriteString(rel + " " + string(data) + "\n")
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return b.String()
}
