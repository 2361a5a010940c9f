package risk

import (
	"fmt"
	"slices"
	"strings"

	"github.com/weir-dev/weir/engine/diff"
	"github.com/weir-dev/weir/engine/manifest"
)

var hookRules = []Rule{
	{ID: "hook/changed", Level: Caution, Title: "A hook is added, changed or removed",
		Doc:    "Hooks run once, at a phase, with whatever rights they have; what they did is not undone. Another version of an image alone is no such change.",
		object: hookChanged},
}

func hookChanged(o *object) []finding {
	if !o.Hook() {
		return nil
	}
	phases := func(s *side) string {
		if s == nil || s.Hook == nil {
			return ""
		}
		return strings.Join(s.Hook.Phases, ", ")
	}
	before, after := phases(o.before), phases(o.after)
	switch {
	case o.Status != manifest.Changed && o.aid():
		return nil
	case o.Status == manifest.Created:
		return []finding{{reason: fmt.Sprintf("it runs at %s", after)}}
	case o.Status == manifest.Removed:
		return []finding{{reason: fmt.Sprintf("it no longer runs at %s", before)}}
	case before != after:
		return []finding{{reason: fmt.Sprintf("it runs at %s instead of %s", after, before)}}
	case o.routine(), o.bumped():
		return nil
	}
	return []finding{{reason: fmt.Sprintf("what runs at %s changes", after)}}
}

// aid tells what a hook needs and does nothing by itself: what runs with it is
// told. Its changes are, too, since rights may be among them.
func (o *object) aid() bool {
	return len(o.before.podsOf())+len(o.after.podsOf()) == 0 && !strings.Contains(o.id.Group, ".") || o.id.Group == "rbac.authorization.k8s.io"
}

// bumped tells whether nothing changes but routine and the versions of images:
// most charts run the program that they install in their hooks, too.
func (o *object) bumped() bool {
	for _, f := range o.Fields {
		if f.Class.Routine() {
			continue
		}
		before, _ := f.Before.(string)
		after, _ := f.After.(string)
		if f.Class != diff.Image || before == "" || parseReference(before).repository != parseReference(after).repository {
			return false
		}
	}
	return o.Status == manifest.Changed
}

// routine tells whether nothing changes but what is folded for readers.
func (o *object) routine() bool {
	if o.Status != manifest.Changed || len(o.Fields) == 0 {
		return false
	}
	for _, f := range o.Fields {
		if !f.Class.Routine() {
			return false
		}
	}
	return true
}

// only tells whether all changes are of some routine classes, the first among
// them.
func (o *object) only(classes ...diff.Class) bool {
	found := false
	for _, f := range o.Fields {
		if !slices.Contains(classes, f.Class) {
			return false
		}
		found = found || f.Class == classes[0]
	}
	return found && o.Status == manifest.Changed
}
