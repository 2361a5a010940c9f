package schema

import (
	"fmt"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/weir-dev/weir/engine/manifest"
)

// TestPolicyLevel shows which of several names decides.
func TestPolicyLevel(t *testing.T) {
	p := Policy{Levels: []Level{
		{Rule: "*", Level: "info"}, {Rule: "image/*", Level: "caution"}, {Rule: "image/m*", Level: "block"},
		{Rule: "image/major", Level: "off"}, {Rule: "rbac/{a,b}", Level: "block"},
	}}
	var got []string
	for _, rule := range []string{"image/major", "image/mutable-tag", "image/registry", "rbac/a", "rbac/c"} {
		got = append(got, rule+" "+p.Level(rule))
	}
	want := []string{"image/major off", "image/mutable-tag block", "image/registry caution", "rbac/a block", "rbac/c info"}
	if d := cmp.Diff(want, got); d != "" {
		t.Errorf("(-want +got)\n%s", d)
	}
	if got := (Policy{Levels: []Level{{Rule: "image/*", Level: "off"}}}).Level("crd/scope"); got != "" {
		t.Errorf("a rule that nothing names has level %q", got)
	}
}

// TestAcceptCovers writes what an accept block says against things that were
// found at prod-eu, in production.
func TestAcceptCovers(t *testing.T) {
	db := manifest.ID{Group: "apps", Kind: "StatefulSet", Namespace: "data", Name: "db"}
	reader := manifest.ID{Group: "rbac.authorization.k8s.io", Kind: "ClusterRole", Name: "reader"}
	const claims = "spec.volumeClaimTemplates[name=data].metadata.labels"
	for _, c := range []struct {
		block   string
		release string
		object  manifest.ID
		path    string
		want    bool
	}{
		{`release="db" object="StatefulSet data/db"`, "db", db, claims, true},
		{`release="db" object="StatefulSet data/db"`, "db", db, "", true},
		{`release="db" object="StatefulSet data/db"`, "web", db, "", false},
		{`release="db" object="StatefulSet data/db"`, "db", reader, "", false},
		{`release="db" object="StatefulSet db"`, "db", db, "", true},
		{`release="d*" object="StatefulSet */d?"`, "db", db, "", true},
		{`release="db" object="StatefulSet.apps data/db"`, "db", db, "", true},
		{`release="db" object="StatefulSet.example.com data/db"`, "db", db, "", false},
		{`release="db" object="ClusterRole reader"`, "db", reader, "rules", true},
		{`release="db" object="ClusterRole */reader"`, "db", reader, "rules", false},
		{`release="db" object="StatefulSet data/db" path="spec.volumeClaimTemplates"`, "db", db, claims, true},
		{`release="db" object="StatefulSet data/db" path="spec.volumeClaimTemplates[name=data]"`, "db", db, claims, true},
		{`release="db" object="StatefulSet data/db" path="spec.volumeClaim"`, "db", db, claims, false},
		{`release="db" object="StatefulSet data/db" path="spec.volumeClaimTemplates"`, "db", db, "", false},
		{`release="db"`, "db", db, "", false},
		{`release="db"`, "db", manifest.ID{}, "", true},
		{`object="StatefulSet data/db"`, "db", db, "", true},
		{`object="StatefulSet data/db"`, "db", manifest.ID{}, "", false},
		{``, "", manifest.ID{}, "", true},
		{``, "db", manifest.ID{}, "", false},
		{`release="*"`, "", manifest.ID{}, "", false},
		{`release="db" environments=["prod*"]`, "db", manifest.ID{}, "", true},
		{`release="db" environments=["staging"]`, "db", manifest.ID{}, "", false},
		{`release="db" clusters=["prod-us"]`, "db", manifest.ID{}, "", false},
	} {
		p, list := Load(Options{Dir: project(t, fmt.Sprintf(`
project "accept" {}
cluster "prod-eu" { kubernetes = "1.34" }
cluster "prod-us" { kubernetes = "1.34" }
environment "production" { clusters = ["prod-*"] }
environment "staging" { clusters = ["prod-*"] }
accept "a/rule" {
%s
reason = "fine"
until = "2026-12-31"
}
`, strings.ReplaceAll(strings.ReplaceAll(c.block, " object", "\nobject"), "\" ", "\"\n")))})
		if len(list) > 0 || len(p.Policy().Accepts) != 1 {
			t.Fatal(shown(t, p, list))
		}
		got := p.Policy().Accepts[0].Covers(Target{"production", "prod-eu"}, c.release, c.object, c.path)
		if got != c.want {
			t.Errorf("%s covers %q, %v, %q: %v", c.block, c.release, c.object, c.path, got)
		}
	}
}
