package review

import (
	"encoding/json"
	"math/rand/v2"
	"net/url"
	"strings"
	"testing"
)

// TestSARIFIsTaken holds logs of odd reviews against what GitHub asks for: it
// takes nothing of a log in which a result has no file.
func TestSARIFIsTaken(t *testing.T) {
	for seed := range uint64(20) {
		r := generator{rand.New(rand.NewPCG(seed, 3))}.review(30)
		document, err := r.SARIF(SARIFOptions{Root: "a directory/of it"})
		if err != nil {
			t.Fatal(err)
		}
		var log struct {
			Runs []struct {
				Results []struct {
					Message   struct{ Text string }
					Locations []struct {
						PhysicalLocation struct {
							ArtifactLocation struct{ URI string }
							Region           struct{ StartLine int }
						}
					}
				}
			}
		}
		if err := json.Unmarshal(document, &log); err != nil {
			t.Fatal(err)
		}
		if got := len(log.Runs[0].Results); got != len(r.Hits) || got == 0 {
			t.Errorf("%d results of %d hits", got, len(r.Hits))
		}
		for _, result := range log.Runs[0].Results {
			if result.Message.Text == "" || len(result.Locations) != 1 {
				t.Fatalf("%+v", result)
			}
			at := result.Locations[0].PhysicalLocation
			if u, err := url.Parse(at.ArtifactLocation.URI); err != nil || u.Scheme != "" || !strings.HasPrefix(u.Path, "a directory/of it/") || at.Region.StartLine < 1 {
				t.Errorf("%+v: %v", at, err)
			}
		}
	}
}
