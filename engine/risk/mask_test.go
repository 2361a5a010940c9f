package risk

import (
	"encoding/json"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/weir-dev/weir/engine/diff"
	"github.com/weir-dev/weir/engine/manifest"
	"github.com/weir-dev/weir/schema/diag"
)

// TestMasked shows that nothing that is said of a cluster tells what nobody may
// read, and that everything else stays.
func TestMasked(t *testing.T) {
	mask := diff.NewMasker([]string{"hunter2"})
	id := manifest.ID{Kind: "Deployment", Namespace: "of-hunter2", Name: "web-hunter2"}
	maskedID := manifest.ID{Kind: "Deployment", Namespace: "of-masked", Name: "web-masked"}
	waiver := Waiver{Reason: "token hunter2 is known", Until: time.Date(2026, 12, 31, 0, 0, 0, 0, time.UTC), Range: diag.Range{File: "weir.hcl"}}
	for name, c := range map[string]struct{ got, want any }{
		"hit": {
			Hit{Rule: "network/ingress-host", Level: Caution, Object: id, Path: path("data", "hunter2"), Reason: "hunter2.example.com goes", Consequence: "hunter2"}.Masked(mask),
			Hit{Rule: "network/ingress-host", Level: Caution, Object: maskedID, Path: path("data", "value A"), Reason: "(value A).example.com goes", Consequence: "value A"},
		},
		"waived hit": {
			Hit{Rule: "rbac/wildcard", Reason: "hunter2 may do all", Waived: &waiver}.Masked(mask),
			Hit{Rule: "rbac/wildcard", Reason: "(value A) may do all", Waived: &Waiver{Reason: "token (value A) is known", Until: waiver.Until, Range: waiver.Range}},
		},
		"restart": {
			Restart{Release: "web", Object: id, Pods: 2, Scaler: "HorizontalPodAutoscaler hunter2, 1 to 2"}.Masked(mask),
			Restart{Release: "web", Object: maskedID, Pods: 2, Scaler: "HorizontalPodAutoscaler (value A), 1 to 2"},
		},
		"image": {
			ImageChange{Repository: "a/hunter2", Was: "b/hunter2", From: "1-hunter2", To: "2-hunter2", Object: id, Container: "c-hunter2", Step: stepMajor}.Masked(mask),
			ImageChange{Repository: "a/(value A)", Was: "b/(value A)", From: "1-(value A)", To: "2-(value A)", Object: maskedID, Container: "c-(value A)", Step: stepMajor},
		},
	} {
		if d := cmp.Diff(c.want, c.got); d != "" {
			t.Errorf("%s (-want +got):\n%s", name, d)
		}
		if text, err := json.Marshal(c.got); err != nil || strings.Contains(string(text), "hunter2") {
			t.Errorf("%s: %s, %v", name, text, err)
		}
	}
	if waiver.Reason != "token hunter2 is known" {
		t.Error("what was given changed")
	}
}
