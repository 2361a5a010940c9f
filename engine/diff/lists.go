package diff

import (
	_ "embed"
	"strings"
	"sync"

	"github.com/weir-dev/weir/engine/manifest"
)

// listsText says how Kubernetes' own lists are matched. It is the part of
// client-go's schema for server-side apply that speaks of lists: to read the
// whole takes longer than most comparisons (see lists_test.go, which writes it).
//
//go:embed lists.txt
var listsText string

// shape is what is known of a place in an object: how its list is matched, if it
// is one, and the shapes below it. A nil shape is a place of which nothing is
// known. Shapes may hold themselves and do not change once made.
type shape struct {
	list  listKind
	keys  []listKey         // of keyed lists
	below *shape            // of a list's items, or of a map's values
	named map[string]*shape // of a map's values, by key
}

type listKind uint8

const (
	unknown listKind = iota // no list, or one of which nothing is known
	namable                 // of items that may have names, in an order that may mean something
	atomic                  // one value, whose order may mean something
	set                     // of scalars
	keyed
)

// listKey is a key that identifies the items of a list.
type listKey struct {
	name     string
	fallback any // what it is where an item does not say; nil for none
}

// at is the shape of a map's value.
func (s *shape) at(key string) *shape {
	if s == nil {
		return nil
	}
	if deeper, ok := s.named[key]; ok {
		return deeper
	}
	if s.list != unknown {
		return nil
	}
	return s.below
}

func (s *shape) item() *shape {
	if s == nil || s.list == unknown {
		return nil
	}
	return s.below
}

// shapes is the table of built-in kinds.
type shapes struct {
	exact map[versionKind]*shape
	kinds map[groupKind]*shape // in the version that an API server prefers
	meta  *shape               // ObjectMeta
	plain *shape               // of an object of which nothing else is known
}

type versionKind struct{ apiVersion, kind string }

type groupKind struct{ group, kind string }

// builtIn reads the table once, when it is first asked for.
var builtIn = sync.OnceValue(func() *shapes { return parseShapes(listsText) })

func parseShapes(text string) *shapes {
	types := map[string]*shape{}
	named := func(name string) *shape {
		if types[name] == nil {
			types[name] = &shape{}
		}
		return types[name]
	}
	s := &shapes{exact: map[versionKind]*shape{}, kinds: map[groupKind]*shape{}, meta: named("meta.v1.ObjectMeta")}
	s.plain = &shape{named: map[string]*shape{"metadata": s.meta}}
	var current *shape
	for line := range strings.Lines(text) {
		words := strings.Fields(line)
		switch {
		case len(words) == 0 || words[0] == "#":
		case line[0] == ' ':
			if current.named == nil {
				current.named = map[string]*shape{}
			}
			current.named[words[0]] = parseShape(words[1:], named)
		case words[0] == "type":
			current = named(words[1])
		default:
			apiVersion, kind := words[1], words[2]
			s.exact[versionKind{apiVersion, kind}] = named(words[3])
			if preferred := (groupKind{manifest.GroupOf(apiVersion), kind}); s.kinds[preferred] == nil {
				s.kinds[preferred] = named(words[3])
			}
		}
	}
	return s
}

func parseShape(words []string, named func(string) *shape) *shape {
	if len(words) == 0 {
		return nil
	}
	list, keys, _ := strings.Cut(words[0], ":")
	s := &shape{}
	switch list {
	case "map":
	case "atomic":
		s.list = atomic
	case "set":
		s.list = set
	case "by":
		s.list = keyed
		for key := range strings.SplitSeq(keys, ",") {
			name, fallback, has := strings.Cut(key, "=")
			k := listKey{name: name}
			if has {
				k.fallback = fallback
			}
			s.keys = append(s.keys, k)
		}
	default:
		return named(words[0])
	}
	s.below = parseShape(words[1:], named)
	return s
}

// find is the shape of an object by either of the versions that it has before
// and after; the answer is the same both ways round.
func (s *shapes) find(before, after manifest.Object) *shape {
	one, other := max(before.APIVersion, after.APIVersion), min(before.APIVersion, after.APIVersion)
	kind := after.ID.Kind
	if found := s.exact[versionKind{one, kind}]; found != nil {
		return found
	}
	if found := s.exact[versionKind{other, kind}]; found != nil {
		return found
	}
	return s.kinds[groupKind{after.ID.Group, kind}]
}
