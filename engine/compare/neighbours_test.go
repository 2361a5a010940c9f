package compare

import (
	"testing"

	"github.com/weir-dev/weir/engine/fetch"
	"github.com/weir-dev/weir/engine/plan"
	"github.com/weir-dev/weir/engine/values"
	"github.com/weir-dev/weir/schema"
)

// TestWording tells which objects a release may have by what it is made of.
func TestWording(t *testing.T) {
	tree, found := values.ParseYAML("values.yaml", []byte("{prefix: team, maps: {settings: {}}, extra: [{kind: Widget, namespace: apart}]}"))
	if len(found) > 0 {
		t.Fatal(found)
	}
	chart := &fetch.Chart{Name: "web", Digest: "1", Files: []fetch.File{{Data: []byte("kind: Deployment\nname: fixed-name\n")}}}
	release := &plan.Release{}
	release.Name, release.HelmName, release.Namespace, release.Values = "shop", "storefront", "dev", tree
	spoken := &spokenWords{known: map[[2]string]bool{}}
	for _, c := range []struct {
		asked want
		may   bool
	}{
		{want{kind: "Deployment"}, true},
		{want{kind: "StatefulSet"}, false},
		{want{kind: "Widget"}, true},
		{want{namespaces: []string{"dev"}}, true},
		{want{namespaces: []string{"apart"}}, true},
		{want{namespaces: []string{"other"}}, false},
		{want{namespaces: []string{""}}, true}, // of the cluster
		{want{kind: "Deployment", name: "storefront-web", namespaces: []string{"dev"}}, true},
		{want{kind: "Deployment", name: "storefront-web", namespaces: []string{"other"}}, false},
		{want{kind: "Deployment", name: "shop"}, true},
		{want{kind: "Deployment", name: "fixed-name"}, true},
		{want{kind: "Deployment", name: "team-api"}, true},
		{want{kind: "Deployment", name: "settings-file"}, true},
		{want{kind: "Deployment", name: "catalog"}, false},
		{want{kind: "Job", name: "shop"}, false},
	} {
		if may := wordingOf(release, chart, spoken).of(c.asked); may != c.may {
			t.Errorf("%+v: %v", c.asked, may)
		}
	}
	plain := &plan.Release{}
	plain.Values, plain.Manifests = tree, []schema.File{{Data: []byte("kind: ConfigMap\nmetadata: {name: a-b}\n")}}
	if w := wordingOf(plain, nil, spoken); !w.of(want{kind: "ConfigMap", name: "a-b"}) || w.of(want{kind: "Deployment"}) {
		t.Errorf("plain manifests are not read")
	}
	plain.Kustomize.Directories = []schema.Ref{{Path: "k"}}
	if !wordingOf(plain, nil, spoken).of(want{kind: "Deployment", name: "x"}) {
		t.Errorf("of a kustomization nobody can tell")
	}
}
