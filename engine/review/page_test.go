package review

import (
	"fmt"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// TestTrail asks for every line of a text what it is below.
func TestTrail(t *testing.T) {
	const text = `kind: Deployment
metadata:
  labels:
    helm.sh/chart: web

  name: web
spec:
  template:
    spec:
      containers:
      - env:
        - name: A
          value: b
        image: web
      - image: side
      matrix:
      - - a: 1
        - b: 2
data:
  app.yaml: |
    log:
      level: info
    # a comment: of theirs
    http://x
`
	want := `1
2
3 metadata
4 metadata.labels
5
6 metadata
7
8 spec
9 spec.template
10 spec.template.spec
11 spec.template.spec.containers
12 spec.template.spec.containers[].env
13 spec.template.spec.containers[].env[]
14 spec.template.spec.containers[]
15 spec.template.spec.containers
16 spec.template.spec
17 spec.template.spec.matrix
18 spec.template.spec.matrix[]
19
20 data
21 data.app.yaml
22 data.app.yaml.log
23 data.app.yaml
24 data.app.yaml
`
	var got strings.Builder
	all := trail{text: text}
	for line := range strings.Count(text, "\n") {
		fmt.Fprintln(&got, strings.TrimSpace(fmt.Sprintf("%d %s", line+1, all.at(line+1))))
	}
	if d := cmp.Diff(want, got.String()); d != "" {
		t.Errorf("in one go (-want +got):\n%s", d)
	}
	for line, want := range strings.Split(strings.TrimSpace(want), "\n") {
		alone := trail{text: text}
		if got := strings.TrimSpace(fmt.Sprintf("%d %s", line+1, alone.at(line+1))); got != want {
			t.Errorf("%s at once, %s in one go", got, want)
		}
	}
}
