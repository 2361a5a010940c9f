package bench

import (
	"fmt"
	"strings"
)

// Ten CRDs of some 100 kB make a chart with a megabyte of them.
const (
	crdsPerChart = 10
	crdVersions  = 2
	crdDepth     = 3
	crdWidth     = 4
)

// crd is a CustomResourceDefinition in the shape that controller-gen writes:
// deep schemas, most bytes in descriptions. A function of its numbers.
func crd(chart, number int) string {
	group := fmt.Sprintf("op%d.bench.example", chart)
	kind := fmt.Sprintf("Thing%d", number)
	plural := strings.ToLower(kind) + "s"
	var b strings.Builder
	fmt.Fprintf(&b, `apiVersion: apiextensions.k8s.io/v1
kind: CustomResourceDefinition
metadata:
  annotations:
    controller-gen.kubebuilder.io/version: v0.18.0
  name: %s.%s
spec:
  group: %s
  names:
    kind: %s
    listKind: %sList
    plural: %s
    singular: %s
  scope: Namespaced
  versions:
`, plural, group, group, kind, kind, plural, strings.ToLower(kind))
	for version := range crdVersions {
		fmt.Fprintf(&b, `  - additionalPrinterColumns:
    - jsonPath: .status.conditions[?(@.type=="Ready")].status
      name: Ready
      type: string
    name: v%d
    schema:
      openAPIV3Schema:
        description: %s is the schema for the %s API.
        properties:
          apiVersion:
            type: string
          kind:
            type: string
          metadata:
            type: object
          spec:
`, version+1, kind, plural)
		schema(&b, "            ", crdDepth, chart*100+number*10+version)
		fmt.Fprintf(&b, `          status:
            type: object
            x-kubernetes-preserve-unknown-fields: true
        required:
        - spec
        type: object
    served: true
    storage: %t
    subresources:
      status: {}
`, version == crdVersions-1)
	}
	return b.String()
}

// schema writes an object schema whose properties nest depth levels.
func schema(b *strings.Builder, indent string, depth, seed int) {
	words := []string{"affinity", "template", "selector", "endpoint", "limits", "policy", "storage", "volume", "container", "probe"}
	fmt.Fprintf(b, "%sdescription: |-\n%s  The settings that the controller applies to the %s of the object at this level;\n%s  what is left out is taken from the defaults of the operator, see the reference.\n", indent, indent, words[seed%len(words)], indent)
	fmt.Fprintf(b, "%sproperties:\n", indent)
	for i := range crdWidth {
		name := fmt.Sprintf("%s%d", words[(seed+i*3)%len(words)], i)
		fmt.Fprintf(b, "%s  %s:\n", indent, name)
		if depth > 0 && i < crdWidth-1 {
			schema(b, indent+"    ", depth-1, seed+i+depth)
			continue
		}
		fmt.Fprintf(b, "%s    description: 'How often %s is tried: \"never\", or a number of attempts.'\n", indent, name)
		fmt.Fprintf(b, "%s    maxLength: %d\n%s    pattern: ^([0-9]+|never)$\n%s    type: string\n", indent, 10+seed%50, indent, indent)
	}
	fmt.Fprintf(b, "%stype: object\n", indent)
}
