package diff

import (
	"bytes"
	"encoding/json"
	"math"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/weir-dev/weir/engine/manifest"
)

// TestProperties holds for any two trees what a difference is: it is empty for a
// tree and itself, leads from the one to the other, and turned round from the
// other to the one.
func TestProperties(t *testing.T) {
	seeds := documents(t, workloads)
	for seed := range uint64(4000) {
		checkPair(t, newEditor(seed), seeds)
		if t.Failed() {
			t.Fatalf("seed %d", seed)
		}
	}
}

// FuzzProperties does the same with what the fuzzer makes of the seed.
func FuzzProperties(f *testing.F) {
	for seed := range uint64(20) {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, seed uint64) {
		checkPair(t, newEditor(seed), documents(t, workloads))
	})
}

// FuzzText takes two documents of any YAML.
func FuzzText(f *testing.F) {
	f.Add("a: [1, 2, {name: x}]", "a: [2, 1.0, {name: y}, null]")
	f.Add("- a\n- b\n- a", "- b\n- a\n- a\n- {}")
	f.Fuzz(func(t *testing.T, one, other string) {
		a, err := manifest.Decode([]byte(one))
		if err != nil {
			t.Skip()
		}
		b, err := manifest.Decode([]byte(other))
		if err != nil {
			t.Skip()
		}
		check(t, nil, classifier{}, a, b)
	})
}

func checkPair(t *testing.T, e *editor, seeds []map[string]any) {
	t.Helper()
	if e.IntN(4) == 0 { // anything at all
		a := e.tree(4)
		b := e.edited(a, 1+e.IntN(6))
		check(t, nil, classifier{}, a, b)
		return
	}
	seed := seeds[e.IntN(len(seeds))]
	a := e.edited(seed, e.IntN(4))
	b := e.edited(a, 1+e.IntN(6))
	apiVersion, _ := seed["apiVersion"].(string)
	kind, _ := seed["kind"].(string)
	id := manifest.ID{Group: manifest.GroupOf(apiVersion), Kind: kind}
	o := manifest.Object{ID: id, APIVersion: apiVersion}
	var definitions []manifest.Object
	for _, s := range seeds {
		if s["kind"] == crdKind {
			definitions = append(definitions, object(t, s))
		}
	}
	shapes := shapesOf{schemas: &Schemas{definitions: definitions}}
	check(t, shapes.find(o, o), classesOf(id), a, b)
}

func check(t *testing.T, s *shape, classes classifier, a, b any) {
	t.Helper()
	compare := func(a, b any) []Field {
		c := &comparison{classes: classes}
		c.values(s, a, b)
		return c.found
	}
	if same := compare(a, manifest.Clone(a)); same != nil {
		t.Errorf("a tree differs from itself: %+v", same)
	}
	there, back := compare(a, b), compare(b, a)
	if got, err := Apply(a, there); err != nil || !bytes.Equal(manifest.Encode(got), manifest.Encode(b)) {
		t.Errorf("applied: %v (-want +got)\n%s\nbefore\n%sfields\n%s", err, cmp.Diff(string(manifest.Encode(b)), string(encode(got))), manifest.Encode(a), show(there))
	}
	inverted := Invert(there)
	if diff := cmp.Diff(sorted(back), sorted(inverted)); diff != "" {
		t.Errorf("inverted (-want +got)\n%s\nbefore\n%safter\n%s", diff, manifest.Encode(a), manifest.Encode(b))
	}
	if got, err := Apply(b, inverted); err != nil || !bytes.Equal(manifest.Encode(got), manifest.Encode(a)) {
		t.Errorf("applied backwards: %v (-want +got)\n%s", err, cmp.Diff(string(manifest.Encode(a)), string(encode(got))))
	}
	first, err := json.Marshal(there)
	if err != nil {
		t.Fatal(err)
	}
	second, err := json.Marshal(compare(manifest.Clone(a), manifest.Clone(b)))
	if err != nil {
		t.Fatal(err)
	}
	if !bytes.Equal(first, second) {
		t.Errorf("the same trees give\n%s\nand\n%s", first, second)
	}
}

func encode(v any) []byte {
	if v == nil {
		return nil
	}
	return manifest.Encode(v)
}

// sorted puts fields in an order that does not depend on a side.
func sorted(fields []Field) []Field {
	fields = slices.Clone(fields)
	for i, f := range fields {
		if f.Inner != nil {
			inside := *f.Inner
			inside.Fields = sorted(inside.Fields)
			fields[i].Inner = &inside
		}
	}
	slices.SortFunc(fields, func(a, b Field) int {
		return strings.Compare(key(a), key(b))
	})
	return fields
}

func key(f Field) string {
	text, _ := json.Marshal(f)
	return f.Path.String() + " " + string(text)
}

// editor changes trees at random, the same for a seed.
type editor struct{ *rand.Rand }

func newEditor(seed uint64) *editor { return &editor{rand.New(rand.NewPCG(seed, 7))} }

var words = []string{"a", "b", "name", "key", "env", "a.b", "helm.sh/chart", "x y", "", "items", "80", "~", "ports", "protocol"}

var scalars = []any{nil, true, false, int64(0), int64(1), int64(80), 1.0, 0.5, math.Copysign(0, -1), uint64(1 << 63), "", "a", "b", "80", "a: 1\nb: [1, 2]\n", "a: 1\nb: [2, 1]\n", "one\ntwo\nthree\n", "one\nthree", `{"a": [1]}`, `{"a": [1, 2]}`, "TCP", "--flag=1", "--flag=2", "$(A)"}

func (e *editor) tree(depth int) any {
	switch n := e.IntN(6); {
	case depth > 0 && n < 2:
		m := map[string]any{}
		for range e.IntN(5) {
			m[words[e.IntN(len(words))]] = e.tree(depth - 1)
		}
		return m
	case depth > 0 && n < 4:
		list := []any{}
		for range e.IntN(6) {
			list = append(list, e.tree(depth-1))
		}
		return list
	}
	return scalars[e.IntN(len(scalars))]
}

// edited is a copy of a tree with changes.
func (e *editor) edited(tree any, changes int) any {
	tree = manifest.Clone(tree)
	for range changes {
		tree = e.edit(tree, true)
	}
	return tree
}

func (e *editor) edit(v any, root bool) any {
	switch v := v.(type) {
	case map[string]any:
		if len(v) > 0 && (root || e.IntN(5) > 0) {
			keys := slices.Sorted(func(yield func(string) bool) {
				for k := range v {
					if !yield(k) {
						return
					}
				}
			})
			k := keys[e.IntN(len(keys))]
			switch e.IntN(8) {
			case 0:
				delete(v, k)
			case 1:
				v[words[e.IntN(len(words))]] = e.tree(2)
			default:
				v[k] = e.edit(v[k], false)
			}
			return v
		}
	case []any:
		if len(v) > 0 && (root || e.IntN(5) > 0) {
			i := e.IntN(len(v))
			switch e.IntN(8) {
			case 0:
				return slices.Delete(v, i, i+1)
			case 1: // a copy of one with a change
				return slices.Insert(v, e.IntN(len(v)+1), e.edit(manifest.Clone(v[i]), false))
			case 2:
				return slices.Insert(v, e.IntN(len(v)+1), e.tree(2))
			case 3:
				e.Shuffle(len(v), func(i, j int) { v[i], v[j] = v[j], v[i] })
				return v
			default:
				v[i] = e.edit(v[i], false)
				return v
			}
		}
	}
	return e.tree(2)
}
