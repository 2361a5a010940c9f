package risk

import "fmt"

var sizeRules = []Rule{
	{ID: "size/objects", Level: Caution, Title: "Many objects of a release change",
		Doc:     "More than 60 objects change in more than labels and checksums: nobody reads all of that.",
		release: manyObjects},
	{ID: "size/releases", Level: Caution, Title: "Many releases of a target change",
		Doc:     "More than 10 releases of an environment change at once on a cluster.",
		release: manyReleases},
}

const (
	tooManyObjects  = 60
	tooManyReleases = 10
)

func manyObjects(r *release) []finding {
	if n := r.weighty(); n > tooManyObjects {
		return []finding{{reason: fmt.Sprintf("%d objects change at once", n)}}
	}
	return nil
}

// weighty counts the objects that change in more than what is folded.
func (r *release) weighty() int {
	n := 0
	for _, o := range r.objects {
		if !o.routine() {
			n++
		}
	}
	return n
}

// manyReleases is told once, with the first release of the target.
func manyReleases(r *release) []finding {
	n := 0
	for _, other := range r.in.releases {
		if other.Environment != r.Environment || len(other.objects) == 0 {
			continue
		}
		if n == 0 && other != r {
			return nil
		}
		n++
	}
	if n <= tooManyReleases {
		return nil
	}
	return []finding{{target: true, reason: fmt.Sprintf("%d releases change at once", n)}}
}
