package schema

import (
	"slices"

	"github.com/zclconf/go-cty/cty"
)

// Sensitive lists the texts and numbers that sensitive variables are set to,
// sorted: what nobody may read, wherever it ends up.
func (p *Project) Sensitive() []string {
	var all []string
	for _, name := range keys(p.variables) {
		v := p.variables[name]
		if !v.secret || v.value == cty.NilVal {
			continue
		}
		value, _ := v.value.UnmarkDeep()
		_ = cty.Walk(value, func(_ cty.Path, v cty.Value) (bool, error) { // cannot fail
			switch {
			case !v.IsKnown() || v.IsNull():
			case v.Type() == cty.Number:
				all = append(all, v.AsBigFloat().Text('f', -1))
			case v.Type() == cty.String && v.AsString() != "":
				all = append(all, v.AsString())
			}
			return true, nil
		})
	}
	slices.Sort(all)
	return slices.Compact(all)
}
