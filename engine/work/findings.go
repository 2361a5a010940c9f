package work

import (
	"fmt"
	"strings"

	"github.com/weir-dev/weir/schema/diag"
)

// Gather joins lists that goroutines left in slots of their own.
func Gather(lists []diag.List) diag.List {
	var all diag.List
	for _, list := range lists {
		all = append(all, list...)
	}
	return all
}

// Refusal splits what a person can repair from a failure of the machine.
func Refusal(err error) (diag.List, error) {
	if list, ok := diag.Refused(err); ok {
		return list, nil
	}
	return nil, err
}

// Together makes one finding of those that say the same at several places: a
// repository that is down is one problem, however many releases want it.
func Together(found diag.List) diag.List {
	const shown = 4
	at, places := map[string]int{}, map[string]int{}
	var all diag.List
	for _, d := range found.Sorted() {
		key := d.Severity.String() + "\x00" + d.Summary + "\x00" + d.Detail + "\x00" + d.Remedy
		i, known := at[key]
		switch {
		case !known:
			at[key] = len(all)
			all = append(all, d)
		case d.Subject == all[i].Subject: // what is wrong there, not with who wants it
			continue
		case places[key] < shown:
			all[i] = all[i].Also(d.Subject, "the same here")
		}
		places[key]++
	}
	for key, i := range at {
		if n := places[key] - shown; n > 0 {
			all[i].Detail = strings.TrimSpace(fmt.Sprintf("%s It is the same at %d more places.", all[i].Detail, n))
		}
	}
	return all
}
