package diff

import (
	"strings"
	"sync"

	"github.com/weir-dev/weir/engine/manifest"
)

// Schemas are the CustomResourceDefinitions that say how lists of custom
// resources are matched, beside those that a release itself has. They may come
// from other releases of the cluster. The zero value has none. They are safe for
// concurrent use.
type Schemas struct {
	definitions []manifest.Object
	memo        *Memo
	beside      func(group, kind string) (manifest.Object, bool) // nil: nobody else has any

	mu    sync.Mutex
	known map[groupKind]*shape // read when an object of the kind first asks; nil for those that nobody defines
}

// NewSchemas takes the CustomResourceDefinitions out of sets. Where several
// define a kind, the first one counts.
func NewSchemas(sets ...manifest.Set) *Schemas {
	s := &Schemas{}
	for _, set := range sets {
		for o := range set.All() {
			if o.ID.Kind == crdKind {
				s.definitions = append(s.definitions, o)
			}
		}
	}
	return s
}

// With returns the schemas with a memo, which those of several clusters may
// share.
func (s *Schemas) With(m *Memo) *Schemas {
	return &Schemas{definitions: s.definitions, memo: m, beside: s.beside}
}

// Beside returns the schemas with somebody to ask for the definition of a kind that
// none of the sets has. It is asked once for each kind, by one goroutine at a time.
func (s *Schemas) Beside(ask func(group, kind string) (manifest.Object, bool)) *Schemas {
	return &Schemas{definitions: s.definitions, memo: s.memo, beside: ask}
}

// Compare is the function Compare with these schemas at hand.
func (s *Schemas) Compare(p Pair) Release { return compare(p, s) }

// shapesOf finds the shapes of a release's objects: those of Kubernetes' own
// kinds in the table, others in the CustomResourceDefinitions of the release and
// of schemas. A definition is read when the first object of its kind asks.
type shapesOf struct {
	schemas *Schemas
	sets    []manifest.Set
	custom  map[groupKind]*shape
}

// newShapes are those of a pair: what it has after counts before what it had.
func newShapes(p Pair, schemas *Schemas) *shapesOf {
	s := &shapesOf{schemas: schemas}
	for _, v := range []*Version{p.After, p.Before} {
		if v != nil {
			s.sets = append(s.sets, v.Objects)
		}
	}
	return s
}

// compare compares two objects that have a shape.
func (s *shapesOf) compare(shape *shape, before, after manifest.Object) []Field {
	if s.schemas == nil {
		return compareObjects(shape, before, after)
	}
	return s.schemas.memo.compare(shape, before, after)
}

func (s *shapesOf) find(before, after manifest.Object) *shape {
	table := builtIn()
	if found := table.find(before, after); found != nil {
		return found
	}
	kind := groupKind{after.ID.Group, after.ID.Kind}
	if kind.group == crdGroup {
		return table.plain
	}
	if found, ok := s.custom[kind]; ok {
		return found
	}
	if s.custom == nil {
		s.custom = map[groupKind]*shape{}
	}
	s.custom[kind] = s.define(kind, table.meta)
	return s.custom[kind]
}

func (s *shapesOf) define(kind groupKind, meta *shape) *shape {
	for _, set := range s.sets {
		for o := range set.All() {
			if found := definedBy(o, kind, meta); found != nil {
				return found
			}
		}
	}
	if found := s.schemas.define(kind, meta); found != nil {
		return found
	}
	return builtIn().plain
}

func (s *Schemas) define(kind groupKind, meta *shape) *shape {
	if s == nil {
		return nil
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if found, ok := s.known[kind]; ok {
		return found
	}
	var found *shape
	for _, o := range s.definitions {
		if found = definedBy(o, kind, meta); found != nil {
			break
		}
	}
	if found == nil && s.beside != nil {
		if o, has := s.beside(kind.group, kind.kind); has {
			found = definedBy(o, kind, meta)
		}
	}
	if s.known == nil {
		s.known = map[groupKind]*shape{}
	}
	s.known[kind] = found
	return found
}

// definedBy is the shape that a CustomResourceDefinition gives a kind: that of
// its stored version, whose lists the others have to convert to.
func definedBy(o manifest.Object, kind groupKind, meta *shape) *shape {
	if o.ID.Kind != crdKind || !strings.HasSuffix(o.ID.Name, "."+kind.group) {
		return nil
	}
	body := o.Body()
	spec, _ := body["spec"].(map[string]any)
	names, _ := spec["names"].(map[string]any)
	if names["kind"] != kind.kind {
		return nil
	}
	schema := spec["validation"] // of apiextensions.k8s.io/v1beta1
	versions, _ := spec["versions"].([]any)
	for _, v := range versions {
		version, _ := v.(map[string]any)
		if own, ok := version["schema"]; ok && (schema == nil || version["storage"] == true) {
			schema = own
		}
	}
	holder, _ := schema.(map[string]any)
	s := shapeOfSchema(holder["openAPIV3Schema"])
	if s == nil {
		s = &shape{}
	}
	if s.named == nil {
		s.named = map[string]*shape{}
	}
	s.named["metadata"] = meta
	return s
}

// shapeOfSchema reads a structural schema; nil where it says nothing of lists.
func shapeOfSchema(v any) *shape {
	schema, ok := v.(map[string]any)
	if !ok {
		return nil
	}
	if schema["x-kubernetes-embedded-resource"] == true {
		return nil
	}
	if items, ok := schema["items"]; ok {
		s := &shape{list: atomic, below: shapeOfSchema(items)}
		switch schema["x-kubernetes-list-type"] {
		case "set":
			s.list = set
		case "map":
			s.list = keyed
			s.keys = mapKeys(schema)
		case nil: // atomic to Kubernetes; to people the items have names
			s.list = namable
		}
		return s
	}
	s := &shape{below: shapeOfSchema(schema["additionalProperties"])}
	properties, _ := schema["properties"].(map[string]any)
	for key, property := range properties {
		if deeper := shapeOfSchema(property); deeper != nil {
			if s.named == nil {
				s.named = map[string]*shape{}
			}
			s.named[key] = deeper
		}
	}
	if s.below == nil && s.named == nil {
		return nil
	}
	return s
}

func mapKeys(schema map[string]any) []listKey {
	names, _ := schema["x-kubernetes-list-map-keys"].([]any)
	items, _ := schema["items"].(map[string]any)
	properties, _ := items["properties"].(map[string]any)
	var keys []listKey
	for _, name := range names {
		key, _ := name.(string)
		property, _ := properties[key].(map[string]any)
		keys = append(keys, listKey{key, property["default"]})
	}
	return keys
}
