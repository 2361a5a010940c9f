//go:build ignore

package main

import (
	"encoding/json"
	"fmt"
	"maps"
	"os"
	"slices"
	"strings"
)

// definition is what we read of a schema in an OpenAPI file.
type definition struct {
	Ref        string                `json:"$ref"`
	Type       string                `json:"type"`
	Format     string                `json:"format"`
	Items      *definition           `json:"items"`
	Values     *definition           `json:"additionalProperties"`
	Properties map[string]definition `json:"properties"`
	Required   []string              `json:"required"`
	Kinds      []struct {
		Group, Version, Kind string
	} `json:"x-kubernetes-group-version-kind"`
}

// builtin are the definitions that stand for more, or less, than they say: what
// their Go types read.
var builtin = map[string]string{
	"io.k8s.apimachinery.pkg.api.resource.Quantity":     "quantity",
	"io.k8s.apimachinery.pkg.apis.meta.v1.Time":         "time",
	"io.k8s.apimachinery.pkg.apis.meta.v1.MicroTime":    "microtime",
	"io.k8s.apimachinery.pkg.apis.meta.v1.Fields":       "any",
	"io.k8s.apimachinery.pkg.apis.meta.v1.FieldsV1":     "any",
	"io.k8s.apimachinery.pkg.runtime.RawExtension":      "any",
	"io.k8s.apimachinery.pkg.util.intstr.IntOrString":   "int-or-string",
	"io.k8s.kubernetes.pkg.runtime.RawExtension":        "any",
	"io.k8s.apimachinery.pkg.apis.meta.v1.GroupVersion": "any",
}

// schemas collects the types of all minors.
type schemas struct {
	required map[string]bool
	types    map[string]*structure // by short name: apps/v1.DeploymentSpec
}

type structure struct {
	source string // its name in the OpenAPI file
	kind   string // "apps/v1 Deployment" of an object, else empty
	minors []int  // ascending
	fields map[field][]int
}

type field struct {
	name     string
	required bool
	kind     string // []core/v1.Container
}

// add reads the definitions of one minor that an object's own may refer to.
func (s schemas) add(data []byte, minor int, isKind func(group, version, kind string) bool) error {
	var spec struct{ Definitions map[string]definition }
	if err := json.Unmarshal(data, &spec); err != nil {
		return err
	}
	for _, name := range slices.Sorted(maps.Keys(spec.Definitions)) {
		d := spec.Definitions[name]
		if len(d.Kinds) != 1 || !isKind(d.Kinds[0].Group, d.Kinds[0].Version, d.Kinds[0].Kind) {
			continue // no object, or one like DeleteOptions, which belongs to every group
		}
		short, err := s.structure(spec.Definitions, name, minor)
		if err != nil {
			return err
		}
		apiVersion := d.Kinds[0].Version
		if d.Kinds[0].Group != "" {
			apiVersion = d.Kinds[0].Group + "/" + apiVersion
		}
		s.types[short].kind = apiVersion + " " + d.Kinds[0].Kind
	}
	return nil
}

// structure adds a definition and whatever it refers to.
func (s schemas) structure(all map[string]definition, name string, minor int) (short string, err error) {
	parts := strings.Split(name, ".")
	if len(parts) < 3 {
		return "", fmt.Errorf("%s has no package", name)
	}
	group, version, kind := parts[len(parts)-3], parts[len(parts)-2], parts[len(parts)-1]
	short = group + "/" + version + "." + kind
	t := s.types[short]
	if t == nil {
		t = &structure{source: name, fields: map[field][]int{}}
		s.types[short] = t
	}
	if t.source != name {
		return "", fmt.Errorf("%s and %s are both %s", t.source, name, short)
	}
	if slices.Contains(t.minors, minor) {
		return short, nil
	}
	t.minors = append(t.minors, minor)
	d, ok := all[name]
	if !ok {
		return "", fmt.Errorf("%s is not defined", name)
	}
	for _, key := range slices.Sorted(maps.Keys(d.Properties)) {
		of, err := s.kind(all, d.Properties[key], minor)
		if err != nil {
			return "", fmt.Errorf("%s.%s: %w", name, key, err)
		}
		of = strings.Replace(of, group+"/"+version+".", ".", 1)
		f := field{key, slices.Contains(d.Required, key) && s.required[group+"."+kind+" "+key], of}
		t.fields[f] = append(t.fields[f], minor)
	}
	return short, nil
}

// kind is how the table writes the type of a value.
func (s schemas) kind(all map[string]definition, d definition, minor int) (string, error) {
	if d.Ref != "" {
		name := strings.TrimPrefix(d.Ref, "#/definitions/")
		if word, ok := builtin[name]; ok {
			return word, nil
		}
		if of := all[name]; of.Type == "" && of.Properties == nil {
			return "any", nil // JSON, JSONSchemaPropsOrBool, …
		}
		return s.structure(all, name, minor)
	}
	switch d.Type + " " + d.Format {
	case "string ", "string date-time":
		return "string", nil
	case "string byte":
		return "bytes", nil
	case "string int-or-string":
		return "int-or-string", nil
	case "boolean ":
		return "bool", nil
	case "integer int32":
		return "int32", nil
	case "integer int64", "integer ":
		return "int64", nil
	case "number double", "number ":
		return "number", nil
	case "array ":
		of, err := s.kind(all, *d.Items, minor)
		return "[]" + of, err
	case "object ":
		if d.Values == nil {
			return "any", nil
		}
		of, err := s.kind(all, *d.Values, minor)
		return "{}" + of, err
	}
	return "", fmt.Errorf("unknown type %q with format %q", d.Type, d.Format)
}

func (s schemas) format(newest int) string {
	var b strings.Builder
	fmt.Fprintf(&b, `# Made by generate/main.go from the OpenAPI files of k8s.io/kubernetes. Not to be edited.
# type minors [apiVersion kind]
#  field[!] type [minors, where they are not the type's]
minors %d-%d
`, oldest, newest)
	for _, name := range slices.Sorted(maps.Keys(s.types)) {
		t := s.types[name]
		minors := ranges(t.minors)
		fmt.Fprintf(&b, "%s %s", name, minors)
		if t.kind != "" {
			fmt.Fprintf(&b, " %s", t.kind)
		}
		b.WriteByte('\n')
		fields := slices.SortedFunc(maps.Keys(t.fields), func(a, b field) int {
			if c := strings.Compare(a.name, b.name); c != 0 {
				return c
			}
			return t.fields[a][0] - t.fields[b][0]
		})
		for _, f := range fields {
			mark := ""
			if f.required {
				mark = "!"
			}
			fmt.Fprintf(&b, " %s%s %s", f.name, mark, f.kind)
			if of := ranges(t.fields[f]); of != minors {
				fmt.Fprintf(&b, " %s", of)
			}
			b.WriteByte('\n')
		}
	}
	return b.String()
}

// readRequired reads required.txt: fields by "apps.DeploymentSpec selector".
func readRequired() (map[string]bool, error) {
	data, err := os.ReadFile("generate/required.txt")
	if err != nil {
		return nil, err
	}
	required := map[string]bool{}
	for line := range strings.Lines(string(data)) {
		fields := strings.Fields(line)
		if len(fields) == 0 || fields[0] == "#" {
			continue
		}
		for _, name := range fields[1:] {
			required[fields[0]+" "+name] = true
		}
	}
	return required, nil
}
