package plan

import (
	"fmt"
	"slices"
	"strings"

	"github.com/weir-dev/weir/schema/diag"
)

// once collects what was found target by target and says it once: one line of a
// project is wrong in the same way at every target that reads it.
type once struct {
	list    diag.List
	places  map[string]int // by range and summary, in list
	targets [][]string     // where, beside each of list
}

func (o *once) add(d diag.Diagnostic, target string) {
	if o.places == nil {
		o.places = map[string]int{}
	}
	key := fmt.Sprint(d.Subject, d.Summary)
	i, ok := o.places[key]
	if !ok {
		o.places[key] = len(o.list)
		o.list, o.targets = append(o.list, d), append(o.targets, []string{target})
		return
	}
	if !slices.Contains(o.targets[i], target) {
		o.targets[i] = append(o.targets[i], target)
	}
}

// found is the list, with the other targets named in the details.
func (o *once) found() diag.List {
	const most = 3
	for i, targets := range o.targets {
		switch more := targets[1:]; {
		case len(more) > most:
			o.list[i].Detail += fmt.Sprintf(" It is the same in %s and %d more targets.", strings.Join(more[:most], ", "), len(more)-most)
		case len(more) > 0:
			o.list[i].Detail += fmt.Sprintf(" It is the same in %s.", strings.Join(more, ", "))
		}
	}
	return o.list
}
