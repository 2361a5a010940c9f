package risk

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/weir-dev/weir/engine/diff"
	"github.com/weir-dev/weir/engine/manifest"
)

// listening notes what others are asked.
type listening struct {
	others
	asked []string
}

func (l *listening) Owners(ids []manifest.ID) map[manifest.ID][]Owner {
	l.asked = append(l.asked, fmt.Sprint("owners ", ids))
	return l.others.Owners(ids)
}

func (l *listening) In(namespace string) map[Owner]int {
	l.asked = append(l.asked, "in "+namespace)
	return l.others.In(namespace)
}

func (l *listening) Objects(group, kind string, namespaces ...string) []Owned {
	l.asked = append(l.asked, fmt.Sprint(kind, namespaces))
	return l.others.Objects(group, kind, namespaces...)
}

func (l *listening) Definition(group, kind string) (manifest.Object, bool) {
	l.asked = append(l.asked, "definition of "+kind+"."+group)
	return l.others.Definition(group, kind)
}

// TestAsked shows what the other releases of a cluster are asked for a change, as
// every answer may mean to render some.
func TestAsked(t *testing.T) {
	deployment := func(image string, replicas int) string {
		return fmt.Sprintf("---\napiVersion: apps/v1\nkind: Deployment\nmetadata: {name: api, namespace: web}\nspec: {replicas: %d, selector: {matchLabels: {app: api}}, template: {metadata: {labels: {app: api}}, spec: {containers: [{name: c, image: \"i:%s\"}]}}}\n", replicas, image)
	}
	const (
		config  = "---\napiVersion: v1\nkind: ConfigMap\nmetadata: {name: api, namespace: web}\n"
		hashed  = "---\napiVersion: v1\nkind: ConfigMap\nmetadata: {name: c-2f8h6k4m2t, namespace: web}\ndata: {a: one}\n"
		again   = "---\napiVersion: v1\nkind: ConfigMap\nmetadata: {name: c-5g7h9k4m2t, namespace: web}\ndata: {a: two}\n"
		budget  = "---\napiVersion: policy/v1\nkind: PodDisruptionBudget\nmetadata: {name: api, namespace: web}\nspec: {minAvailable: 1, selector: {matchLabels: {app: api}}}\n"
		labels  = "---\napiVersion: policy/v1\nkind: PodDisruptionBudget\nmetadata: {name: api, namespace: web, labels: {a: b}}\nspec: {minAvailable: 1, selector: {matchLabels: {app: api}}}\n"
		service = "---\napiVersion: v1\nkind: Service\nmetadata: {name: api, namespace: web}\nspec: {selector: {app: api}, ports: [{port: 80}]}\n"
		another = "---\napiVersion: v1\nkind: Service\nmetadata: {name: api, namespace: web}\nspec: {selector: {app: api}, ports: [{port: 81}]}\n"
		nothing = ""
	)
	reader := strings.Replace(deployment("1", 3), "name: c", "envFrom: [{configMapRef: {name: api}}], name: c", 1)
	routes := []string{"Ingress[web]", "HTTPRoute[web]", "GRPCRoute[web]", "TLSRoute[web]", "TCPRoute[web]", "UDPRoute[web]", "VirtualService[web]"}
	proxies := []string{"IngressRoute[web]", "IngressRouteTCP[web]", "IngressRouteUDP[web]", "HTTPProxy[web]"}
	pods := []string{"Deployment[web]", "StatefulSet[web]", "DaemonSet[web]", "ReplicaSet[web]", "CronJob[web]", "Job[web]", "Pod[web]"}
	for name, c := range map[string]struct {
		before, after string
		want          []string
	}{
		"another image":     {deployment("1", 3) + budget, deployment("2", 3) + budget, nil},
		"another hash":      {deployment("1", 3) + hashed, deployment("1", 3) + again, nil},
		"more pods":         {deployment("1", 3), deployment("1", 4), nil},
		"half of the pods":  {deployment("1", 4), deployment("1", 2), []string{"HorizontalPodAutoscaler[web]", "ScaledObject[web]", "PodDisruptionBudget[web]"}},
		"a ConfigMap comes": {nothing, config, []string{"owners [ConfigMap web/api]"}},
		"a ConfigMap goes":  {config, nothing, append([]string{"owners [ConfigMap web/api]"}, pods...)},
		"a budget's label":  {deployment("1", 3) + budget, deployment("1", 3) + labels, nil},
		"a budget comes":    {deployment("1", 3), deployment("1", 3) + budget, []string{"owners [PodDisruptionBudget.policy web/api]", "Deployment[web]", "StatefulSet[web]", "ReplicaSet[web]", "ReplicationController[web]", "HorizontalPodAutoscaler[web]", "ScaledObject[web]"}},
		"a custom resource": {nothing, "---\napiVersion: x.io/v1\nkind: Widget\nmetadata: {name: a, namespace: web}\n", []string{"definition of Widget.x.io", "owners [Widget.x.io web/a]"}},
		"a workload goes":   {deployment("1", 3) + config, config, []string{"owners [Deployment.apps web/api]", "HorizontalPodAutoscaler[web]", "ScaledObject[web]", "PodDisruptionBudget[web]", "Service[web]"}},
		"its label goes":    {deployment("1", 3), strings.Replace(deployment("1", 3), "labels: {app: api}", "labels: {app: web}", 1), []string{"PodDisruptionBudget[web]", "Service[web]"}},
		"its version label": {strings.Replace(deployment("1", 3), "labels: {app: api", "labels: {helm.sh/chart: a-1, app: api", 1), deployment("1", 3), []string{"PodDisruptionBudget[web]"}},
		"its port goes":     {strings.Replace(deployment("1", 3), "name: c", "ports: [{name: a, containerPort: 1}], name: c", 1), deployment("1", 3), []string{"Service[web]", "NetworkPolicy[web]"}},
		"a Secret goes": {strings.ReplaceAll(config, "ConfigMap", "Secret"), nothing, slices.Concat([]string{"owners [Secret web/api]"}, pods,
			[]string{"Ingress[web]", "Gateway[web]", "ServiceAccount[web]"})},
		"a Service goes":       {service + config, config, slices.Concat([]string{"owners [Service web/api]"}, routes, []string{"DestinationRule[web]", "StatefulSet[web]"}, proxies)},
		"a Service's port":     {service, another, slices.Concat(routes, proxies)},
		"a ConfigMap's change": {config, config + "data: {a: b}\n", pods},
		"of one that is read":  {config + reader, config + "data: {a: b}\n" + reader, nil},
		"of its label":         {config, strings.Replace(config, "name: api", "labels: {a: b}, name: api", 1), nil},
	} {
		l := &listening{}
		r := diff.Compare(diff.Pair{Cluster: "c", Environment: "e", Release: "r", Before: versionOfTest(t, name, c.before), After: versionOfTest(t, name, c.after)})
		Check(Cluster{Name: "c", Releases: []diff.Release{r}, Others: l})
		if d := cmp.Diff(c.want, l.asked); d != "" {
			t.Errorf("%s (-want +got):\n%s", name, d)
		}
	}
}
