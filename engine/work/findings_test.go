package work_test

import (
	"fmt"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/weir-dev/weir/engine/work"
	"github.com/weir-dev/weir/schema/diag"
)

// TestTogether: what is wrong once is told once, with where it hurts; the same place
// twice is one.
func TestTogether(t *testing.T) {
	at := func(line int) diag.Range {
		return diag.Range{File: "weir.hcl", Start: diag.Pos{Line: line}, End: diag.Pos{Line: line}}
	}
	var found diag.List
	for line := 1; line <= 8; line++ {
		found = append(found, diag.Errorf(at(line), "the repository is down"))
	}
	found = append(found, diag.Errorf(at(1), "the repository is down"), diag.Errorf(at(3), "something else"))
	var got []string
	for _, d := range work.Together(found) {
		text := fmt.Sprintf("%d: %s. %s", d.Subject.Start.Line, d.Summary, d.Detail)
		for _, r := range d.Related {
			text += fmt.Sprintf(" [%d %s]", r.Range.Start.Line, r.Note)
		}
		got = append(got, text)
	}
	want := []string{
		"1: the repository is down. It is the same at 4 more places. [2 the same here] [3 the same here] [4 the same here]",
		"3: something else. ",
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("-want +got:\n%s", diff)
	}
}
