package render

import (
	"bytes"
	"encoding/json"
	"strings"
	"text/template"

	"github.com/BurntSushi/toml"
	"sigs.k8s.io/yaml"
	yaml3 "sigs.k8s.io/yaml/goyaml.v3"
)

// conversions are Helm's functions between texts and values. As there, what
// cannot be written is empty, and what cannot be read becomes a value that
// holds the error.
func conversions() template.FuncMap {
	return template.FuncMap{
		"toYaml":        toYAML,
		"toYamlPretty":  toYAMLPretty,
		"toJson":        toJSON,
		"toToml":        toTOML,
		"fromYaml":      func(s string) map[string]any { return readMap(s, yamlInto) },
		"fromJson":      func(s string) map[string]any { return readMap(s, json.Unmarshal) },
		"fromToml":      func(s string) map[string]any { return readMap(s, toml.Unmarshal) },
		"fromYamlArray": func(s string) []any { return readList(s, yamlInto) },
		"fromJsonArray": func(s string) []any { return readList(s, json.Unmarshal) },
	}
}

func yamlInto(data []byte, v any) error { return yaml.Unmarshal(data, v) }

func readMap(s string, read func([]byte, any) error) map[string]any {
	m := map[string]any{}
	if err := read([]byte(s), &m); err != nil {
		if m == nil {
			m = map[string]any{}
		}
		m["Error"] = err.Error()
	}
	return m
}

func readList(s string, read func([]byte, any) error) []any {
	list := []any{}
	if err := read([]byte(s), &list); err != nil {
		return []any{err.Error()}
	}
	return list
}

func toYAMLPretty(v any) string {
	var b bytes.Buffer
	encoder := yaml3.NewEncoder(&b)
	encoder.SetIndent(2)
	if err := encoder.Encode(v); err != nil {
		return ""
	}
	return strings.TrimSuffix(b.String(), "\n")
}

func toJSON(v any) string {
	data, err := json.Marshal(v)
	if err != nil {
		return ""
	}
	return string(data)
}

func toTOML(v any) string {
	var b bytes.Buffer
	if err := toml.NewEncoder(&b).Encode(v); err != nil {
		return err.Error()
	}
	return b.String()
}
