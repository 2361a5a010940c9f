package state_test

import (
	"fmt"
	"maps"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/weir-dev/weir/engine/manifest"
	"github.com/weir-dev/weir/engine/state"
)

// hook makes a hook of an object.
func hook(o manifest.Object, phases ...string) manifest.Object {
	o.Hook = &manifest.Hook{Phases: phases, Weight: 5, DeletePolicies: []string{"before-hook-creation"}}
	return o
}

// files is the last commit's listing and messages its log, newest first.
func files(t *testing.T, at state.Location) string {
	t.Helper()
	return git(t, at, "ls-tree", "-r", "--name-only", "HEAD")
}

func message(t *testing.T, at state.Location) string {
	t.Helper()
	return git(t, at, "log", "-1", "--format=%B")
}

const webNamespace = "apiVersion: v1\nkind: Namespace\nmetadata:\n  name: web\n"

func TestFirstCommit(t *testing.T) {
	at := place(t)
	staging := release(t, "staging/web", "1.0.0", config(t, "web-staging", "settings", "a"))
	_, result := hydrate(t, at,
		put(asks(release(t, "dev/web", "1.0.0",
			config(t, "web", "settings", "a"),
			object(t, "rbac.authorization.k8s.io/v1", "ClusterRole", "", "system:web", "b"),
			hook(object(t, "batch/v1", "Job", "web", "migrate", "c"), "pre-install", "pre-upgrade"),
			hook(object(t, "batch/v1", "Job", "other", "migrate", "c"), "pre-install"),
		), "web")),
		put(staging),
		namespace("dev", "web", webNamespace),
	)
	sound(t, at)
	same(t, "tree", git(t, at, "ls-tree", "-r", "HEAD"), `100644 blob e909b91e7d7e86180fbb51cfe11e68e69d58334d	.weir/dev/web.json
100644 blob b99c89af5374d3d5e60c215bd3e3d0d1554c7382	.weir/staging/web.json
100644 blob f2969dbb2fdef1b8f725f73df480005429ef6678	hooks/dev/web/pre-install/other/job.batch_migrate.yaml
100644 blob a93065e0817e15d2aae02bbab92753e05c89fbe4	hooks/dev/web/pre-install/web/job.batch_migrate.yaml
100644 blob a93065e0817e15d2aae02bbab92753e05c89fbe4	hooks/dev/web/pre-upgrade/web/job.batch_migrate.yaml
100644 blob 07d6f3fbfeaeb5ccd20ac5a80f1c23b6ec477180	manifests/dev/_namespaces/namespace_web.yaml
100644 blob cbb517442f1bc7aac890c98810f2f6b789738aac	manifests/dev/web/_cluster/clusterrole.rbac.authorization.k8s.io_system%3Aweb.yaml
100644 blob 44ee9259e8beba2d89beeb4863fa711e08687457	manifests/dev/web/web/configmap_settings.yaml
100644 blob 8eab153e8991f8175d3ebae33f7c0f69ca02bf9b	manifests/staging/web/web-staging/configmap_settings.yaml
`)
	same(t, "log", git(t, at, "log", "--format=raw"), `commit 4ae1a2635bb58ab7802ba8994e8b96f207b8071d
tree 9e57a82116b7f3527262cd1cc9389ae2db2d44e4
author Ada <ada@example.com> 1767225600 +0000
committer CI <ci@example.com> 1767225660 +0000

    hydrate(dev,staging): web created
    
    dev/web: created, app 1.0.0; objects: 5 created
    staging/web: created, app 1.0.0; objects: 1 created
    dev: Namespace web created
    
    Hydrated-From: https://git.example/shop@c0ffee
    Hydrated-By: weir/1.2.3
    Hydrated-Release: dev/web created app@1.0.0
    Hydrated-Release: staging/web created app@1.0.0
`)
	same(t, "reflog", git(t, at, "reflog", "--format=%gs"), "weir: hydrate(dev,staging): web created\n")
	same(t, "result", result, state.Result{New: state.Hash(git(t, at, "rev-parse", "HEAD")[:40])})
	metadata, err := os.ReadFile(filepath.Join(at.Dir, ".weir", "dev", "web.json"))
	if err != nil {
		t.Fatal(err)
	}
	same(t, "metadata", string(metadata), golden(t, "metadata.json", metadata))

	c, again := hydrate(t, at, put(staging))
	if !c.Empty() {
		t.Error("a second run changes something")
	}
	same(t, "result of a second run", again, state.Result{Old: result.New, New: result.New})
	sound(t, at)
}

// TestPack has more objects than become files of their own.
func TestPack(t *testing.T) {
	at := place(t)
	releases := many(t, 30)
	var wants []want
	for _, r := range releases {
		wants = append(wants, put(r))
	}
	hydrate(t, at, wants...)
	sound(t, at)
	if out := git(t, at, "count-objects", "-v"); !strings.Contains(out, "count: 0\n") || !strings.Contains(out, "packs: 1\n") {
		t.Errorf("not one pack:\n%s", out)
	}
	_, head := open(t, at)
	for _, r := range releases {
		got, err := head.Fingerprint(r.Key)
		if err != nil {
			t.Fatal(err)
		}
		same(t, r.Key.String(), got, state.FingerprintOf(r))
		for _, f := range r.Files {
			data, err := head.Read(f.Path)
			if err != nil {
				t.Fatal(err)
			}
			same(t, f.Path, string(data), string(f.Data))
		}
	}
}

func TestChange(t *testing.T) {
	at := place(t)
	hydrate(t, at,
		put(release(t, "dev/a", "1.0.0", config(t, "x", "stays", "1"), config(t, "x", "changes", "1"), config(t, "x", "goes", "1"))),
		put(release(t, "dev/b", "1.0.0", config(t, "x", "b", "1"))),
		put(release(t, "dev/gone", "1.0.0", config(t, "x", "c", "1"))),
		put(release(t, "prod/a", "1.0.0", config(t, "y", "d", "1"))),
	)
	c, _ := hydrate(t, at,
		put(release(t, "dev/a", "1.1.0", config(t, "x", "stays", "1"), config(t, "x", "changes", "2"), config(t, "x", "comes", "1"))),
		put(release(t, "dev/b", "1.0.0", config(t, "x", "b", "1"))),
		remove("dev/gone"), remove("dev/never"),
	)
	sound(t, at)
	same(t, "files", files(t, at), `.weir/dev/a.json
.weir/dev/b.json
.weir/prod/a.json
manifests/dev/a/x/configmap_changes.yaml
manifests/dev/a/x/configmap_comes.yaml
manifests/dev/a/x/configmap_stays.yaml
manifests/dev/b/x/configmap_b.yaml
manifests/prod/a/y/configmap_d.yaml
`)
	same(t, "message", message(t, at), `hydrate(dev): a changed, gone removed

dev/a: changed, app 1.0.0→1.1.0; objects: 1 created, 1 changed, 1 removed, 1 unchanged
dev/gone: removed, app 1.0.0; objects: 1 removed

Hydrated-From: https://git.example/shop@c0ffee
Hydrated-By: weir/1.2.3
Hydrated-Release: dev/a changed app@1.1.0
Hydrated-Release: dev/gone removed

`)
	same(t, "changes", brief(c), `dev/a changed {"created":1,"changed":1,"unchanged":1,"removed":1}
  changed manifests/dev/a/x/configmap_changes.yaml
  created manifests/dev/a/x/configmap_comes.yaml
  removed manifests/dev/a/x/configmap_goes.yaml
dev/b unchanged {"created":0,"changed":0,"unchanged":1,"removed":0}
dev/gone removed {"created":0,"changed":0,"unchanged":0,"removed":1}
  removed manifests/dev/gone/x/configmap_c.yaml
`)
}

func TestMove(t *testing.T) {
	at := place(t)
	hydrate(t, at, put(release(t, "dev/web", "1.0.0", config(t, "x", "stays", "1"), config(t, "x", "changes", "1"), config(t, "x", "goes", "1"),
		hook(config(t, "x", "hook", "1"), "pre-install"))))
	c, _ := hydrate(t, at, move("dev/web", "dev/podinfo"), move("dev/absent", "dev/podinfo2"),
		put(release(t, "dev/podinfo2", "1.0.0", config(t, "z", "other", "1"))),
		put(release(t, "dev/podinfo", "1.0.0", config(t, "x", "stays", "1"), config(t, "x", "changes", "2"),
			hook(config(t, "x", "hook", "1"), "pre-install"))))
	sound(t, at)
	same(t, "files", files(t, at), `.weir/dev/podinfo.json
.weir/dev/podinfo2.json
hooks/dev/podinfo/pre-install/x/configmap_hook.yaml
manifests/dev/podinfo/x/configmap_changes.yaml
manifests/dev/podinfo/x/configmap_stays.yaml
manifests/dev/podinfo2/z/configmap_other.yaml
`)
	same(t, "message", message(t, at), `hydrate(dev): podinfo2 created, podinfo changed

dev/podinfo: moved from dev/web, app 1.0.0; objects: 1 changed, 1 removed, 2 unchanged
dev/podinfo2: created, app 1.0.0; objects: 1 created

Hydrated-From: https://git.example/shop@c0ffee
Hydrated-By: weir/1.2.3
Hydrated-Release: dev/podinfo changed app@1.0.0
Hydrated-Release: dev/podinfo2 created app@1.0.0

`)
	same(t, "changes", brief(c), `dev/podinfo changed {"created":0,"changed":1,"unchanged":2,"removed":1}
  changed manifests/dev/podinfo/x/configmap_changes.yaml was manifests/dev/web/x/configmap_changes.yaml
  removed manifests/dev/web/x/configmap_goes.yaml
dev/podinfo2 created {"created":1,"changed":0,"unchanged":0,"removed":0}
  created manifests/dev/podinfo2/z/configmap_other.yaml
`)
	same(t, "renames", git(t, at, "diff", "--name-status", "-M100%", "HEAD~", "HEAD", "--", "manifests/dev/podinfo", "manifests/dev/web"), `A	manifests/dev/podinfo/x/configmap_changes.yaml
R100	manifests/dev/web/x/configmap_stays.yaml	manifests/dev/podinfo/x/configmap_stays.yaml
D	manifests/dev/web/x/configmap_changes.yaml
D	manifests/dev/web/x/configmap_goes.yaml
`)

	// The moved block may stay for ever.
	again, _ := hydrate(t, at, move("dev/web", "dev/podinfo"), func(_ *testing.T, s *state.Stage) { s.Keep(key("dev/podinfo"), 3) })
	if !again.Empty() {
		t.Error("moving again changes something")
	}
}

// TestMoveToKept has both names in the state and the new one unchanged.
func TestMoveToKept(t *testing.T) {
	at := place(t)
	hydrate(t, at, put(release(t, "dev/web", "1", config(t, "x", "a", "1"))), put(release(t, "dev/podinfo", "1", config(t, "x", "b", "1"))))
	c, _ := hydrate(t, at, move("dev/web", "dev/podinfo"), put(release(t, "dev/podinfo", "1", config(t, "x", "b", "1"))))
	sound(t, at)
	same(t, "files", files(t, at), ".weir/dev/podinfo.json\nmanifests/dev/podinfo/x/configmap_b.yaml\n")
	same(t, "changes", brief(c), "dev/podinfo changed {\"created\":0,\"changed\":0,\"unchanged\":1,\"removed\":1}\n  removed manifests/dev/web/x/configmap_a.yaml\n")
}

// TestPathDoesNotMatter goes to a state in many partial runs and in one: the
// trees are the same.
func TestPathDoesNotMatter(t *testing.T) {
	random := rand.New(rand.NewPCG(1, 2))
	at := place(t)
	now := map[string]state.Release{}
	for range 12 {
		var wants []want
		for i := range 6 {
			k := fmt.Sprintf("env-%d/release-%d", i%2, i)
			switch random.IntN(4) {
			case 0: // not selected
			case 1:
				wants = append(wants, remove(k))
				delete(now, k)
			default:
				var objects []manifest.Object
				for j := range 5 {
					if random.IntN(3) > 0 {
						o := config(t, fmt.Sprintf("ns-%d-%d", i, j%2), fmt.Sprintf("object-%d", j), strconv.Itoa(random.IntN(2)))
						if j == 4 {
							o = hook(o, "pre-install", "post-install")
						}
						objects = append(objects, o)
					}
				}
				now[k] = release(t, k, strconv.Itoa(random.IntN(2)), objects...)
				wants = append(wants, put(now[k]))
			}
		}
		hydrate(t, at, wants...)
		sound(t, at)
		var all []want
		for _, k := range slices.Sorted(maps.Keys(now)) {
			all = append(all, put(now[k]))
		}
		fresh := place(t)
		hydrate(t, fresh, all...)
		same(t, "tree", git(t, at, "rev-parse", "HEAD^{tree}"), git(t, fresh, "rev-parse", "HEAD^{tree}"))
	}
}

func TestLastReleaseGoes(t *testing.T) {
	at := place(t)
	hydrate(t, at, put(release(t, "dev/web", "1.0.0", config(t, "x", "a", "1"))))
	hydrate(t, at, remove("dev/web"))
	sound(t, at)
	same(t, "files", files(t, at), "")
	if c, _ := hydrate(t, at, remove("dev/web")); !c.Empty() {
		t.Error("removing again changes something")
	}
	hydrate(t, at, put(release(t, "dev/web", "1.0.0", config(t, "x", "a", "1"))))
	sound(t, at)
	same(t, "files", files(t, at), ".weir/dev/web.json\nmanifests/dev/web/x/configmap_a.yaml\n")
}

func TestNamespaces(t *testing.T) {
	web := func(version string) state.Release {
		return release(t, "dev/web", version, config(t, "web", "a", "1"))
	}
	api := release(t, "dev/api", "1.0.0", config(t, "web", "b", "1"))
	brings := release(t, "dev/base", "1.0.0", object(t, "v1", "Namespace", "", "web", "own"))
	const path = "manifests/dev/_namespaces/namespace_web.yaml"
	steps := []struct {
		name  string
		wants []want
		kept  bool // whether path is there afterwards
	}{
		{"two releases ask", []want{put(asks(web("1"), "web")), put(asks(api, "web")), namespace("dev", "web", webNamespace)}, true},
		{"one of them asks no more", []want{put(web("2"))}, true},
		{"the other one goes", []want{remove("dev/api")}, false},
		{"one asks again", []want{put(asks(web("3"), "web")), namespace("dev", "web", webNamespace)}, true},
		{"a release brings it", []want{put(brings)}, false},
		{"asking does not help", []want{put(asks(web("4"), "web")), namespace("dev", "web", webNamespace)}, false},
		{"the release goes", []want{remove("dev/base"), namespace("dev", "web", webNamespace)}, true},
	}
	at := place(t)
	for _, step := range steps {
		hydrate(t, at, step.wants...)
		sound(t, at)
		_, err := os.Stat(filepath.Join(at.Dir, filepath.FromSlash(path)))
		if kept := err == nil; kept != step.kept {
			t.Errorf("%s: the Namespace is kept: %v", step.name, kept)
		}
	}
}

// brief is a change as text.
func brief(c *state.Change) string {
	text := ""
	for _, r := range c.Releases {
		text += r.Key.String() + " " + string(r.Status) + " " + jsonOf(r.Counts) + "\n"
		for _, o := range r.Objects {
			text += "  " + string(o.Status) + " " + o.Path
			if o.OldPath != "" {
				text += " was " + o.OldPath
			}
			text += "\n"
		}
	}
	for _, o := range c.Namespaces {
		text += string(o.Status) + " " + o.Path + "\n"
	}
	for _, path := range c.Foreign {
		text += "foreign " + path + "\n"
	}
	return text
}
