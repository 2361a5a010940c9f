package diff

import (
	"flag"
	"fmt"
	"maps"
	"os"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"k8s.io/apimachinery/pkg/version"
	"k8s.io/client-go/applyconfigurations"
	"k8s.io/client-go/kubernetes/scheme"
	smd "sigs.k8s.io/structured-merge-diff/v6/schema"
)

var update = flag.Bool("update", false, "rewrite lists.txt from client-go")

// TestListsAreThoseOfKubernetes makes lists.txt anew from the schemas that
// client-go has for server-side apply.
func TestListsAreThoseOfKubernetes(t *testing.T) {
	want := listsOfClientGo(t)
	if *update {
		if err := os.WriteFile("lists.txt", []byte(want), 0o644); err != nil {
			t.Fatal(err)
		}
		return
	}
	if diff := cmp.Diff(want, listsText); diff != "" {
		t.Errorf("lists.txt is not what client-go has; run the test with -update (-want +got):\n%s", diff)
	}
}

// collector writes down the types that have lists somewhere.
type collector struct {
	schema *smd.Schema
	reach  map[string]bool // a list is reached from the type
	types  map[string][]string
}

func listsOfClientGo(t *testing.T) string {
	converter := applyconfigurations.NewTypeConverter(scheme.Scheme)
	var c *collector
	roots := map[schema.GroupVersionKind]string{}
	for gvk := range scheme.Scheme.AllKnownTypes() {
		object, err := scheme.Scheme.New(gvk)
		if err != nil {
			t.Fatal(err)
		}
		object.GetObjectKind().SetGroupVersionKind(gvk)
		typed, err := converter.ObjectToTyped(object)
		if err != nil || typed.TypeRef().NamedType == nil {
			continue // no kind of its own: options, lists
		}
		if c == nil {
			c = &collector{schema: typed.Schema(), reach: map[string]bool{}, types: map[string][]string{}}
		}
		roots[gvk] = *typed.TypeRef().NamedType
	}
	for before := -1; before != len(c.reach); { // types refer to each other in circles
		before = len(c.reach)
		for _, def := range c.schema.Types {
			if !strings.HasPrefix(def.Name, "__") && c.holdsList(def.Atom) { // those are for what has no schema
				c.reach[def.Name] = true
			}
		}
	}
	var out strings.Builder
	out.WriteString("# The types of Kubernetes' lists, as server-side apply has them; written by TestListsAreThoseOfKubernetes.\n")
	order := func(a, b schema.GroupVersionKind) int { // of a kind, the version that an API server prefers first
		if c := strings.Compare(a.Group+"/"+a.Kind, b.Group+"/"+b.Kind); c != 0 {
			return c
		}
		return -version.CompareKubeAwareVersionStrings(a.Version, b.Version)
	}
	for _, gvk := range slices.SortedFunc(maps.Keys(roots), order) {
		fmt.Fprintf(&out, "kind %s %s %s\n", gvk.GroupVersion(), gvk.Kind, c.named(roots[gvk]))
	}
	for _, name := range slices.Sorted(maps.Keys(c.types)) {
		fmt.Fprintf(&out, "type %s\n", name)
		for _, line := range c.types[name] {
			out.WriteString(" " + line + "\n")
		}
	}
	return out.String()
}

func (c *collector) resolve(ref smd.TypeRef) smd.Atom {
	atom, _ := c.schema.Resolve(ref)
	return atom
}

func (c *collector) refHoldsList(ref smd.TypeRef) bool {
	if ref.NamedType != nil {
		return c.reach[*ref.NamedType]
	}
	return c.holdsList(ref.Inlined)
}

func (c *collector) holdsList(atom smd.Atom) bool {
	if atom.Scalar != nil && *atom.Scalar == smd.Untyped { // anything: nothing is known of it
		return false
	}
	if atom.List != nil {
		return true
	}
	return atom.Map != nil && (c.refHoldsList(atom.Map.ElementType) ||
		slices.ContainsFunc(atom.Fields, func(f smd.StructField) bool { return c.refHoldsList(f.Type) }))
}

// named writes a type down and returns its name; "-" for one without lists.
func (c *collector) named(name string) string {
	if !c.reach[name] {
		return "-"
	}
	short := strings.TrimPrefix(strings.TrimPrefix(name, "io.k8s.api."), "io.k8s.apimachinery.pkg.apis.")
	if _, ok := c.types[short]; ok {
		return short
	}
	c.types[short] = nil
	def, _ := c.schema.FindNamedType(name)
	var lines []string
	if c.refHoldsList(def.Map.ElementType) {
		lines = append(lines, "* "+c.ref(def.Map.ElementType))
	}
	for _, field := range def.Fields {
		if c.refHoldsList(field.Type) {
			lines = append(lines, field.Name+" "+c.ref(field.Type))
		}
	}
	slices.Sort(lines)
	c.types[short] = lines
	return short
}

// ref is a map of things with lists ("map TYPE"), a type's name, or a list with
// the type of its items.
func (c *collector) ref(ref smd.TypeRef) string {
	atom := c.resolve(ref)
	switch {
	case atom.List != nil:
		text := "atomic"
		if atom.List.ElementRelationship == smd.Associative {
			text = "set"
		}
		item := c.resolve(atom.List.ElementType)
		if len(atom.Keys) > 0 {
			var keys []string
			for _, key := range atom.Keys {
				field, _ := item.Map.FindField(key)
				if field.Default != nil && field.Default != "" && field.Default != 0 {
					key += fmt.Sprintf("=%v", field.Default)
				}
				keys = append(keys, key)
			}
			text = "by:" + strings.Join(keys, ",")
		}
		if c.refHoldsList(atom.List.ElementType) {
			text += " " + c.ref(atom.List.ElementType)
		}
		return text
	case ref.NamedType != nil:
		return c.named(*ref.NamedType)
	case c.refHoldsList(atom.Map.ElementType):
		return "map " + c.ref(atom.Map.ElementType)
	}
	panic("an inlined type with fields")
}
