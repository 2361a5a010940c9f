package manifest

import (
	"fmt"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func setObject(t *testing.T, apiVersion, kind, namespace, name, hook string) Object {
	t.Helper()
	metadata := m{"name": name}
	if namespace != "" {
		metadata["namespace"] = namespace
	}
	if hook != "" {
		phases, weight, _ := strings.Cut(hook, " ")
		metadata["annotations"] = m{"helm.sh/hook": phases, "helm.sh/hook-weight": weight}
	}
	o, err := New(m{"apiVersion": apiVersion, "kind": kind, "metadata": metadata}, Source{})
	if err != nil {
		t.Fatal(err)
	}
	return o
}

func show(o Object) string {
	if o.Hook != nil {
		return fmt.Sprintf("%s %v", o.ID, o.Hook.Phases)
	}
	return o.ID.String()
}

func TestSet(t *testing.T) {
	objects := []Object{
		setObject(t, "batch/v1", "Job", "web", "migrate", "pre-install,pre-upgrade 5"),
		setObject(t, "apps/v1", "Deployment", "web", "podinfo", ""),
		setObject(t, "v1", "Service", "web", "podinfo", ""),
		setObject(t, "rbac.authorization.k8s.io/v1", "ClusterRole", "", "podinfo", ""),
		setObject(t, "v1", "Namespace", "", "web", ""),
		setObject(t, "v1", "Service", "db", "podinfo", ""),
		setObject(t, "batch/v1", "Job", "web", "migrate", "post-install"),
		setObject(t, "batch/v1", "Job", "web", "migrate", ""),
		setObject(t, "apps/v1beta1", "Deployment", "web", "podinfo", ""),
		setObject(t, "v1", "service", "web", "podinfo", ""),
		setObject(t, "batch/v1", "Job", "web", "migrate", "post-upgrade,pre-upgrade"),
		setObject(t, "v1", "Secret", "web", "z", "pre-upgrade -1"),
		setObject(t, "v1", "Secret", "web", "a", "pre-upgrade 5"),
		setObject(t, "v1", "Secret", "web", "x", "crd-install"),
	}
	set, duplicates := NewSet(objects)
	var got []string
	for o := range set.All() {
		got = append(got, show(o))
	}
	got = append(got, fmt.Sprintf("%d objects", set.Len()))
	for _, d := range duplicates {
		got = append(got, fmt.Sprintf("twice: %s, %s (%s)", show(d.First), show(d.Second), d.Phase))
	}
	for _, o := range set.Hooks("pre-upgrade") {
		got = append(got, "pre-upgrade: "+show(o))
	}
	for _, id := range []ID{{"batch", "Job", "web", "migrate"}, {"", "Secret", "web", "z"}, {"", "Secret", "db", "z"}} {
		o, ok := set.Find(id)
		got = append(got, fmt.Sprintf("find %s: %s %v", id, show(o), ok))
	}
	for o := range set.Filter(func(o Object) bool { return o.ID.Namespace == "" }).All() {
		got = append(got, "filtered: "+show(o))
	}
	want := `Namespace web
ClusterRole.rbac.authorization.k8s.io podinfo
Service db/podinfo
Secret web/a [pre-upgrade]
Secret web/x []
Secret web/z [pre-upgrade]
Service web/podinfo
Deployment.apps web/podinfo
Job.batch web/migrate
Job.batch web/migrate [post-install]
Job.batch web/migrate [pre-install pre-upgrade]
11 objects
twice: Deployment.apps web/podinfo, Deployment.apps web/podinfo ()
twice: Service web/podinfo, service web/podinfo ()
twice: Job.batch web/migrate [pre-install pre-upgrade], Job.batch web/migrate [pre-upgrade post-upgrade] (pre-upgrade)
pre-upgrade: Secret web/z [pre-upgrade]
pre-upgrade: Secret web/a [pre-upgrade]
pre-upgrade: Job.batch web/migrate [pre-install pre-upgrade]
find Job.batch web/migrate: Job.batch web/migrate true
find Secret web/z: Secret web/z [pre-upgrade] true
find Secret db/z:   false
filtered: Namespace web
filtered: ClusterRole.rbac.authorization.k8s.io podinfo`
	if diff := cmp.Diff(want, strings.Join(got, "\n")); diff != "" {
		t.Errorf("-want +got:\n%s", diff)
	}

	backwards := make([]Object, 0, len(objects))
	for _, o := range set.objects {
		backwards = append([]Object{o}, backwards...)
	}
	again, _ := NewSet(backwards)
	if set.Digest() != again.Digest() {
		t.Error("the digest depends on the order")
	}
	fewer := set.Filter(func(o Object) bool { return o.ID.Name != "a" })
	if set.Digest() == fewer.Digest() || fewer.Digest() == (Set{}).Digest() {
		t.Error("different sets have one digest")
	}
}

func TestFileName(t *testing.T) {
	long := strings.Repeat("n", 253)
	var got []string
	for _, id := range []ID{
		{"apps", "Deployment", "web", "podinfo"},
		{"", "Service", "web", "podinfo"},
		{"rbac.authorization.k8s.io", "ClusterRole", "", "system:node"},
		{"", "ConfigMap", "kube-system", "My_Config.yaml"},
		{"", "ConfigMap", "..", "../../etc/passwd"},
		{"g/h", "Ki.nd", "_cluster", ".."},
		{"", "ConfigMap", "a.b", ".hidden"},
		{"", "ConfigMap", "web", "é%~"},
		{"", "ConfigMap", long, long},
		{"", "ConfigMap", "web", long[1:]},
		{"", "", "", ""},
	} {
		got = append(got, Dir(id)+"/"+FileName(id))
	}
	want := `web/deployment.apps_podinfo.yaml
web/service_podinfo.yaml
_cluster/clusterrole.rbac.authorization.k8s.io_system%3Anode.yaml
kube-system/configmap_%4Dy%5F%43onfig.yaml.yaml
%2E%2E/configmap_..%2F..%2Fetc%2Fpasswd.yaml
%5Fcluster/ki%2End.g%2Fh_...yaml
a%2Eb/configmap_.hidden.yaml
web/configmap_%C3%A9%25%7E.yaml
nnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnn~1f2036e55e5c/configmap_nnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnn~47051bc4f7db.yaml
web/configmap_nnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnn~2733581216c9.yaml
_cluster/_.yaml`
	if diff := cmp.Diff(want, strings.Join(got, "\n")); diff != "" {
		t.Errorf("-want +got:\n%s", diff)
	}
}

// FuzzFileName takes two identities: their paths are safe, and the same only
// where the identities are, but for the case of the kind.
func FuzzFileName(f *testing.F) {
	f.Add("", "ConfigMap", "web", "a", "a", "ConfigMap", "web", "a")
	f.Add("a", "A", "", "a", "", "a.A", "_cluster", "A")
	f.Add("", "A", "", strings.Repeat("a", 300), "", "A", "", strings.Repeat("a", 301))
	f.Fuzz(func(t *testing.T, group1, kind1, namespace1, name1, group2, kind2, namespace2, name2 string) {
		a, b := ID{group1, kind1, namespace1, name1}, ID{group2, kind2, namespace2, name2}
		pathA, pathB := Dir(a)+"/"+FileName(a), Dir(b)+"/"+FileName(b)
		for _, path := range []string{pathA, pathB} {
			dir, file, _ := strings.Cut(path, "/")
			if dir == "" || strings.ContainsAny(dir, "./\\\x00") || strings.ContainsAny(file, "/\\\x00") || file[0] == '.' || len(dir) > 255 || len(file) > 255 || strings.ContainsFunc(path, func(r rune) bool { return r > '~' || r <= ' ' }) {
				t.Errorf("unsafe path %q", path)
			}
		}
		a.Kind, b.Kind = lower(a.Kind), lower(b.Kind)
		if same := strings.EqualFold(pathA, pathB); same != (a == b) {
			t.Errorf("%q and %q: paths %q and %q", a, b, pathA, pathB)
		}
	})
}
