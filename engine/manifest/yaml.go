package manifest

import "sigs.k8s.io/yaml"

// Decode reads one YAML document as Kubernetes does, whole numbers as int64.
func Decode(data []byte) (any, error) {
	var tree any
	err := yaml.Unmarshal(data, &tree)
	return tree, err
}

// Encode writes a JSON-typed tree as canonical YAML.
func Encode(tree any) []byte {
	data, err := yaml.Marshal(tree)
	if err != nil {
		panic(err)
	}
	return data
}
