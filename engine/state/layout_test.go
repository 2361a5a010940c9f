package state_test

import (
	"errors"
	"io/fs"
	"strings"
	"testing"

	"github.com/weir-dev/weir/engine/manifest"
	"github.com/weir-dev/weir/engine/state"
)

func TestPaths(t *testing.T) {
	k := key("production/web")
	for got, want := range map[string]string{
		state.ObjectPath(k, manifest.ID{Group: "apps", Kind: "Deployment", Namespace: "web", Name: "podinfo"}):                         "manifests/production/web/web/deployment.apps_podinfo.yaml",
		state.ObjectPath(k, manifest.ID{Kind: "Namespace", Name: "web"}):                                                               "manifests/production/web/_cluster/namespace_web.yaml",
		state.ObjectPath(k, manifest.ID{Kind: "ConfigMap", Namespace: "../..", Name: "a/b"}):                                           "manifests/production/web/%2E%2E%2F%2E%2E/configmap_a%2Fb.yaml",
		state.ObjectPath(k, manifest.ID{Kind: "ConfigMap", Namespace: "_cluster", Name: "a"}):                                          "manifests/production/web/%5Fcluster/configmap_a.yaml",
		state.ObjectPath(k, manifest.ID{Kind: "ConfigMap", Namespace: ".git", Name: "a"}):                                              "manifests/production/web/%2Egit/configmap_a.yaml",
		state.HookPath(k, "pre-install", manifest.ID{Group: "batch", Kind: "Job", Namespace: "web", Name: "migrate"}):                  "hooks/production/web/pre-install/web/job.batch_migrate.yaml",
		state.HookPath(k, "pre-install", manifest.ID{Group: "rbac.authorization.k8s.io", Kind: "ClusterRole", Name: "system:migrate"}): "hooks/production/web/pre-install/_cluster/clusterrole.rbac.authorization.k8s.io_system%3Amigrate.yaml",
		state.NamespacePath("production", "web"):                                                                                       "manifests/production/_namespaces/namespace_web.yaml",
		state.MetadataPath(k):                                                                                                          ".weir/production/web.json",
	} {
		same(t, want, got, want)
	}
}

func TestLayoutRefuses(t *testing.T) {
	_, err := state.Layout(key("dev/web"), []manifest.Object{config(t, "x", "a", "1"), config(t, "x", "b", "1"), config(t, "x", "a", "2")}, state.Metadata{})
	same(t, "twice", refused(t, err), "templates/configmap.yaml: release dev/web has ConfigMap x/a twice\n"+
		"  Both would be written to manifests/dev/web/x/configmap_a.yaml.\n"+
		"  Give one of them another name or namespace, or leave one out.\n"+
		"  - templates/configmap.yaml: the other one comes from here\n")
	for _, k := range []string{"dev/", "/web", "Dev/web", "dev/web.x", "dev/_web", "../web", "dev/" + strings.Repeat("a", 64), "dev/-a"} {
		if _, err := state.Layout(key(k), nil, state.Metadata{}); err == nil {
			t.Errorf("%q is accepted", k)
		}
	}
	if _, err := state.Layout(key("dev/web"), []manifest.Object{hook(config(t, "x", "a", "1"), "../x")}, state.Metadata{}); err == nil {
		t.Error("a phase that is a path is accepted")
	}
}

func TestSnapshot(t *testing.T) {
	at := place(t)
	_, empty := open(t, at)
	keys, err := empty.Keys()
	if err != nil || keys != nil || empty.Commit() != "" {
		t.Errorf("before the first commit: %v %v", keys, err)
	}
	web := asks(release(t, "dev/web", "1", config(t, "web", "a", "1"), hook(config(t, "web", "h", "1"), "pre-install")), "web")
	_, result := hydrate(t, at, put(web), put(release(t, "staging/api", "1", config(t, "api", "b", "1"))), namespace("dev", "web", webNamespace))
	_, head := open(t, at)
	same(t, "commit", head.Commit(), result.New)
	keys, err = head.Keys()
	if err != nil {
		t.Fatal(err)
	}
	same(t, "keys", keys, []state.Key{{Environment: "dev", Release: "web"}, {Environment: "staging", Release: "api"}})
	metadata, err := head.Metadata(key("dev/web"))
	if err != nil {
		t.Fatal(err)
	}
	same(t, "metadata", *metadata, web.Metadata)
	none, err := head.Metadata(key("dev/api"))
	if err != nil || none != nil {
		t.Errorf("metadata of no release: %v %v", none, err)
	}
	print, err := head.Fingerprint(key("dev/api"))
	if err != nil || print != (state.Fingerprint{}) {
		t.Errorf("fingerprint of no release: %v %v", print, err)
	}
	blobs, err := head.Files(key("dev/web"))
	if err != nil {
		t.Fatal(err)
	}
	for _, f := range web.Files {
		data, err := head.Blob(blobs[f.Path])
		if err != nil {
			t.Fatal(err)
		}
		same(t, f.Path, string(data), string(f.Data))
		delete(blobs, f.Path)
	}
	same(t, "further files", blobs, map[string]state.Hash{})
	kept, err := head.Namespaces("dev")
	if err != nil || len(kept) != 1 || kept["manifests/dev/_namespaces/namespace_web.yaml"] == "" {
		t.Errorf("namespaces: %v %v", kept, err)
	}
	for _, path := range []string{"", "manifests", "manifests/dev/web", "none", "manifests/dev/web/web/configmap_a.yaml/x", ".weir/dev/web.json/"} {
		if _, err := head.Read(path); !errors.Is(err, fs.ErrNotExist) {
			t.Errorf("read %q: %v", path, err)
		}
	}
}
