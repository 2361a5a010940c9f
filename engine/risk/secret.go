package risk

import "github.com/weir-dev/weir/engine/manifest"

var secretRules = []Rule{
	{ID: "secret/plain", Level: Block, Title: "A Secret is committed in plain text",
		Doc:    "Whoever reads the state repository reads the Secret, for as long as its history is kept; refer to one in a secret store instead, or omit it.",
		object: newly(plain)},
}

func plain(s *side) []finding {
	if !is(s.ID, "", "Secret") || !manifest.HasSecretData(s.tree()) {
		return nil
	}
	return []finding{{reason: "its values are readable to everybody who can read the state repository, base64 hides nothing"}}
}
