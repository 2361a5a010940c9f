package fetch_test

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/weir-dev/weir/engine/fetch"
	"github.com/weir-dev/weir/integration/chartserver"
	"github.com/weir-dev/weir/schema"
)

// TestAccept: a chart that was changed under the same version is taken by who
// says with which digest, and by nobody else; whatever the repository tells of
// digests, and though the old one is at hand.
func TestAccept(t *testing.T) {
	for name, test := range map[string]struct {
		prepare func(*place)
		refused string // what is said to who accepts it, too
	}{
		"the index has digests": {},
		"the index has no digests": {prepare: func(p *place) {
			p.server.Fault("/index.yaml", chartserver.Text("", "entries:\n  app:\n  - version: 1.1.0\n    urls: [app-1.1.0.tgz]\n"))
		}},
		"by URL": {prepare: func(p *place) {
			p.ref = schema.Chart{Source: p.server.URL + "/app-1.1.0.tgz", Kind: schema.URL}
		}},
		"the index has the old digest": {
			prepare: func(p *place) {
				p.server.Fault("/index.yaml", chartserver.Text("", "entries:\n  app:\n  - version: 1.1.0\n    digest: "+p.sums["1.1.0"]+"\n    urls: [app-1.1.0.tgz]\n"))
				p.store = fetch.NewStore("") // what is at hand is what the index says
			},
			refused: `is not what its repository says`,
		},
	} {
		t.Run(name, func(t *testing.T) {
			p := newPlace(t)
			if test.prepare != nil {
				test.prepare(p)
			}
			p.lock(false)
			old := p.old
			now := p.server.Add("app", "1.1.0", "templates/a.yaml", "a: other\n")
			update := func(accept ...string) (schema.Lock, string) {
				l := &fetch.Locking{Old: old, Accept: accept, Stock: &fetch.Stock{Shelves: []fetch.Shelf{p.store}, Keep: p.store, Source: p.source()}}
				if _, err := l.Newest().Files(t.Context(), p.ref); err != nil {
					return schema.Lock{}, p.said(err)
				}
				return l.Lock(), ""
			}
			if made, said := update(strings.Repeat("0", 64)); said == "" {
				t.Errorf("other bytes are taken by who accepts others: %+v", made)
			}
			made, said := update(now)
			if test.refused != "" {
				if !strings.Contains(said, test.refused) {
					t.Errorf("%s", said)
				}
				return
			}
			if said != "" {
				t.Fatal(said)
			}
			e := old.Charts[0]
			e.SHA256, e.Files = now, made.Charts[0].Files
			if diff := cmp.Diff([]schema.Locked{e}, made.Charts); diff != "" || e.Files == old.Charts[0].Files {
				t.Errorf("locked (-want +got):\n%s", diff)
			}
		})
	}
}
