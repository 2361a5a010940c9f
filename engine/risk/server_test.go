package risk

import (
	"encoding/json"
	"net/http"
	"path/filepath"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/rogpeppe/go-internal/txtar"

	"github.com/weir-dev/weir/engine/diff"
	"github.com/weir-dev/weir/engine/manifest"
	"github.com/weir-dev/weir/integration/apiserver"
)

// elsewhere are the cases of which an API server alone is no judge.
var elsewhere = map[string]string{
	"immutable/pvc/near it grows":                        "only a bound claim grows, and nothing binds here",
	"storage/shrink/near it grows":                       "only a bound claim grows, and nothing binds here",
	"immutable/service/no longer headless":               "nothing is refused: the server keeps None",
	"immutable/statefulset/an older Kubernetes":          "the server is a newer one",
	"immutable/secret-type/near the default":             "the type is the server's own default, and kept",
	"api/refused/near it was so before":                  "the server has never had it",
	"immutable/job/near a hook of Argo CD":               "Argo CD deletes it first",
	"immutable/job/near a hook of Argo CD with a policy": "Argo CD deletes it first",
	"immutable/job/near forced by Argo CD":               "Argo CD deletes it first",
	"immutable/job/near forced by Flux":                  "Flux deletes it first",
	"crd/version-dropped/served":                         "nothing is stored in it, so that the server lets it go; what uses it fails",
}

// TestServer asks an API server about every case of what one refuses: what fires
// is refused, and a near miss is not.
func TestServer(t *testing.T) {
	s := newServer(t)
	files, err := filepath.Glob("testdata/immutable/*.txtar")
	if err != nil || len(files) == 0 {
		t.Fatal(files, err)
	}
	for _, file := range append(files, "testdata/storage/shrink.txtar", "testdata/crd/version-dropped.txtar", "testdata/api/refused.txtar") {
		rule := strings.TrimSuffix(strings.TrimPrefix(file, "testdata/"), ".txtar")
		archive, err := txtar.ParseFile(file)
		if err != nil {
			t.Fatal(err)
		}
		for _, c := range casesOf(t, archive) {
			name := rule + "/" + c.name
			if elsewhere[name] != "" {
				continue
			}
			hits := slices.DeleteFunc(Check(c.cluster), func(h Hit) bool { return h.Rule != rule })
			for _, r := range c.cluster.Releases {
				for _, change := range r.Changes {
					if change.Status != manifest.Changed || change.Hook() || change.Rename != diff.NoRename {
						continue
					}
					expected := slices.ContainsFunc(hits, func(h Hit) bool { return h.Object == change.After.ID })
					if refused, said := s.refuses(change.Before, change.After); refused != expected {
						t.Errorf("%s: refused: %v, hits %v\n%s", name, refused, hits, said)
					}
				}
			}
		}
	}
}

// TestServerTemplates asks the server which pod templates are the same: it makes
// all of them whole before it compares, and pods are replaced for those alone
// that differ then.
func TestServerTemplates(t *testing.T) {
	s := newServer(t)
	archive, err := txtar.ParseFile("testdata/restarts.txtar")
	if err != nil {
		t.Fatal(err)
	}
	asked := 0
	for _, c := range casesOf(t, archive) {
		for _, o := range newRelease(nil, &c.cluster.Releases[0]).objects {
			if o.Status != manifest.Changed || !is(o.id, "apps", "Deployment", "StatefulSet", "DaemonSet", "ReplicaSet") || o.renamed() {
				continue
			}
			asked++
			at := s.path(o.Before)
			var templates [2]struct{ Spec struct{ Template any } }
			for i, object := range []manifest.Object{o.Before, o.After} {
				status, said := s.ask("PATCH", at+"?fieldManager=weir&force=true", object.Bytes())
				if status >= 300 {
					t.Fatalf("%s: %s", c.name, said)
				}
				if err := json.Unmarshal(said, &templates[i]); err != nil {
					t.Fatal(err)
				}
			}
			s.remove(at)
			if differ, why := !reflect.DeepEqual(templates[0], templates[1]), o.why(nil); differ != (len(why) > 0) {
				t.Errorf("%s: the server's templates differ: %v, ours: %v", c.name, differ, why)
			}
		}
	}
	if asked < 10 {
		t.Errorf("only %d were asked about", asked)
	}
}

type server struct {
	*apiserver.Server
	t      *testing.T
	plural map[string]string // path of objects by apiVersion and kind, with %s for the namespace
}

func newServer(t *testing.T) *server {
	s := &server{Server: apiserver.Start(t), t: t, plural: map[string]string{}}
	for _, namespace := range []string{"web", "shop"} {
		s.ask("POST", "/api/v1/namespaces", []byte(`{"apiVersion":"v1","kind":"Namespace","metadata":{"name":"`+namespace+`"}}`))
		s.ask("POST", "/api/v1/namespaces/"+namespace+"/serviceaccounts", []byte(`{"apiVersion":"v1","kind":"ServiceAccount","metadata":{"name":"default"}}`)) // no controller makes it
	}
	return s
}

// refuses applies one object, and the other one in a dry run.
func (s *server) refuses(before, after manifest.Object) (bool, string) {
	const apply = "?fieldManager=weir&force=true"
	at := s.path(before)
	status, said := s.ask("PATCH", at+apply, before.Bytes())
	if status >= 300 {
		s.t.Errorf("%v cannot be applied: %s", before.ID, said)
		return false, ""
	}
	if before.ID.Kind == "CustomResourceDefinition" { // names are fixed once they are accepted
		for try := 0; try < 500 && !s.established(at); try++ {
			time.Sleep(20 * time.Millisecond)
		}
	}
	status, said = s.ask("PATCH", s.path(after)+apply+"&dryRun=All", after.Bytes())
	s.remove(at)
	return status >= 300, string(said)
}

// remove deletes an object and waits until it is gone.
func (s *server) remove(at string) {
	s.ask("MERGE", at, []byte(`{"metadata":{"finalizers":null}}`))
	s.ask("DELETE", at+"?propagationPolicy=Background", nil)
	for range 500 {
		if gone, _ := s.ask("GET", at, nil); gone == http.StatusNotFound {
			return
		}
		time.Sleep(20 * time.Millisecond)
	}
	s.t.Fatalf("%s does not go", at)
}

func (s *server) established(at string) bool {
	_, said := s.ask("GET", at, nil)
	var crd struct {
		Status struct {
			Conditions []struct{ Type, Status string }
		}
	}
	if err := json.Unmarshal(said, &crd); err != nil {
		s.t.Fatal(err)
	}
	for _, c := range crd.Status.Conditions {
		if c.Type == "Established" && c.Status == "True" {
			return true
		}
	}
	return false
}

// path is where an object is.
func (s *server) path(o manifest.Object) string {
	key := o.APIVersion + " " + o.ID.Kind
	if s.plural[key] == "" {
		root := "/apis/" + o.APIVersion
		if o.ID.Group == "" {
			root = "/api/" + o.APIVersion
		}
		_, said := s.ask("GET", root, nil)
		var list struct {
			Resources []struct {
				Name, Kind string
				Namespaced bool
			}
		}
		if err := json.Unmarshal(said, &list); err != nil {
			s.t.Fatal(err)
		}
		for _, r := range list.Resources {
			if r.Kind == o.ID.Kind && !strings.Contains(r.Name, "/") {
				s.plural[key] = root + "/" + r.Name + "/"
				if r.Namespaced {
					s.plural[key] = root + "/namespaces/%s/" + r.Name + "/"
				}
			}
		}
		if s.plural[key] == "" {
			s.t.Fatalf("the server has no %s", key)
		}
	}
	return strings.ReplaceAll(s.plural[key], "%s", o.ID.Namespace) + o.ID.Name
}

func (s *server) ask(method, path string, body []byte) (int, []byte) {
	content := "application/json"
	switch method {
	case "PATCH":
		content = "application/apply-patch+yaml"
	case "MERGE":
		method, content = "PATCH", "application/merge-patch+json"
	}
	return s.Ask(s.t, method, path, content, body)
}
