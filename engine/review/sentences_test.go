package review

import (
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestTold(t *testing.T) {
	tests := map[string]struct{ all, want []string }{
		"none":  {nil, []string{}},
		"one":   {[]string{"Nothing is there."}, []string{"Nothing is there."}},
		"twice": {[]string{"The same.", "The same."}, []string{"The same.", "The same."}},
		"a word": {
			[]string{"Cluster a goes to 1.34.", "Cluster b goes to 1.34.", "Something else.", "Cluster c goes to 1.34."},
			[]string{"Cluster a, b, c goes to 1.34.", "Something else."},
		},
		"another word":     {[]string{"Cluster a goes to 1.34.", "Cluster b goes to 1.34.", "Cluster a goes to 1.35."}, []string{"Cluster a, b goes to 1.34.", "Cluster a goes to 1.35."}},
		"the last":         {[]string{"There is no web.", "There is no api."}, []string{"There is no web, api."}},
		"with other marks": {[]string{"There is no web.", "There is no api:"}, []string{"There is no web., api:"}},
		"the first":        {[]string{"Web is gone.", "Api is gone."}, []string{"Web is gone.", "Api is gone."}},
		"two words":        {[]string{"Of a b is gone.", "Of b a is gone."}, []string{"Of a b is gone.", "Of b a is gone."}},
		"more than are wanted": {
			[]string{"Cluster a goes.", "Cluster b goes.", "Cluster c goes.", "Cluster d goes.", "Cluster e goes."},
			[]string{"Cluster a, b, c, 2 more goes."},
		},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			if d := cmp.Diff(test.want, told(test.all, 3)); d != "" {
				t.Errorf("(-want +got):\n%s", d)
			}
		})
	}
}
