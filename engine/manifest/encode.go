package manifest

import "sigs.k8s.io/yaml"

// Encode writes a JSON-typed tree as canonical YAML.
func Encode(tree any) []byte {
	data, err := yaml.Marshal(tree)
	if err != nil {
		panic(err)
	}
	return data
}
