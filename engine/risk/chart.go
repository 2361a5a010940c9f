package risk

import "fmt"

var chartRules = []Rule{
	{ID: "chart/major", Level: Caution, Title: "A chart goes to another major version",
		Doc:     "By semantic versioning its values or its objects may have changed incompatibly.",
		release: movedChart(stepMajor, "goes")},
	{ID: "chart/downgrade", Level: Caution, Title: "A chart goes back to an older version",
		Doc:     "What newer versions of it made or moved is not always undone by an older one.",
		release: movedChart(stepBack, "goes back")},
	{ID: "chart/replaced", Level: Caution, Title: "A release is rendered from another chart",
		Doc:     "Nothing says that the two charts' objects and values mean the same.",
		release: otherChart},
}

// movedChart fires for one kind of step to another version of the same chart.
func movedChart(step, moves string) func(*release) []finding {
	return func(r *release) []finding {
		if r.before == nil || r.after == nil || r.Before.Chart.Name != r.After.Chart.Name || Step(r.Before.Chart.Version, r.After.Chart.Version) != step {
			return nil
		}
		return []finding{{reason: fmt.Sprintf("chart %s %s from %s to %s", r.After.Chart.Name, moves, r.Before.Chart.Version, r.After.Chart.Version)}}
	}
}

func otherChart(r *release) []finding {
	if r.before == nil || r.after == nil || r.Before.Chart.Name == r.After.Chart.Name || r.Before.Chart.Name == "" || r.After.Chart.Name == "" {
		return nil
	}
	return []finding{{reason: fmt.Sprintf("chart %s takes the place of %s", r.After.Chart.Name, r.Before.Chart.Name)}}
}
