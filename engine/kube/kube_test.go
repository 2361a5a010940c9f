package kube

import (
	"fmt"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestFor(t *testing.T) {
	var got []string
	for _, version := range []string{
		"1.34", "v1.34", "1.34.2", "v1.34.2-gke.100", "1.29+", "1.30.0+k3s1", "1.14", "1.37",
		"1.13", "1.99", "1.38.1", "", "1", "2.1", "34", "latest", "1.x", "1.34.x", "1.34.", "1.+34", "1.", "1.34.2.1", " 1.34", "1.-34",
	} {
		table, err := For(version)
		if err != nil {
			got = append(got, fmt.Sprintf("%q: %v", version, err))
			continue
		}
		got = append(got, fmt.Sprintf("%q: %s %s", version, table.Minor(), table.Version()))
	}
	want := `"1.34": 1.34 v1.34.0
"v1.34": 1.34 v1.34.0
"1.34.2": 1.34 v1.34.2
"v1.34.2-gke.100": 1.34 v1.34.2-gke.100
"1.29+": 1.29 v1.29.0
"1.30.0+k3s1": 1.30 v1.30.0+k3s1
"1.14": 1.14 v1.14.0
"1.37": 1.37 v1.37.0
"1.13": Kubernetes 1.13 is not known: 1.14 to 1.37 are known
"1.99": Kubernetes 1.99 is not known: 1.14 to 1.37 are known
"1.38.1": Kubernetes 1.38.1 is not known: 1.14 to 1.37 are known
"": "" is no version of Kubernetes, write it like 1.34: 1.14 to 1.37 are known
"1": "1" is no version of Kubernetes, write it like 1.34: 1.14 to 1.37 are known
"2.1": "2.1" is no version of Kubernetes, write it like 1.34: 1.14 to 1.37 are known
"34": "34" is no version of Kubernetes, write it like 1.34: 1.14 to 1.37 are known
"latest": "latest" is no version of Kubernetes, write it like 1.34: 1.14 to 1.37 are known
"1.x": "1.x" is no version of Kubernetes, write it like 1.34: 1.14 to 1.37 are known
"1.34.x": "1.34.x" is no version of Kubernetes, write it like 1.34: 1.14 to 1.37 are known
"1.34.": "1.34." is no version of Kubernetes, write it like 1.34: 1.14 to 1.37 are known
"1.+34": "1.+34" is no version of Kubernetes, write it like 1.34: 1.14 to 1.37 are known
"1.": "1." is no version of Kubernetes, write it like 1.34: 1.14 to 1.37 are known
"1.34.2.1": "1.34.2.1" is no version of Kubernetes, write it like 1.34: 1.14 to 1.37 are known
" 1.34": " 1.34" is no version of Kubernetes, write it like 1.34: 1.14 to 1.37 are known
"1.-34": "1.-34" is no version of Kubernetes, write it like 1.34: 1.14 to 1.37 are known`
	if diff := cmp.Diff(want, strings.Join(got, "\n")); diff != "" {
		t.Errorf("-want +got:\n%s", diff)
	}
}

func TestScope(t *testing.T) {
	table, err := For("1.34")
	if err != nil {
		t.Fatal(err)
	}
	var got []string
	for _, kind := range [][2]string{
		{"", "Pod"}, {"", "Namespace"}, {"", "PersistentVolume"}, {"apps", "Deployment"}, {"batch", "CronJob"},
		{"rbac.authorization.k8s.io", "Role"}, {"rbac.authorization.k8s.io", "ClusterRole"}, {"extensions", "Ingress"},
		{"policy", "PodSecurityPolicy"}, {"apiextensions.k8s.io", "CustomResourceDefinition"}, {"apiregistration.k8s.io", "APIService"},
		{"apps", "Pod"}, {"example.com", "Web"}, {"", "pod"},
	} {
		namespaced, known := table.Scope(kind[0], kind[1])
		got = append(got, fmt.Sprintf("%s.%s %v %v", kind[1], kind[0], namespaced, known))
	}
	want := `Pod. true true
Namespace. false true
PersistentVolume. false true
Deployment.apps true true
CronJob.batch true true
Role.rbac.authorization.k8s.io true true
ClusterRole.rbac.authorization.k8s.io false true
Ingress.extensions true true
PodSecurityPolicy.policy false true
CustomResourceDefinition.apiextensions.k8s.io false true
APIService.apiregistration.k8s.io false true
Pod.apps false false
Web.example.com false false
pod. false false`
	if diff := cmp.Diff(want, strings.Join(got, "\n")); diff != "" {
		t.Errorf("-want +got:\n%s", diff)
	}
}

func TestGap(t *testing.T) {
	var got []string
	for _, c := range [][3]string{
		{"1.34", "apps/v1", "Deployment"},
		{"1.15", "extensions/v1beta1", "Deployment"},
		{"1.16", "extensions/v1beta1", "Deployment"},
		{"1.34", "apps/v1beta2", "StatefulSet"},
		{"1.21", "extensions/v1beta1", "Ingress"},
		{"1.22", "extensions/v1beta1", "Ingress"},
		{"1.22", "networking.k8s.io/v1beta1", "Ingress"},
		{"1.18", "networking.k8s.io/v1", "Ingress"},
		{"1.16", "extensions/v1beta1", "PodSecurityPolicy"},
		{"1.34", "extensions/v1beta1", "PodSecurityPolicy"},
		{"1.24", "policy/v1beta1", "PodSecurityPolicy"},
		{"1.25", "policy/v1beta1", "PodSecurityPolicy"},
		{"1.25", "policy/v1beta1", "PodDisruptionBudget"},
		{"1.20", "policy/v1", "PodDisruptionBudget"},
		{"1.20", "batch/v1", "CronJob"},
		{"1.26", "autoscaling/v2beta2", "HorizontalPodAutoscaler"},
		{"1.22", "apiextensions.k8s.io/v1beta1", "CustomResourceDefinition"},
		{"1.30", "flowcontrol.apiserver.k8s.io/v1beta2", "FlowSchema"},
		{"1.34", "resource.k8s.io/v1alpha2", "ResourceClass"},
		{"1.20", "resource.k8s.io/v1", "ResourceClaim"},
		{"1.34", "batch/v2alpha1", "ScheduledJob"},
		{"1.34", "extensions/v1beta1", "ThirdPartyResource"},
		{"1.34", "admissionregistration.k8s.io/v1alpha1", "InitializerConfiguration"},
		{"1.34", "settings.k8s.io/v1alpha1", "PodPreset"},
		{"1.34", "apps/v3", "Deployment"},
		{"1.34", "example.com/v1", "Web"},
	} {
		table, err := For(c[0])
		if err != nil {
			t.Fatal(err)
		}
		gap, ok := table.Gap(c[1], c[2])
		line := fmt.Sprintf("%s %s %s: ", c[0], c[1], c[2])
		switch {
		case ok:
			line += gap.String()
		case table.Serves(c[1], c[2]):
			line += "served"
		default:
			line += "not Kubernetes' own"
		}
		got = append(got, line)
	}
	want := `1.34 apps/v1 Deployment: served
1.15 extensions/v1beta1 Deployment: served
1.16 extensions/v1beta1 Deployment: extensions/v1beta1 Deployment was removed in Kubernetes 1.16: use apps/v1
1.34 apps/v1beta2 StatefulSet: apps/v1beta2 StatefulSet was removed in Kubernetes 1.16: use apps/v1
1.21 extensions/v1beta1 Ingress: served
1.22 extensions/v1beta1 Ingress: extensions/v1beta1 Ingress was removed in Kubernetes 1.22: use networking.k8s.io/v1
1.22 networking.k8s.io/v1beta1 Ingress: networking.k8s.io/v1beta1 Ingress was removed in Kubernetes 1.22: use networking.k8s.io/v1
1.18 networking.k8s.io/v1 Ingress: networking.k8s.io/v1 Ingress comes with Kubernetes 1.19: use networking.k8s.io/v1beta1
1.16 extensions/v1beta1 PodSecurityPolicy: extensions/v1beta1 PodSecurityPolicy was removed in Kubernetes 1.16: use policy/v1beta1
1.34 extensions/v1beta1 PodSecurityPolicy: extensions/v1beta1 PodSecurityPolicy was removed in Kubernetes 1.16, and nothing replaces it
1.24 policy/v1beta1 PodSecurityPolicy: served
1.25 policy/v1beta1 PodSecurityPolicy: policy/v1beta1 PodSecurityPolicy was removed in Kubernetes 1.25, and nothing replaces it
1.25 policy/v1beta1 PodDisruptionBudget: policy/v1beta1 PodDisruptionBudget was removed in Kubernetes 1.25: use policy/v1
1.20 policy/v1 PodDisruptionBudget: policy/v1 PodDisruptionBudget comes with Kubernetes 1.21: use policy/v1beta1
1.20 batch/v1 CronJob: batch/v1 CronJob comes with Kubernetes 1.21: use batch/v1beta1
1.26 autoscaling/v2beta2 HorizontalPodAutoscaler: autoscaling/v2beta2 HorizontalPodAutoscaler was removed in Kubernetes 1.26: use autoscaling/v2
1.22 apiextensions.k8s.io/v1beta1 CustomResourceDefinition: apiextensions.k8s.io/v1beta1 CustomResourceDefinition was removed in Kubernetes 1.22: use apiextensions.k8s.io/v1
1.30 flowcontrol.apiserver.k8s.io/v1beta2 FlowSchema: flowcontrol.apiserver.k8s.io/v1beta2 FlowSchema was removed in Kubernetes 1.29: use flowcontrol.apiserver.k8s.io/v1
1.34 resource.k8s.io/v1alpha2 ResourceClass: resource.k8s.io/v1alpha2 ResourceClass was removed in Kubernetes 1.31: use resource.k8s.io/v1 DeviceClass
1.20 resource.k8s.io/v1 ResourceClaim: resource.k8s.io/v1 ResourceClaim comes with Kubernetes 1.34
1.34 batch/v2alpha1 ScheduledJob: batch/v2alpha1 ScheduledJob was removed before Kubernetes 1.14: use batch/v1 CronJob
1.34 extensions/v1beta1 ThirdPartyResource: extensions/v1beta1 ThirdPartyResource was removed before Kubernetes 1.14: use apiextensions.k8s.io/v1 CustomResourceDefinition
1.34 admissionregistration.k8s.io/v1alpha1 InitializerConfiguration: admissionregistration.k8s.io/v1alpha1 InitializerConfiguration was removed before Kubernetes 1.14, and nothing replaces it
1.34 settings.k8s.io/v1alpha1 PodPreset: settings.k8s.io/v1alpha1 PodPreset was removed in Kubernetes 1.20, and nothing replaces it
1.34 apps/v3 Deployment: not Kubernetes' own
1.34 example.com/v1 Web: not Kubernetes' own`
	if diff := cmp.Diff(want, strings.Join(got, "\n")); diff != "" {
		t.Errorf("-want +got:\n%s", diff)
	}
}

func TestAPIVersions(t *testing.T) {
	table, err := For("1.34")
	if err != nil {
		t.Fatal(err)
	}
	want := `admissionregistration.k8s.io/v1
admissionregistration.k8s.io/v1alpha1
admissionregistration.k8s.io/v1beta1
apiextensions.k8s.io/v1
apiregistration.k8s.io/v1
apps/v1
authentication.k8s.io/v1
authorization.k8s.io/v1
autoscaling/v1
autoscaling/v2
batch/v1
certificates.k8s.io/v1
certificates.k8s.io/v1alpha1
certificates.k8s.io/v1beta1
coordination.k8s.io/v1
coordination.k8s.io/v1alpha2
coordination.k8s.io/v1beta1
discovery.k8s.io/v1
events.k8s.io/v1
flowcontrol.apiserver.k8s.io/v1
internal.apiserver.k8s.io/v1alpha1
networking.k8s.io/v1
networking.k8s.io/v1beta1
node.k8s.io/v1
policy/v1
rbac.authorization.k8s.io/v1
resource.k8s.io/v1
resource.k8s.io/v1alpha3
resource.k8s.io/v1beta1
resource.k8s.io/v1beta2
scheduling.k8s.io/v1
storage.k8s.io/v1
storage.k8s.io/v1alpha1
storage.k8s.io/v1beta1
storagemigration.k8s.io/v1alpha1
v1`
	if diff := cmp.Diff(want, strings.Join(table.APIVersions(), "\n")); diff != "" {
		t.Errorf("-want +got:\n%s", diff)
	}
}

func TestParseTableRefuses(t *testing.T) {
	for _, text := range []string{"apps Deployment namespaced", "minors x-2", "minors 1-x", "a B cluster v1", "a B cluster v1:", "a B cluster v1:1-"} {
		if _, err := parseTable(text); err == nil {
			t.Errorf("%q is no table, and no error", text)
		}
	}
}
