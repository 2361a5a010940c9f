package risk

import (
	"fmt"
	"slices"
	"strconv"
	"strings"

	"k8s.io/apimachinery/pkg/api/resource"

	"github.com/weir-dev/weir/engine/diff"
)

// What a container cannot run with, though the API server takes it.

// probePorts finds probes and hooks that name a port which their container does
// not have. Custom resources may hold a part of a container only.
func probePorts(s *side) []finding {
	if !slices.Contains(workloadKinds, kindOf(s.ID)) {
		return nil
	}
	var found []finding
	for _, c := range s.containers() {
		ask := func(of tree, keys ...string) {
			how, what := "httpGet", keys[len(keys)-1]
			if of["tcpSocket"] != nil {
				how = "tcpSocket"
			}
			port := text(of, how, "port")
			if _, err := strconv.Atoi(port); port == "" || err == nil || slices.Contains(namesOf(items(c.body, "ports")), port) {
				return
			}
			found = append(found, finding{
				path: below(below(c.path, keys...), how, "port"), key: c.path.String() + " " + what + " " + port,
				reason: fmt.Sprintf("container %s has no port %s: its %s always fails", c.name, port, what),
			})
		}
		for _, probe := range probeKinds {
			ask(sub(c.body, probe), probe)
		}
		if hooks := sub(c.body, "lifecycle"); hooks != nil {
			ask(sub(hooks, "postStart"), "lifecycle", "postStart")
			ask(sub(hooks, "preStop"), "lifecycle", "preStop")
		}
	}
	return found
}

// mebibyte is less than any container needs to start.
var mebibyte = resource.MustParse("1Mi")

// memoryUnits finds amounts of memory that nobody can mean.
func memoryUnits(s *side) []finding {
	var found []finding
	for _, c := range s.containers() {
		for _, of := range []string{"limits", "requests"} {
			v := get(c.body, "resources", of, "memory")
			n, ok := quantity(v)
			if !ok || n.Sign() <= 0 || n.Cmp(mebibyte) >= 0 {
				continue
			}
			at := below(c.path, "resources", of, "memory")
			size := fmt.Sprintf("%d bytes", n.Value())
			if n.MilliValue()%1000 != 0 {
				size = fmt.Sprintf("%d thousandths of a byte", n.MilliValue())
			}
			found = append(found, finding{
				path: at, key: at.String() + diff.Scalar(v),
				reason: fmt.Sprintf("container %s has a memory %s of %s, which is %s: mebibytes are written Mi", c.name, strings.TrimSuffix(of, "s"), diff.Scalar(v), size),
			})
		}
	}
	return found
}
