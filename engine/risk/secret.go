package risk

import (
	"encoding/base64"
	"fmt"
	"maps"
	"slices"

	"github.com/weir-dev/weir/engine/diff"
	"github.com/weir-dev/weir/engine/manifest"
)

var secretRules = []Rule{
	{ID: "secret/plain", Level: Block, Title: "A Secret is committed in plain text",
		Doc:    "Whoever reads the state repository reads the Secret, for as long as its history is kept; refer to one in a secret store instead, or omit it.",
		object: newly(plain)},
	{ID: "secret/rotated", Level: Info, Title: "A Secret in plain text gets new values",
		Doc:    "They are as readable as the old ones were: a value that is in the state repository counts as known.",
		object: rotated},
}

func isPlainSecret(s *side) bool {
	return s != nil && is(s.ID, "", "Secret") && manifest.HasSecretData(s.tree())
}

func plain(s *side) []finding {
	if !isPlainSecret(s) {
		return nil
	}
	return []finding{{reason: "its values are readable to everybody who can read the state repository, base64 hides nothing"}}
}

// rotated fires for values that a Secret gets which was plain before.
func rotated(o *object) []finding {
	if !isPlainSecret(o.before) || !isPlainSecret(o.after) {
		return nil
	}
	old, now := secretValues(o.before.tree()), secretValues(o.after.tree())
	var keys []string
	fields := map[string]bool{}
	for _, key := range sortedKeys(now) {
		if v, had := old[key]; had && v == now[key] {
			continue
		}
		keys = append(keys, key)
		if get(o.after.tree(), "stringData", key) != nil {
			fields["stringData"] = true
		} else {
			fields["data"] = true
		}
	}
	if len(keys) == 0 {
		return nil
	}
	f := finding{reason: "still in plain text, with new values: " + some(keys)}
	if len(fields) == 1 {
		f.path = path(slices.Collect(maps.Keys(fields))...)
	}
	if len(keys) == 1 {
		f.path, f.reason = below(f.path, keys[0]), fmt.Sprintf("still in plain text, with a new value of %s", keys[0])
	}
	return []finding{f}
}

// secretValues are what a Secret holds by its keys, decoded.
func secretValues(t tree) tree {
	values := tree{}
	for key, v := range sub(t, "data") {
		text := diff.Scalar(v)
		if decoded, err := base64.StdEncoding.DecodeString(text); err == nil {
			text = string(decoded)
		}
		values[key] = text
	}
	for key, v := range sub(t, "stringData") {
		values[key] = diff.Scalar(v)
	}
	return values
}
