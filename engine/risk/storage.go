package risk

import "fmt"

var storageRules = []Rule{
	{ID: "storage/shrink", Level: Block, Title: "A volume claim shrinks",
		Doc:    "No volume can be made smaller; the API server refuses it.",
		object: shrink},
}

func shrink(o *object) []finding {
	if !o.stays() || !is(o.id, "", "PersistentVolumeClaim") {
		return nil
	}
	keys := []string{"spec", "resources", "requests", "storage"}
	before, after := get(o.before.tree(), keys...), get(o.after.tree(), keys...)
	b, ok := quantity(before)
	a, is := quantity(after)
	if !ok || !is || a.Cmp(b) >= 0 {
		return nil
	}
	return []finding{{path: path(keys...), reason: fmt.Sprintf("the claim shrinks from %s to %s, and no volume can", scalar(before), scalar(after))}}
}
