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

// asks are the fields of a container that may ask one of its ports by name. Read
// only.
var asks = [][]string{{"livenessProbe"}, {"readinessProbe"}, {"startupProbe"}, {"lifecycle", "postStart"}, {"lifecycle", "preStop"}}

// probePorts finds probes and hooks that name a port which their container does
// not have. Custom resources may hold a part of a container only.
func probePorts(s *side) []finding {
	if !slices.Contains(workloadKinds, kindOf(s.ID)) {
		return nil
	}
	var found []finding
	for _, c := range s.containers() {
		has := namesOf(items(c.body, "ports"))
		for _, keys := range asks {
			for _, how := range []string{"httpGet", "tcpSocket"} {
				keys := append(slices.Clone(keys), how, "port")
				port := text(c.body, keys...)
				if _, err := strconv.Atoi(port); port == "" || err == nil || slices.Contains(has, port) {
					continue
				}
				what := keys[len(keys)-3]
				found = append(found, finding{
					path: below(c.path, keys...), key: c.path.String() + " " + what + " " + port,
					reason: fmt.Sprintf("container %s has no port %s: its %s always fails", c.name, port, what),
				})
			}
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
				size = "thousandths of a byte"
			}
			found = append(found, finding{
				path: at, key: at.String() + diff.Scalar(v),
				reason: fmt.Sprintf("container %s has a memory %s of %s, which is %s: mebibytes are written Mi", c.name, strings.TrimSuffix(of, "s"), diff.Scalar(v), size),
			})
		}
	}
	return found
}
