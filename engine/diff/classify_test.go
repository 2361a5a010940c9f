package diff

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// TestClasses has, for every class, what is of it and what is nearly so.
func TestClasses(t *testing.T) {
	const pod = "spec: {template: {metadata: {labels: {a: b}}, spec: {containers: [{name: a, image: 'x:1'}]}}}\n"
	for _, test := range []struct{ kind, before, after, want string }{
		{"apps/v1 Deployment", pod, strings.Replace(pod, "x:1", "x:2", 1),
			`image spec.template.spec.containers[name=a].image`},
		{"batch/v1 CronJob", "spec: {jobTemplate: {spec: {template: {spec: {initContainers: [{name: a, image: 'x:1'}]}}}}}", "spec: {jobTemplate: {spec: {template: {spec: {initContainers: [{name: a, image: 'x:2'}]}}}}}",
			`image spec.jobTemplate.spec.template.spec.initContainers[name=a].image`},
		{"example.com/v1 Prometheus", "spec: {image: 'x:1', containers: [{name: a, image: 'x:1'}], imageTag: 1}", "spec: {image: 'x:2', containers: [{name: a, image: 'x:2'}], imageTag: 2}",
			"image spec.containers[name=a].image\nimage spec.image\nother spec.imageTag"},
		{"apps/v1 Deployment", "metadata: {labels: {image: a, env: a}}\nspec: {selector: {matchLabels: {image: a}}}", "metadata: {labels: {image: b, env: b}}\nspec: {selector: {matchLabels: {image: b}}}",
			"other metadata.labels.env\nother metadata.labels.image\nother spec.selector.matchLabels.image"},

		{"apps/v1 StatefulSet", "spec: {replicas: 1, revisionHistoryLimit: 1}", "spec: {replicas: 2, revisionHistoryLimit: 2}",
			"replicas spec.replicas\nother spec.revisionHistoryLimit"},
		{"autoscaling/v2 HorizontalPodAutoscaler", "spec: {minReplicas: 1, maxReplicas: 2, scaleTargetRef: {name: a}}", "spec: {minReplicas: 2, maxReplicas: 3, scaleTargetRef: {name: b}}",
			"replicas spec.maxReplicas\nreplicas spec.minReplicas\nother spec.scaleTargetRef.name"},

		{"apps/v1 Deployment", "spec: {template: {spec: {containers: [{name: a, resources: {limits: {cpu: 1}}}]}}}", "spec: {template: {spec: {containers: [{name: a, resources: {limits: {cpu: 2}, requests: {cpu: 1}}}]}}}",
			"resources spec.template.spec.containers[name=a].resources.limits.cpu\nresources spec.template.spec.containers[name=a].resources.requests"},
		{"v1 ResourceQuota", "spec: {hard: {pods: 1}}", "spec: {hard: {pods: 2}}", "resources spec.hard.pods"},
		{"v1 PersistentVolumeClaim", "spec: {resources: {requests: {storage: 1Gi}}}", "spec: {resources: {requests: {storage: 2Gi}}}", "storage spec.resources.requests.storage"},

		{"apps/v1 DaemonSet", "spec: {template: {spec: {containers: [{name: a, env: [{name: X, value: a}], envFrom: [{configMapRef: {name: a}}]}]}}}", "spec: {template: {spec: {containers: [{name: a, env: [{name: X, value: b}], envFrom: [{configMapRef: {name: b}}]}]}}}",
			"env spec.template.spec.containers[name=a].env[name=X].value\nenv spec.template.spec.containers[name=a].envFrom[0].configMapRef.name"},

		{"v1 ConfigMap", "data: {image: a, description: a}\nimmutable: true", "data: {image: b, description: b}\nimmutable: false",
			"config data.description\nconfig data.image\nother immutable"},
		{"v1 Secret", "data: {a: YQ==}\ntype: Opaque", "data: {a: Yg==}\nstringData: {b: c}\ntype: a", "secret data.a\nsecret stringData\nother type"},
		{"example.com/v1 Secret", "data: {a: a}", "data: {a: b}", "other data.a"},

		{"rbac.authorization.k8s.io/v1 ClusterRoleBinding", "subjects: [{kind: User, name: a}]\nroleRef: {name: a}", "subjects: [{kind: User, name: b}]\nroleRef: {name: b}",
			"rbac roleRef.name\nrbac subjects[0].name"},
		{"rbac.authorization.k8s.io/v1 Role", "metadata: {annotations: {rules: a}}\nrules: [{verbs: [get]}]", "metadata: {annotations: {rules: b}}\nrules: [{verbs: [get, list]}]",
			"other metadata.annotations.rules\nrbac rules[0].verbs[1]"},
		{"v1 ServiceAccount", "automountServiceAccountToken: true", "automountServiceAccountToken: false", "rbac automountServiceAccountToken"},
		{"apps/v1 Deployment", "spec: {template: {spec: {serviceAccountName: a}}}", "spec: {template: {spec: {serviceAccountName: b}}}", "rbac spec.template.spec.serviceAccountName"},

		{"v1 Service", "spec: {type: ClusterIP, selector: {image: a}}", "spec: {type: NodePort, selector: {image: b}}", "network spec.selector.image\nnetwork spec.type"},
		{"networking.k8s.io/v1 Ingress", "spec: {rules: [{host: a}]}", "spec: {rules: [{host: b}]}", "network spec.rules[0].host"},
		{"v1 Pod", "spec: {hostNetwork: true, hostPID: true, containers: [{name: a, ports: [{containerPort: 1}]}]}", "spec: {hostNetwork: false, hostPID: false, containers: [{name: a, ports: [{containerPort: 2}]}]}",
			"network spec.containers[name=a].ports[containerPort=1,protocol=TCP]\nnetwork spec.containers[name=a].ports[containerPort=2,protocol=TCP]\nnetwork spec.hostNetwork\nother spec.hostPID"},

		{"apps/v1 StatefulSet", "spec: {volumeClaimTemplates: [{metadata: {name: a, labels: {helm.sh/chart: a-1}}, spec: {storageClassName: a}}]}", "spec: {volumeClaimTemplates: [{metadata: {name: a, labels: {helm.sh/chart: a-2}}, spec: {storageClassName: b}}]}",
			`label spec.volumeClaimTemplates[0].metadata.labels["helm.sh/chart"]` + "\nstorage spec.volumeClaimTemplates[0].spec.storageClassName"},
		{"storage.k8s.io/v1 StorageClass", "metadata: {labels: {a: a}}\nparameters: {a: a}", "metadata: {labels: {a: b}}\nparameters: {a: b}", "other metadata.labels.a\nstorage parameters.a"},
		{"apps/v1 Deployment", "spec: {template: {spec: {volumes: [{name: a, emptyDir: {}}]}}}", "spec: {template: {spec: {volumes: [{name: a, emptyDir: {medium: Memory}}]}}}", "storage spec.template.spec.volumes[name=a].emptyDir.medium"},

		{"apiextensions.k8s.io/v1 CustomResourceDefinition",
			"spec: {scope: Cluster, versions: [{name: v1, additionalPrinterColumns: [{name: a, description: a}], schema: {openAPIV3Schema: {description: a, properties: {description: {type: string, description: a, default: {description: a}}, properties: {items: {title: a}}}}}}]}",
			"spec: {scope: Namespaced, versions: [{name: v1, additionalPrinterColumns: [{name: a, description: b}], schema: {openAPIV3Schema: {description: b, properties: {description: {type: number, description: b, default: {description: b}}, properties: {items: {title: b}}}}}}]}",
			`crd spec.scope
docs spec.versions[name=v1].additionalPrinterColumns[name=a].description
docs spec.versions[name=v1].schema.openAPIV3Schema.description
crd spec.versions[name=v1].schema.openAPIV3Schema.properties.description.default.description
docs spec.versions[name=v1].schema.openAPIV3Schema.properties.description.description
crd spec.versions[name=v1].schema.openAPIV3Schema.properties.description.type
docs spec.versions[name=v1].schema.openAPIV3Schema.properties.properties.items.title`},
		{"apiextensions.k8s.io/v1 CustomResourceDefinition",
			"spec: {versions: [{name: v1, schema: {openAPIV3Schema: {properties: {a: {}}}}}]}",
			"spec: {versions: [{name: v1, schema: {openAPIV3Schema: {properties: {a: {}, description: {type: string}}}}}]}",
			`crd spec.versions[name=v1].schema.openAPIV3Schema.properties.description`},
		{"v1 ConfigMap", "data: {openAPIV3Schema: a}", "data: {openAPIV3Schema: b}", "config data.openAPIV3Schema"},

		{"apps/v1 Deployment", "metadata: {labels: {helm.sh/chart: a-1, app.kubernetes.io/version: 1, heritage: Helm, version: a}}", "metadata: {labels: {helm.sh/chart: a-2, app.kubernetes.io/version: 2, heritage: Weir, version: b}}",
			`label metadata.labels["app.kubernetes.io/version"]` + "\n" + `label metadata.labels["helm.sh/chart"]` + "\nlabel metadata.labels.heritage\nother metadata.labels.version"},
		{"apps/v1 Deployment", "spec: {selector: {matchLabels: {helm.sh/chart: a-1}}}", "spec: {selector: {matchLabels: {helm.sh/chart: a-2}}}", `other spec.selector.matchLabels["helm.sh/chart"]`},
		{"v1 Service", "metadata: {name: a}", "metadata: {labels: {helm.sh/chart: a, heritage: Helm}, annotations: {helm.sh/chart: a, b: c}}", "other metadata.annotations\nlabel metadata.labels"},
		{"v1 Service", "metadata: {annotations: {}}", "metadata: {labels: {}}", "label metadata.annotations\nlabel metadata.labels"},
		{"apps/v1 StatefulSet", "spec: {template: {metadata: {annotations: {configchecksum: a}}}}", "spec: {template: {metadata: {annotations: {configchecksum: b}}}}", "checksum spec.template.metadata.annotations.configchecksum"},
		{"apiextensions.k8s.io/v1 CustomResourceDefinition", "metadata: {annotations: {operator.prometheus.io/version: a}}", "metadata: {annotations: {operator.prometheus.io/version: b}}", `label metadata.annotations["operator.prometheus.io/version"]`},

		{"apps/v1 Deployment", "spec: {template: {metadata: {annotations: {checksum/config: a, weir.dev/config-hash: a, prometheus.io/path: a}}}}", "spec: {template: {metadata: {annotations: {checksum/config: b, weir.dev/config-hash: b, prometheus.io/path: b}}}}",
			`checksum spec.template.metadata.annotations["checksum/config"]` + "\n" + `other spec.template.metadata.annotations["prometheus.io/path"]` + "\n" + `checksum spec.template.metadata.annotations["weir.dev/config-hash"]`},

		{"apps/v1 Deployment",
			"spec: {template: {spec: {containers: [{name: a}, {name: b, command: [a, b], env: [{name: A, value: x}, {name: B, value: y}]}], initContainers: [{name: a}, {name: b}], tolerations: [{key: a}, {key: b}]}}}",
			"spec: {template: {spec: {containers: [{name: b, command: [b, a], env: [{name: B, value: y}, {name: A, value: x}]}, {name: a}], initContainers: [{name: b}, {name: a}], tolerations: [{key: b}, {key: a}]}}}",
			`order spec.template.spec.containers (order)
other spec.template.spec.containers[name=b].command (order)
order spec.template.spec.containers[name=b].env (order)
other spec.template.spec.initContainers (order)
order spec.template.spec.tolerations (order)`},
		{"v1 Pod", "spec: {containers: [{name: a, env: [{name: A, value: x}, {name: B, value: $(A)}]}]}", "spec: {containers: [{name: a, env: [{name: B, value: $(A)}, {name: A, value: x}]}]}",
			`env spec.containers[name=a].env (order)`},
		{"admissionregistration.k8s.io/v1 MutatingWebhookConfiguration", "webhooks: [{name: a, rules: [{operations: [A, B]}]}, {name: b}]", "webhooks: [{name: b}, {name: a, rules: [{operations: [B, A]}]}]",
			"other webhooks (order)\norder webhooks[name=a].rules[0].operations (order)"},
		{"admissionregistration.k8s.io/v1 ValidatingWebhookConfiguration", "webhooks: [{name: a}, {name: b}]", "webhooks: [{name: b}, {name: a}]", "order webhooks (order)"},
		{"batch/v1 Job", "spec: {podFailurePolicy: {rules: [{action: A}, {action: B}]}}", "spec: {podFailurePolicy: {rules: [{action: B}, {action: A}]}}", "other spec.podFailurePolicy.rules (order)"},
		{"example.com/v1 Thing", "spec: {rules: [{name: a}, {name: b}]}", "spec: {rules: [{name: b}, {name: a}]}", "other spec.rules (order)"},
		{"v1 ConfigMap", "metadata: {finalizers: [a, b]}", "metadata: {finalizers: [b, a]}", "order metadata.finalizers (order)"},

		{"apps/v1 Deployment", "spec: {replicas: 1}", "spec: {replicas: 1.0}", "replicas spec.replicas"},
		{"policy/v1 PodDisruptionBudget", "spec: {minAvailable: 1}", "spec: {minAvailable: 50%}", "other spec.minAvailable"},
	} {
		apiVersion, kind, _ := strings.Cut(test.kind, " ")
		head := "apiVersion: " + apiVersion + "\nkind: " + kind + "\n"
		before, after := documents(t, head+test.before)[0], documents(t, head+test.after)[0]
		for _, tree := range []map[string]any{before, after} {
			metadata, _ := tree["metadata"].(map[string]any)
			if metadata == nil {
				metadata = map[string]any{}
				tree["metadata"] = metadata
			}
			metadata["name"] = "a"
		}
		o, n := object(t, before), object(t, after)
		var lines []string
		for _, f := range compareObjects(newShapes(Pair{}, nil).find(o, n), o, n) {
			line := string(f.Class) + " " + f.Path.String()
			if f.Order {
				line += " (order)"
			}
			lines = append(lines, line)
		}
		if diff := cmp.Diff(test.want, strings.Join(lines, "\n")); diff != "" {
			t.Errorf("%s\n%s\n%s\n(-want +got):\n%s", test.kind, test.before, test.after, diff)
		}
	}
}
