package schema

import (
	"encoding/json"
	"sync"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// TestConcurrent asks for everything at once, and one after the other.
func TestConcurrent(t *testing.T) {
	ask := func(p *Project, parallel bool) map[string]string {
		out := map[string]string{}
		var mu sync.Mutex
		var wait sync.WaitGroup
		run := func(f func()) {
			if parallel {
				wait.Go(f)
			} else {
				f()
			}
		}
		for _, target := range p.Targets() {
			run(func() {
				headers, _ := p.Headers(target)
				for _, h := range headers {
					run(func() {
						r, list := p.Release(h, target)
						text, err := json.Marshal([]any{r, list})
						if err != nil {
							t.Error(err)
						}
						mu.Lock()
						defer mu.Unlock()
						out[target.Environment+"/"+target.Cluster+"/"+h.Name] = string(text)
					})
				}
			})
		}
		wait.Wait()
		return out
	}
	for _, dir := range []string{"testdata/language", "testdata/origins"} {
		o := Options{Dir: dir, Vars: map[string]string{"passed": "x"}}
		if dir == "testdata/language" {
			o.Vars = nil
		}
		one, _ := Load(o)
		all, _ := Load(o)
		if d := cmp.Diff(ask(one, false), ask(all, true)); d != "" {
			t.Error(d)
		}
	}
}
