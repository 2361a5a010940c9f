package review

import (
	"cmp"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"net/url"
	"path"
	"slices"
	"strings"

	"github.com/weir-dev/weir/engine/manifest"
	"github.com/weir-dev/weir/engine/risk"
	"github.com/weir-dev/weir/schema/diag"
)

// SARIFOptions say how to write SARIF.
type SARIFOptions struct {
	Version string // of weir
	Root    string // the project's directory in its repository, with slashes; empty where it is the whole
}

// The part of SARIF 2.1.0 (OASIS, docs.oasis-open.org/sarif) that forges read.
type (
	sarifLog struct {
		Schema  string     `json:"$schema"`
		Version string     `json:"version"`
		Runs    []sarifRun `json:"runs"`
	}
	sarifRun struct {
		Tool       sarifTool       `json:"tool"`
		Automation sarifAutomation `json:"automationDetails"`
		Results    []sarifResult   `json:"results"`
	}
	sarifAutomation struct {
		ID string `json:"id"`
	}
	sarifTool struct {
		Driver sarifDriver `json:"driver"`
	}
	sarifDriver struct {
		Name    string      `json:"name"`
		Version string      `json:"version,omitempty"`
		Rules   []sarifRule `json:"rules"`
	}
	sarifRule struct {
		ID         string          `json:"id"`
		Short      sarifText       `json:"shortDescription"`
		Full       sarifText       `json:"fullDescription"`
		Help       sarifHelp       `json:"help"`
		Defaults   sarifDefault    `json:"defaultConfiguration"`
		Properties sarifProperties `json:"properties"`
	}
	sarifHelp struct {
		Text     string `json:"text"`
		Markdown string `json:"markdown"`
	}
	sarifDefault struct {
		Level string `json:"level"`
	}
	sarifProperties struct {
		Tags      []string `json:"tags"`
		Precision string   `json:"precision"`
	}
	sarifText struct {
		Text string `json:"text"`
	}
	sarifResult struct {
		Rule         string             `json:"ruleId"`
		Index        int                `json:"ruleIndex"`
		Level        string             `json:"level"`
		Message      sarifText          `json:"message"`
		Locations    []sarifLocation    `json:"locations"`
		Related      []sarifRelated     `json:"relatedLocations,omitempty"`
		Fingerprints map[string]string  `json:"partialFingerprints"`
		Suppressions []sarifSuppression `json:"suppressions,omitzero"`
	}
	sarifLocation struct {
		Physical sarifPhysical  `json:"physicalLocation"`
		Logical  []sarifLogical `json:"logicalLocations,omitempty"`
	}
	sarifRelated struct {
		ID       int           `json:"id"`
		Message  sarifText     `json:"message"`
		Physical sarifPhysical `json:"physicalLocation"`
	}
	sarifPhysical struct {
		Artifact sarifArtifact `json:"artifactLocation"`
		Region   sarifRegion   `json:"region"`
	}
	sarifArtifact struct {
		URI string `json:"uri"`
	}
	sarifRegion struct {
		Line int `json:"startLine"`
	}
	sarifLogical struct {
		Name string `json:"fullyQualifiedName"`
		Kind string `json:"kind"`
	}
	sarifSuppression struct {
		Kind          string        `json:"kind"`
		Status        string        `json:"status"`
		Justification string        `json:"justification"`
		Location      sarifLocation `json:"location"`
	}
)

var sarifLevels = map[risk.Level]string{risk.Block: "error", risk.Caution: "warning", risk.Info: "note"}

// projectFile is where a project begins: the place of what has no other.
const projectFile = "weir.hcl"

// SARIF writes what was found as SARIF 2.1.0, for a forge's code scanning: each
// hit at the line of the project that caused it, else at the one that declares
// its release; what was accepted as suppressed. Every hit has a file, for GitHub
// takes nothing of a log in which one has none. A hit keeps its fingerprint
// whatever versions and lines it speaks of.
func (r Review) SARIF(o SARIFOptions) ([]byte, error) {
	run := sarifRun{
		Tool:       sarifTool{sarifDriver{Name: "weir", Version: o.Version, Rules: []sarifRule{}}},
		Automation: sarifAutomation{"weir-diff/" + printable(r.Project) + "/"}, // several projects may be in one repository
		Results:    []sarifResult{},
	}
	index := map[string]int{}
	for _, rule := range risk.Rules() {
		if slices.ContainsFunc(r.Hits, func(h Hit) bool { return h.Rule == rule.ID }) {
			index[rule.ID] = len(run.Tool.Driver.Rules)
			run.Tool.Driver.Rules = append(run.Tool.Driver.Rules, sarifRuleOf(rule))
		}
	}
	waived := slices.ContainsFunc(r.Hits, func(h Hit) bool { return h.Waived != nil })
	atlas, causes := newAtlas(r.Targets), r.causes()
	for i, h := range r.Hits {
		name := "release " + printable(h.Release)
		if h.Object != (manifest.ID{}) {
			name = inPlain().names(h.everywhere(), manyNames)
			if len(h.Path) > 0 {
				name += " " + printable(h.Path.String())
			}
		}
		text := name + ": " + printable(h.Reason)
		if h.Consequence != "" {
			text += "; " + printable(h.Consequence)
		}
		place := causes[i]
		if place.File == "" {
			place = h.Declared
		}
		result := sarifResult{
			Rule: h.Rule, Index: index[h.Rule], Level: sarifLevels[h.Level],
			Message:      sarifText{text + " (" + atlas.of(h.Where) + ")"},
			Locations:    []sarifLocation{{o.place(place), []sarifLogical{{name, "resource"}}}},
			Fingerprints: map[string]string{"weir/v1": fingerprint(r.Project, h)},
		}
		if declared := h.Declared; declared.File != "" && (declared.File != place.File || declared.Start.Line != place.Start.Line) {
			result.Related = []sarifRelated{{1, sarifText{"release " + printable(h.Release) + " is declared here"}, o.place(declared)}}
		}
		if waived { // of all or of none, says the standard
			result.Suppressions = []sarifSuppression{}
		}
		if w := h.Waived; w != nil {
			result.Suppressions = append(result.Suppressions, sarifSuppression{
				"external", "accepted", printable(w.Reason) + ", until " + w.Until.Format("2006-01-02"), sarifLocation{Physical: o.place(w.Range)},
			})
		}
		run.Results = append(run.Results, result)
	}
	return indented(sarifLog{"https://json.schemastore.org/sarif-2.1.0.json", "2.1.0", []sarifRun{run}})
}

// sarifRuleOf is a rule with what it means and how a hit of it is accepted.
func sarifRuleOf(rule risk.Rule) sarifRule {
	theme, _, _ := strings.Cut(rule.ID, "/")
	accept := fmt.Sprintf("accept %q {\n  object = \"KIND NAMESPACE/NAME\"\n  reason = \"why this is fine here\"\n  until  = \"YYYY-MM-DD\"\n}", rule.ID)
	how := "If it is meant to be, accept it until a day, in the project:"
	level := fmt.Sprintf("A policy block gives %s another level.", rule.ID)
	return sarifRule{
		ID: rule.ID, Short: sarifText{rule.Title}, Full: sarifText{rule.Doc},
		Help: sarifHelp{
			Text:     strings.Join([]string{rule.Doc, how, accept, level}, "\n\n") + "\n",
			Markdown: strings.Join([]string{prose(rule.Doc), how, strings.TrimSpace(fence("hcl", strings.Split(accept, "\n"))), "A `policy` block gives " + code(rule.ID) + " another level."}, "\n\n") + "\n",
		},
		Defaults:   sarifDefault{sarifLevels[rule.Level]},
		Properties: sarifProperties{[]string{theme}, "high"},
	}
}

// place is a line of the project, as its repository knows the file.
func (o SARIFOptions) place(at diag.Range) sarifPhysical {
	file := url.URL{Path: path.Join(o.Root, cmp.Or(at.File, projectFile))}
	return sarifPhysical{sarifArtifact{file.String()}, sarifRegion{max(at.Start.Line, 1)}}
}

// fingerprint is by what a hit is the same hit in the next review.
func fingerprint(project string, h Hit) string {
	sum := sha256.Sum256([]byte(strings.Join([]string{project, h.Rule, h.Environment, h.Release, h.Object.String(), h.Path.String()}, "\x00")))
	return hex.EncodeToString(sum[:16])
}
