package diff

import (
	"fmt"
	"maps"
	"slices"

	"github.com/weir-dev/weir/engine/manifest"
)

// Apply makes the tree after of the tree before and the fields in which they
// differ. It changes neither; it is an error where the fields do not fit.
func Apply(before any, fields []Field) (any, error) {
	if len(fields) == 0 {
		return manifest.Clone(before), nil
	}
	root := &change{}
	for i := range fields {
		root.add(fields[i].Path, &fields[i])
	}
	after, err := root.apply(manifest.Clone(before))
	if err != nil {
		return nil, fmt.Errorf("apply changed fields: %w", err)
	}
	return after, nil
}

// Invert turns fields round: what they make of one tree into the other, the
// result makes of the other into the one.
func Invert(fields []Field) []Field {
	if len(fields) == 0 {
		return nil
	}
	inverted := make([]Field, len(fields))
	root := &change{}
	for i := range fields {
		root.add(fields[i].Path, &fields[i])
	}
	for i, f := range fields {
		inverted[i] = f.inverted(root)
	}
	return inverted
}

func (f Field) inverted(root *change) Field {
	f.Path = root.pathBefore(f)
	f.Before, f.After = f.After, f.Before
	switch f.Status {
	case manifest.Created:
		f.Status = manifest.Removed
	case manifest.Removed:
		f.Status = manifest.Created
	}
	if f.Moved != nil {
		moved := make([]int, len(f.Moved))
		for to, from := range f.Moved {
			moved[from] = to
		}
		f.Moved = moved
	}
	if f.Inner != nil {
		before, _ := f.Before.(string)
		after, _ := f.After.(string)
		f.Inner = inner(before, after, f.Class)
	}
	return f
}

// change is what happens at a place and below it.
type change struct {
	here  *Field // the place itself came, went or has another value
	order *Field // its items stand in another order
	keys  map[string]*change
	items map[string]*itemChange // by the text of their step
	came  map[int]*change        // items by their index after
	gone  map[int]bool           // items by their index before
}

type itemChange struct {
	wants []Want
	change
}

func (c *change) add(path Path, f *Field) {
	if len(path) == 0 {
		if f.Order {
			c.order = f
		} else {
			c.here = f
		}
		return
	}
	step, rest := path[0], path[1:]
	switch {
	case step.IsItem():
		text := token(wantsOf(step))
		if c.items == nil {
			c.items = map[string]*itemChange{}
		}
		if c.items[text] == nil {
			c.items[text] = &itemChange{wants: step.Item}
		}
		c.items[text].add(rest, f)
	case step.IsKey():
		if c.keys == nil {
			c.keys = map[string]*change{}
		}
		if c.keys[step.Key] == nil {
			c.keys[step.Key] = &change{}
		}
		c.keys[step.Key].add(rest, f)
	case len(rest) == 0 && f.Status == manifest.Removed:
		if c.gone == nil {
			c.gone = map[int]bool{}
		}
		c.gone[step.Index] = true
	default:
		if c.came == nil {
			c.came = map[int]*change{}
		}
		if c.came[step.Index] == nil {
			c.came[step.Index] = &change{}
		}
		c.came[step.Index].add(rest, f)
	}
}

func wantsOf(s Step) any {
	wants := make([]any, 0, 2*len(s.Item))
	for _, w := range s.Item {
		wants = append(wants, w.Key, w.Value)
	}
	return wants
}

// pathBefore is a field's path with the indices that its items had before.
func (c *change) pathBefore(f Field) Path {
	path := slices.Clone(f.Path)
	for n, step := range f.Path {
		last := n == len(path)-1
		switch {
		case step.IsItem():
			c = &c.items[token(wantsOf(step))].change
		case step.IsKey():
			c = c.keys[step.Key]
		case last && f.Status != manifest.Changed: // its own index, on the one side where it has one
		default:
			path[n].Index = c.indexBefore(step.Index)
			c = c.came[step.Index]
		}
	}
	return path
}

// indexBefore is the index that an item had which now has index after: items
// that stay keep their order.
func (c *change) indexBefore(after int) int {
	stay := after
	for index, item := range c.came {
		if index < after && item.isNew() {
			stay--
		}
	}
	before := 0
	for ; c.gone[before] || stay > 0; before++ {
		if !c.gone[before] {
			stay--
		}
	}
	return before
}

func (c *change) isNew() bool { return c.here != nil && c.here.Status == manifest.Created }

func (c *change) apply(v any) (any, error) {
	if c.here != nil {
		return manifest.Clone(c.here.After), nil
	}
	if c.keys != nil {
		m, ok := v.(map[string]any)
		if !ok {
			return nil, fmt.Errorf("there is no map")
		}
		for _, key := range slices.Sorted(maps.Keys(c.keys)) {
			deeper := c.keys[key]
			if deeper.here != nil && deeper.here.Status == manifest.Removed {
				delete(m, key)
				continue
			}
			made, err := deeper.apply(m[key])
			if err != nil {
				return nil, fmt.Errorf("%s: %w", key, err)
			}
			m[key] = made
		}
		return m, nil
	}
	list, ok := v.([]any)
	if !ok {
		return nil, fmt.Errorf("there is no list")
	}
	if c.came != nil || c.gone != nil {
		return c.applyByIndex(list)
	}
	return c.applyByItem(list)
}

func (c *change) applyByIndex(list []any) (any, error) {
	made := make([]any, 0, len(list)+len(c.came))
	for i, item := range list {
		if !c.gone[i] {
			made = append(made, item)
		}
	}
	for _, j := range slices.Sorted(maps.Keys(c.came)) {
		item := c.came[j]
		switch {
		case item.isNew() && j <= len(made):
			made = slices.Insert(made, j, manifest.Clone(item.here.After))
		case !item.isNew() && j < len(made):
			changed, err := item.apply(made[j])
			if err != nil {
				return nil, fmt.Errorf("%d: %w", j, err)
			}
			made[j] = changed
		default:
			return nil, fmt.Errorf("there is no item %d", j)
		}
	}
	return made, nil
}

func (c *change) applyByItem(list []any) (any, error) {
	var came []*itemChange
	gone := map[int]bool{}
	for _, text := range slices.Sorted(maps.Keys(c.items)) {
		item := c.items[text]
		if item.isNew() {
			came = append(came, item)
			continue
		}
		i := find(list, item.wants)
		if i < 0 {
			return nil, fmt.Errorf("there is no item %s", Path{Item(item.wants...)})
		}
		if item.here != nil && item.here.Status == manifest.Removed {
			gone[i] = true
			continue
		}
		changed, err := item.apply(list[i])
		if err != nil {
			return nil, fmt.Errorf("%s: %w", Path{Item(item.wants...)}, err)
		}
		list[i] = changed
	}
	made := make([]any, 0, len(list)+len(came))
	for i, item := range list {
		if !gone[i] {
			made = append(made, item)
		}
	}
	if c.order != nil {
		if len(c.order.Moved) != len(made) {
			return nil, fmt.Errorf("there are %d items to put in order, not %d", len(made), len(c.order.Moved))
		}
		ordered := make([]any, len(made))
		for to, from := range c.order.Moved {
			ordered[to] = made[from]
		}
		made = ordered
	}
	slices.SortFunc(came, func(a, b *itemChange) int { return a.here.Place - b.here.Place })
	for _, item := range came {
		if item.here.Place > len(made) {
			return nil, fmt.Errorf("there is no place %d", item.here.Place)
		}
		made = slices.Insert(made, item.here.Place, manifest.Clone(item.here.After))
	}
	return made, nil
}

// find is the index of the item that a step means; -1 for none. An item that
// does not say a key has its default: another item that says it goes before.
func find(list []any, wants []Want) int {
	found := -1
	for i, item := range list {
		switch isMeant(item, wants) {
		case exactly:
			return i
		case byDefault:
			found = i
		}
	}
	return found
}

type meaning uint8

const (
	not meaning = iota
	byDefault
	exactly
)

func isMeant(item any, wants []Want) meaning {
	how := exactly
	for _, w := range wants {
		if w.Key == "" {
			if !equal(item, w.Value) {
				return not
			}
			continue
		}
		m, ok := item.(map[string]any)
		if !ok {
			return not
		}
		switch v, has := m[w.Key]; {
		case !has:
			how = byDefault
		case !equal(v, w.Value):
			return not
		}
	}
	return how
}
