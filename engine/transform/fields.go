package transform

import (
	"reflect"
	"strings"

	"sigs.k8s.io/kustomize/api/types"
)

// kustomizationFields lists the fields that a kustomization may have, for a
// suggestion.
func kustomizationFields() []string {
	var names []string
	t := reflect.TypeFor[types.Kustomization]()
	for i := range t.NumField() {
		if name, _, _ := strings.Cut(t.Field(i).Tag.Get("json"), ","); name != "" {
			names = append(names, name)
		}
	}
	return append(names, "apiVersion", "kind")
}
