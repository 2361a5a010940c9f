package manifest

import (
	"testing"

	"github.com/google/go-cmp/cmp"
)

const podSpec = `
      metadata: {labels: {app: web}}
      spec:
        imagePullSecrets: [{name: pull}]
        containers:
        - name: web
          image: ghcr.io/x/web:1
          env:
          - {name: A, valueFrom: {configMapKeyRef: {name: env, key: a}}}
          - {name: B, valueFrom: {secretKeyRef: {name: env-secret, key: b}}}
          - {name: C, valueFrom: {fieldRef: {fieldPath: metadata.name}}}
          - {name: D, value: d}
          envFrom: [{configMapRef: {name: from}}, {secretRef: {name: from-secret}}, {configMapRef: {name: env}}]
        - {name: sidecar, image: "ghcr.io/x/proxy@sha256:0"}
        initContainers:
        - name: init
          image: ghcr.io/x/web:1
          envFrom: [{configMapRef: {name: init}}]
        ephemeralContainers: [{name: debug, image: busybox}]
        volumes:
        - {name: a, configMap: {name: volume}}
        - {name: b, secret: {secretName: volume-secret}}
        - {name: c, projected: {sources: [{configMap: {name: projected}}, {secret: {name: projected-secret}}, {serviceAccountToken: {path: t}}]}}
        - {name: d, emptyDir: {}}
`

func TestWorkloads(t *testing.T) {
	wantReferences := []Reference{
		{"ConfigMap", "env"}, {"ConfigMap", "from"}, {"ConfigMap", "init"}, {"ConfigMap", "projected"}, {"ConfigMap", "volume"},
		{"Secret", "env-secret"}, {"Secret", "from-secret"}, {"Secret", "projected-secret"}, {"Secret", "volume-secret"},
	}
	wantImages := []string{"busybox", "ghcr.io/x/proxy@sha256:0", "ghcr.io/x/web:1"}
	for head, isWorkload := range map[string]bool{
		"apiVersion: apps/v1\nkind: Deployment\nspec:\n    template:":                                true,
		"apiVersion: extensions/v1beta1\nkind: DaemonSet\nspec:\n    template:":                      true,
		"apiVersion: v1\nkind: ReplicationController\nspec:\n    template:":                          true,
		"apiVersion: batch/v1\nkind: Job\nspec:\n    template:":                                      true,
		"apiVersion: batch/v1beta1\nkind: CronJob\nspec:\n  jobTemplate:\n    spec:\n     template:": true,
		"apiVersion: example.com/v1\nkind: Deployment\nspec:\n    template:":                         false,
		"apiVersion: apps/v1\nkind: Deployment\nspec:\n    templates:":                               false,
	} {
		tree := decode(t, head+podSpec)
		if diff := cmp.Diff(wantImages, Images(tree)); diff != "" {
			t.Errorf("%s: images -want +got:\n%s", head, diff)
		}
		template, ok := PodTemplate(tree)
		if ok != isWorkload {
			t.Errorf("%s: got %v", head, ok)
		}
		if !isWorkload {
			continue
		}
		if diff := cmp.Diff(wantReferences, References(template)); diff != "" {
			t.Errorf("%s: references -want +got:\n%s", head, diff)
		}
		template["metadata"].(m)["labels"].(m)["app"] = "changed"
		if again, _ := PodTemplate(tree); again["metadata"].(m)["labels"].(m)["app"] != "changed" {
			t.Errorf("%s: the template is a copy", head)
		}
	}
	pod := decode(t, "apiVersion: v1\nkind: Pod\nmetadata: {name: a}\nspec: {containers: [{name: a, image: b, envFrom: [{secretRef: {name: c}}]}]}")
	template, ok := PodTemplate(pod)
	if !ok || template["metadata"].(m)["name"] != "a" {
		t.Errorf("a Pod is its own template: got %v", template)
	}
	if diff := cmp.Diff([]Reference{{"Secret", "c"}}, References(template)); diff != "" {
		t.Error(diff)
	}
}

func TestOddShapesAreNoWorkloads(t *testing.T) {
	for _, text := range []string{
		"apiVersion: apps/v1\nkind: Deployment\nspec: []",
		"apiVersion: apps/v1\nkind: Deployment\nspec: {template: {spec: {containers: {name: a, image: b}, volumes: [1, {secret: 1}, {projected: [1]}]}}}",
		"apiVersion: apps/v1\nkind: Deployment\nspec: {template: {spec: {containers: [{name: 1, image: b}, {name: a, image: 1}, {image: c}, 1], initContainers: [{env: [1, {valueFrom: 1}], envFrom: 1}]}}}",
		"{}",
	} {
		tree := decode(t, text)
		template, _ := PodTemplate(tree)
		if images, references := Images(tree), References(template); len(images)+len(references) > 0 {
			t.Errorf("%s: %v, %v", text, images, references)
		}
	}
}

func TestHasSecretData(t *testing.T) {
	for text, want := range map[string]bool{
		"apiVersion: v1\nkind: Secret\ndata: {a: Yg==}":              true,
		"apiVersion: v1\nkind: Secret\ndata: {a: ''}":                true,
		"apiVersion: v1\nkind: Secret\nstringData: {a: b}":           true,
		"apiVersion: v1\nkind: Secret\ndata: oops":                   true,
		"apiVersion: v1\nkind: Secret\ndata: {}":                     false,
		"apiVersion: v1\nkind: Secret\ndata:\nstringData:":           false,
		"apiVersion: v1\nkind: Secret\ntype: kubernetes.io/tls":      false,
		"apiVersion: v1\nkind: ConfigMap\ndata: {a: b}":              false,
		"apiVersion: example.com/v1\nkind: Secret\ndata: {a: b}":     false,
		"apiVersion: external-secrets.io/v1\nkind: ExternalSecret\n": false,
	} {
		if got := HasSecretData(decode(t, text)); got != want {
			t.Errorf("%q: got %v", text, got)
		}
	}
}
