package kube_test

import (
	"encoding/json"
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/weir-dev/weir/engine/kube"
	"github.com/weir-dev/weir/integration/apiserver"
)

// server is asked in dry runs only, but for two objects that others need.
type server struct {
	*apiserver.Server
	resources map[string]resource // by "apps/v1 Deployment"
}

type resource struct {
	path, Name, Kind string
	Namespaced       bool
}

func newServer(t *testing.T, table *kube.Table) *server {
	t.Helper()
	s := &server{Server: apiserver.Start(t), resources: map[string]resource{}}
	var version struct{ Major, Minor string }
	s.get(t, "/version", &version)
	if got := version.Major + "." + version.Minor; got != table.Minor() {
		t.Fatalf("the server is Kubernetes %s, not %s", got, table.Minor())
	}
	for _, apiVersion := range table.APIVersions() {
		path := "/apis/" + apiVersion
		if !strings.Contains(apiVersion, "/") {
			path = "/api/" + apiVersion
		}
		var list struct{ Resources []resource }
		s.get(t, path, &list)
		for _, r := range list.Resources {
			if !strings.Contains(r.Name, "/") {
				r.path = path
				s.resources[apiVersion+" "+r.Kind] = r
			}
		}
	}
	s.do(t, http.MethodPost, "/api/v1/namespaces", []byte(`{"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": "shop"}}`))
	s.do(t, http.MethodPost, "/api/v1/namespaces/shop/serviceaccounts", []byte(`{"apiVersion": "v1", "kind": "ServiceAccount", "metadata": {"name": "web"}}`))
	return s
}

func (s *server) get(t *testing.T, path string, into any) {
	t.Helper()
	if status, body := s.do(t, http.MethodGet, path, nil); status == http.StatusOK {
		if err := json.Unmarshal(body, into); err != nil {
			t.Fatal(err)
		}
	}
}

func (s *server) do(t *testing.T, method, path string, body []byte) (int, []byte) {
	t.Helper()
	return s.Ask(t, method, path, "application/json", body)
}

// refuses creates the object in a dry run and returns why it is refused.
func (s *server) refuses(t *testing.T, r resource, object map[string]any) string {
	t.Helper()
	body, err := json.Marshal(object)
	if err != nil {
		t.Fatal(err)
	}
	path := r.path + "/" + r.Name
	if r.Namespaced {
		path = r.path + "/namespaces/shop/" + r.Name
	}
	status, answer := s.do(t, http.MethodPost, path+"?dryRun=All&fieldValidation=Strict", body)
	if status < 300 {
		return ""
	}
	var why struct{ Message string }
	if json.Unmarshal(answer, &why) != nil {
		return fmt.Sprint(status, " ", string(answer)) // of a kind that is not there yet
	}
	return fmt.Sprint(status, " ", why.Message)
}

// TestServer asks a real API server: it takes what is said to be valid, and
// refuses every mutation in which we find something, and of a custom resource no
// other: its schema tells all that servers know.
func TestServer(t *testing.T) {
	table, err := kube.For("1.37")
	if err != nil {
		t.Fatal(err)
	}
	s := newServer(t, table)
	asked := 0
	each(t, func(t *testing.T, object map[string]any) {
		id := fmt.Sprint(object["apiVersion"], " ", object["kind"])
		r, ok := s.resources[id]
		if !ok || t.Name() != "TestServer/valid.yaml" {
			return
		}
		if why := s.refuses(t, r, object); why != "" {
			t.Errorf("%s is not valid: %s", id, why)
			return
		}
		mutate(object, "", func(what string) {
			if found := table.Validate(object); found != nil {
				asked++
				if s.refuses(t, r, object) == "" {
					t.Errorf("%s%s: the server takes it, and we say: %v", id, what, found)
				}
			}
		})
	})
	t.Logf("%d mutations", asked)
}

func TestServerWithCRD(t *testing.T) {
	table, err := kube.For("1.37")
	if err != nil {
		t.Fatal(err)
	}
	s := newServer(t, table)
	objects := readObjects(t, "testdata/custom.yaml")
	crd, ok := kube.ReadCRD(objects[0])
	if !ok {
		t.Fatal("no CRD")
	}
	body, err := json.Marshal(objects[0])
	if err != nil {
		t.Fatal(err)
	}
	s.do(t, http.MethodPost, "/apis/apiextensions.k8s.io/v1/customresourcedefinitions", body)
	r, object := resource{path: "/apis/custom.example.com/v1", Name: "webs", Namespaced: true}, objects[1]
	deadline := time.Now().Add(10 * time.Second)
	for s.refuses(t, r, object) != "" {
		if time.Now().After(deadline) {
			t.Fatal(s.refuses(t, r, object))
		}
		time.Sleep(100 * time.Millisecond) // another process makes the new kind known
	}
	asked := 0
	mutate(object, "", func(what string) {
		for _, unchecked := range []string{".metadata", ".status", ".spec.template.metadata", ".spec.template.apiVersion", ".spec.template.kind"} {
			if strings.HasPrefix(what, unchecked) {
				return
			}
		}
		asked++
		why, found := s.refuses(t, r, object), crd.Validate(object)
		if (why != "") != (len(found) > 0) {
			t.Errorf("%s: we say %v, the server: %s", what, found, why)
		}
	})
	t.Logf("%d mutations", asked)
}
