package schema

import (
	"fmt"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/weir-dev/weir/schema/diag"
)

var someFacts = CommitFacts{
	Environments: []string{"dev", "prod"},
	Created:      []string{"dev/a"},
	Changed:      []string{"prod/web"},
	Releases: []CommitRelease{
		{Environment: "dev", Release: "a", Status: "created", Objects: CommitObjects{Created: 2}, Line: "created; objects: 2 created"},
		{
			Environment: "prod", Release: "web", Status: "changed", From: "www", Chart: "podinfo", OldVersion: "6.7.0", Version: "6.7.1",
			Objects: CommitObjects{Changed: 1, Unchanged: 3}, Line: "changed, podinfo 6.7.0→6.7.1; objects: 1 changed",
		},
	},
	Objects:   CommitObjects{Created: 2, Changed: 1, Unchanged: 3},
	SourceURL: "https://git.example/shop.git", SourceCommit: "0123456789abcdef",
	Summary: "hydrate(dev,prod): a created, web changed", Version: "0.1.0",
}

// TestCommitMessage shows what a template sees, and what of it can be wrong.
func TestCommitMessage(t *testing.T) {
	cases := []struct {
		block string
		facts CommitFacts
		want  CommitMessage
		fails string // summary of what is said when the project is loaded, or for the commit
		late  bool   // it is said for the commit
	}{
		{block: ``, facts: someFacts},
		{block: `subject = null`, facts: someFacts},
		{block: `subject = ""`, facts: someFacts},
		{block: `subject = "deploy"`, facts: someFacts, want: CommitMessage{Subject: "deploy"}},
		{
			block: `subject = "[${cluster.name}/${cluster.labels.region}/${cluster.kubernetes}] ${project.name} ${var.ticket}: ${commit.summary}"`, facts: someFacts,
			want: CommitMessage{Subject: "[eu/europe/1.34] p T-1: hydrate(dev,prod): a created, web changed"},
		},
		{block: `subject = "deploy ${join(",", commit.environments)} ${local.team} ${path.file}"`, facts: someFacts, want: CommitMessage{Subject: "deploy dev,prod web weir.hcl"}},
		{
			block: `body = join("\n", [for r in commit.releases : "${r.environment}/${r.release} ${r.status} ${r.from}|${r.chart} ${r.old_version}-${r.version} ${r.objects.created + r.objects.changed} ${r.line}"])`, facts: someFacts,
			want: CommitMessage{Body: "dev/a created | - 2 created; objects: 2 created\nprod/web changed www|podinfo 6.7.0-6.7.1 1 changed, podinfo 6.7.0→6.7.1; objects: 1 changed"},
		},
		{
			block: "body = <<-EOT\n  %{for r in commit.releases~}\n  * ${r.release}\n  %{endfor~}\nEOT", facts: someFacts,
			want: CommitMessage{Body: "  * a\n  * web\n"},
		},
		{
			block: `subject = "${length(commit.created)} ${length(commit.removed)} ${length(commit.namespaces)} ${commit.objects.created} ${substr(commit.source.commit, 0, 8)} ${commit.source.url} ${commit.version}"`, facts: someFacts,
			want: CommitMessage{Subject: "1 0 0 2 01234567 https://git.example/shop.git 0.1.0"},
		},
		{
			block: `subject = length(commit.releases) > 1 ? "many" : commit.releases[0].release`, facts: someFacts,
			want: CommitMessage{Subject: "many"},
		},
		{
			block: `trailers = { Ticket = var.ticket, "Reviewed-For" = commit.environments[0], None = null }`, facts: someFacts,
			want: CommitMessage{Trailers: []CommitTrailer{
				{Name: "Reviewed-For", Value: "dev", Range: at(17, 52, 17, 74)},
				{Name: "Ticket", Value: "T-1", Range: at(8, 13, 8, 18)},
			}},
		},
		{
			block: `trailers = { for e in commit.environments : "For-${e}" => "yes" }`, facts: someFacts,
			want: CommitMessage{Trailers: []CommitTrailer{
				{Name: "For-dev", Value: "yes", Range: at(17, 59, 17, 64)},
				{Name: "For-prod", Value: "yes", Range: at(17, 59, 17, 64)},
			}},
		},
		{block: `trailers = { "For-${commit.version}" = "x" }`, facts: CommitFacts{Version: "1"}, want: CommitMessage{Trailers: []CommitTrailer{{Name: "For-1", Value: "x", Range: at(17, 40, 17, 43)}}}},
		{block: `trailers = length(commit.created) > 0 ? { New = "yes" } : {}`, facts: CommitFacts{}, want: CommitMessage{}},
		{block: `subject = try(commit.removed[0], "nothing")`, facts: someFacts, want: CommitMessage{Subject: "nothing"}},
		{block: `subject = var.absent`, facts: someFacts, fails: `The variable "absent" has no value`, late: true},
		{block: `subject = commit.removed[0]`, facts: someFacts, fails: "Invalid index", late: true},
		{block: `subject = regex("^v.*", commit.version)`, facts: someFacts, fails: "Error in function call", late: true},

		{block: `subject = commit.sumary`, fails: "There is no commit.sumary"},
		{block: `subject = commit.source.branch`, fails: "Unsupported attribute"},
		{block: `body = join(",", [for r in commit.releases : r.chrat])`, fails: "Unsupported attribute"},
		{block: `body = join(",", commit.releases)`, fails: "Invalid function argument"},
		{block: `subject = commit.environments`, fails: `"subject" takes a string`},
		{block: `subject = 3`, fails: `"subject" takes a string`},
		{block: `body = commit.objects.created`, fails: `"body" takes a string`},
		{block: `body = commit.source`, fails: `"body" takes a string`},
		{block: `trailers = commit.summary`, fails: `"trailers" takes an object`},
		{block: `trailers = { N = commit.objects.created }`, fails: `"trailers" takes an object of strings`},
		{block: `subject = "x ${commit.environments}"`, fails: "Invalid template interpolation value"},
		{block: `subject = env.name`, fails: `"env" is not known in a commit's message`},
		{block: `subject = release.name`, fails: `"release" is not known in a commit's message`},
		{block: `subject = local.target`, fails: "local.target depends on the target, which is not known here"},
		{block: `subject = local.indirect`, fails: "local.indirect depends on the target, which is not known here"},
		{block: `subject = cluster.labels.zone`, fails: "Unsupported attribute"},
		{block: `subject = "x${commit.summary}${var.token}"`, fails: `"subject" cannot be sensitive`},
		{block: `body = commit.summary == "" ? var.token : ""`, facts: CommitFacts{}, fails: `"body" cannot be sensitive`, late: true},
		{block: `trailers = { Token = var.token }`, fails: `"trailers" cannot be sensitive`},
		{block: `trailers = { (var.token) = "x" }`, fails: "This cannot be the key of an object"},
		{block: `sbject = "x"`, fails: `Unknown attribute "sbject" in commit`},
	}
	for _, c := range cases {
		p, list := Load(Options{
			Dir: project(t, fmt.Sprintf(`
locals {
  team     = "web"
  target   = "x-${env.name}"
  indirect = "y-${local.target}"
}
variable "ticket" {
  default = "T-1"
}
variable "absent" {}
variable "token" {
  default   = "hunter2"
  sensitive = true
}
project "p" {
  commit {
%s
  }
}
cluster "eu" {
  kubernetes = "1.34"
  labels     = { region = "europe" }
}
environment "dev" { clusters = ["eu"] }
`, c.block)),
		})
		early := summary(list)
		var m CommitMessage
		if early == "" {
			m, list = p.CommitMessage("eu", c.facts)
		}
		got := []any{m, summary(list), early == "" && len(list) > 0}
		if d := cmp.Diff([]any{c.want, c.fails, c.late}, got); d != "" {
			t.Errorf("%s (-want +got)\n%s\n%s", c.block, d, shown(t, p, list))
		}
	}
}

func summary(list diag.List) string {
	if len(list) == 0 {
		return ""
	}
	return list[0].Summary
}

func at(line, column, toLine, toColumn int) diag.Range {
	return diag.Range{File: projectFile, Start: diag.Pos{Line: line, Column: column}, End: diag.Pos{Line: toLine, Column: toColumn}}
}
