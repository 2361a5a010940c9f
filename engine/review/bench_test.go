package review

import (
	"fmt"
	"testing"

	"github.com/weir-dev/weir/engine/diff"
)

// BenchmarkReview is of 10,000 objects that all change, on two targets.
func BenchmarkReview(b *testing.B) {
	of := func(version, log string) *diff.Version {
		var documents []string
		for i := range 2500 {
			documents = append(documents, fill(b, deployment, fmt.Sprintf("name=app-%04d", i), fmt.Sprintf("log=%s-%d", log, i), "chart=web-"+version), fill(b, configMap, fmt.Sprintf("name=app-%04d", i), "log="+log))
		}
		return versionOf(b, "web", version, documents...)
	}
	before, after := of("1.0.0", "info"), of("1.1.0", "debug")
	in := Input{Targets: []Target{{Cluster: "a", Environment: "p"}, {Cluster: "b", Environment: "p"}}}
	for _, t := range in.Targets {
		in.Releases = append(in.Releases, diff.Compare(diff.Pair{Cluster: t.Cluster, Environment: t.Environment, Release: "web", Before: before, After: after}))
	}
	r := Make(in)
	b.Run("make", func(b *testing.B) {
		for b.Loop() {
			r = Make(in)
		}
	})
	b.Run("markdown", func(b *testing.B) {
		for b.Loop() {
			r.Markdown(MarkdownOptions{})
		}
	})
	b.Run("terminal", func(b *testing.B) {
		for b.Loop() {
			r.Terminal(TerminalOptions{})
		}
	})
	b.Run("full", func(b *testing.B) {
		for b.Loop() {
			r.Terminal(TerminalOptions{Full: true})
		}
	})
}
