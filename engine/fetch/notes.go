package fetch

import (
	"fmt"
	"strings"

	"helm.sh/helm/v3/pkg/chart"
	"sigs.k8s.io/yaml"

	"github.com/weir-dev/weir/schema"
)

// changesAnnotation is where charts say what is new, as Artifact Hub reads it: a
// list of texts, or of objects with a kind and a description.
const changesAnnotation = "artifacthub.io/changes"

// Notes are the release notes that the chart of an entry brings along; nil where
// it has none, or was not looked at.
func (l *Locking) Notes(e schema.Locked) []string {
	d := l.decided.peek(e.Key())
	f := fileOf(d.packed.Files, "Chart.yaml")
	metadata := &chart.Metadata{}
	if f == nil || yaml.Unmarshal(f.Data, metadata) != nil || metadata.Version != e.Version {
		return nil
	}
	var texts []any
	if yaml.Unmarshal([]byte(metadata.Annotations[changesAnnotation]), &texts) != nil {
		return nil
	}
	var notes []string
	for _, text := range texts {
		switch text := text.(type) {
		case string:
			notes = append(notes, oneLine(text))
		case map[string]any:
			description, _ := text["description"].(string)
			if kind, ok := text["kind"].(string); ok && description != "" {
				description = fmt.Sprintf("%s: %s", kind, description)
			}
			if description != "" {
				notes = append(notes, oneLine(description))
			}
		}
	}
	return notes
}

func oneLine(text string) string { return strings.Join(strings.Fields(text), " ") }
