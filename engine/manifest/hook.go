package manifest

import (
	"slices"
	"strconv"
	"strings"
)

// phases are Helm's, in the order of its documentation. Read only.
var phases = []string{
	"pre-install", "post-install",
	"pre-delete", "post-delete",
	"pre-upgrade", "post-upgrade",
	"pre-rollback", "post-rollback",
	"test",
}

// HookOf reads Helm's hook annotations as Helm does; nil where the object is no
// hook. An object with a phase that Helm does not know, such as Helm 2's
// crd-install, has that one in Unknown and no phases: Helm leaves it out.
func HookOf(body map[string]any) *Hook {
	metadata, _ := body["metadata"].(map[string]any)
	annotations, _ := metadata["annotations"].(map[string]any)
	value, isHook := annotations["helm.sh/hook"]
	if !isHook {
		return nil
	}
	hook := &Hook{DeletePolicies: annotationList(annotations, "helm.sh/hook-delete-policy")}
	if weight, err := strconv.Atoi(annotationText(annotations["helm.sh/hook-weight"])); err == nil {
		hook.Weight = weight
	}
	for phase := range strings.SplitSeq(annotationText(value), ",") {
		phase = strings.ToLower(strings.TrimSpace(phase))
		if phase == "test-success" { // Helm 2's name
			phase = "test"
		}
		known := slices.Index(phases, phase)
		if known < 0 {
			hook.Phases, hook.Unknown = nil, strconv.Quote(phase)
			return hook
		}
		if !slices.Contains(hook.Phases, phase) {
			hook.Phases = append(hook.Phases, phases[known])
		}
	}
	slices.SortFunc(hook.Phases, func(a, b string) int { return slices.Index(phases, a) - slices.Index(phases, b) })
	return hook
}

func annotationList(annotations map[string]any, key string) []string {
	value, ok := annotations[key]
	if !ok {
		return nil
	}
	var list []string
	for item := range strings.SplitSeq(annotationText(value), ",") {
		list = append(list, strings.Clone(strings.ToLower(strings.TrimSpace(item))))
	}
	return list
}

// annotationText is what Helm makes of an annotation that somebody forgot to
// quote.
func annotationText(v any) string {
	switch v := v.(type) {
	case string:
		return v
	case bool:
		return strconv.FormatBool(v)
	case int64:
		return strconv.FormatInt(v, 10)
	case uint64:
		return strconv.FormatUint(v, 10)
	case float64:
		return strconv.FormatFloat(v, 'g', -1, 32)
	}
	return ""
}
