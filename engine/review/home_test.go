package review

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/weir-dev/weir/engine/diff"
	"github.com/weir-dev/weir/engine/manifest"
	"github.com/weir-dev/weir/engine/risk"
)

// TestNamespaces: what differs between targets in nothing but the namespace of
// the release there is one change, whatever else is called like a namespace.
func TestNamespaces(t *testing.T) {
	const account = `
apiVersion: rbac.authorization.k8s.io/v1
kind: ClusterRoleBinding
metadata:
  labels: {app: shop}
  name: reader
roleRef: {apiGroup: rbac.authorization.k8s.io, kind: ClusterRole, name: view}
subjects:
- kind: ServiceAccount
  name: {{.name}}
  namespace: {{.namespace}}
`
	const settings = `
apiVersion: v1
kind: ConfigMap
metadata:
  name: settings
  namespace: {{.namespace}}
data:
  app: shop
  level: {{or .level "info"}}
  name: {{.value}}
`
	type namespaces = map[string]string // by environment
	whole := namespaces{"dev": "shop-dev", "production": "shop"}
	tests := map[string]struct {
		before, after func(t *testing.T, namespace string) string
		want          [][]Namespace // of each change, in all
	}{
		"an image": {
			func(t *testing.T, n string) string { return fill(t, deployment, "name=web", "namespace="+n) },
			func(t *testing.T, n string) string {
				return fill(t, deployment, "name=web", "namespace="+n, "image=ghcr.io/acme/web:1.9.0")
			},
			[][]Namespace{{{"shop-dev", Where{0}}, {"shop", Where{1}}}},
		},
		"a value that is the namespace": {
			func(t *testing.T, n string) string { return fill(t, settings, "namespace="+n, "value=other") },
			func(t *testing.T, n string) string { return fill(t, settings, "namespace="+n, "value="+n) },
			[][]Namespace{{{"shop-dev", Where{0}}, {"shop", Where{1}}}},
		},
		"a value that has it": {
			func(t *testing.T, n string) string { return fill(t, settings, "namespace="+n, "value=other") },
			func(t *testing.T, n string) string { return fill(t, settings, "namespace="+n, "value=db."+n) },
			[][]Namespace{nil, nil},
		},
		"a value that is as everywhere": {
			func(t *testing.T, n string) string { return fill(t, settings, "namespace="+n, "value=other") },
			func(t *testing.T, n string) string { return fill(t, settings, "namespace="+n, "value=shop") },
			[][]Namespace{{{"shop-dev", Where{0}}, {"shop", Where{1}}}},
		},
		"an object that is called like it": {
			nil,
			func(t *testing.T, n string) string { return fill(t, settings, "namespace="+n, "value=shop") },
			[][]Namespace{{{"shop-dev", Where{0}}, {"shop", Where{1}}}},
		},
		"an object of the cluster, about the namespace": {
			func(t *testing.T, n string) string { return fill(t, account, "name=one", "namespace="+n) },
			func(t *testing.T, n string) string { return fill(t, account, "name=two", "namespace="+n) },
			[][]Namespace{nil},
		},
		"an object that goes": {
			func(t *testing.T, n string) string { return fill(t, account, "name=one", "namespace="+n) },
			nil,
			[][]Namespace{nil},
		},
		"an object elsewhere": {
			nil,
			func(t *testing.T, n string) string { return fill(t, settings, "namespace=shop", "value=x") },
			[][]Namespace{nil, nil}, // at home on one, a stranger on the other
		},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			w := &world{t: t}
			for _, environment := range []string{"dev", "production"} {
				w.target(environment, "one")
				version := func(of func(*testing.T, string) string) *diff.Version {
					if of == nil {
						return nil
					}
					v := versionOf(t, "", "", of(t, whole[environment]))
					v.Namespace = whole[environment]
					return v
				}
				w.change(len(w.targets)-1, "shop", version(test.before), version(test.after))
			}
			r := w.review()
			var got [][]Namespace
			for _, c := range r.Releases[0].Changes {
				got = append(got, c.Namespaces)
			}
			if d := cmp.Diff(test.want, got); d != "" {
				t.Errorf("(-want +got):\n%s", d)
			}
			if groups := len(r.Releases[0].Groups); groups != len(test.want) {
				t.Errorf("%d groups of %d", groups, len(test.want))
			}
		})
	}
}

// TestNamespacesOfHits: a risk is one wherever its object is in the namespace of
// its release, and meets the change of its object.
func TestNamespacesOfHits(t *testing.T) {
	w := &world{t: t}
	for i, namespace := range []string{"shop-dev", "shop-staging", "shop"} {
		w.target(namespace, "one")
		before := versionOf(t, "", "", fill(t, claim, "name=data", "namespace="+namespace))
		after := versionOf(t, "", "")
		before.Namespace, after.Namespace = namespace, namespace
		w.change(i, "web", before, after)
	}
	r := w.review()
	if len(r.Hits) != 1 || len(r.Releases[0].Changes) != 1 {
		t.Fatalf("%d hits, %d changes", len(r.Hits), len(r.Releases[0].Changes))
	}
	h, c := r.Hits[0], r.Releases[0].Changes[0]
	want := Hit{Where: Where{0, 1, 2}, Own: true, Namespaces: []Namespace{{"shop-dev", Where{0}}, {"shop-staging", Where{1}}, {"shop", Where{2}}}}
	want.Hit = risk.Hit{Rule: "removal/pvc", Level: risk.Block, Cluster: "one", Environment: "shop-dev", Release: "web", Removal: true,
		Object: manifest.ID{Kind: "PersistentVolumeClaim", Namespace: "shop-dev", Name: "data"}, Reason: h.Reason, Consequence: h.Consequence}
	if d := cmp.Diff(want, h); d != "" {
		t.Errorf("hit (-want +got):\n%s", d)
	}
	if d := cmp.Diff([]int{0}, c.Hits); d != "" {
		t.Errorf("hits of the change (-want +got):\n%s", d)
	}
}
