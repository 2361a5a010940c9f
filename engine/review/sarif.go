package review

import (
	"crypto/sha256"
	"encoding/hex"
	"path"
	"slices"
	"strings"

	"github.com/weir-dev/weir/engine/risk"
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
		Tool    sarifTool     `json:"tool"`
		Results []sarifResult `json:"results"`
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
		ID       string       `json:"id"`
		Short    sarifText    `json:"shortDescription"`
		Full     sarifText    `json:"fullDescription"`
		Defaults sarifDefault `json:"defaultConfiguration"`
	}
	sarifDefault struct {
		Level string `json:"level"`
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
		Fingerprints map[string]string  `json:"partialFingerprints"`
		Suppressions []sarifSuppression `json:"suppressions,omitempty"`
	}
	sarifLocation struct {
		Physical *sarifPhysical `json:"physicalLocation,omitempty"`
		Logical  []sarifLogical `json:"logicalLocations,omitempty"`
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
		Kind          string `json:"kind"`
		Status        string `json:"status"`
		Justification string `json:"justification"`
	}
)

var sarifLevels = map[risk.Level]string{risk.Block: "error", risk.Caution: "warning", risk.Info: "note"}

// SARIF writes what was found as SARIF 2.1.0, for a forge's code scanning: each
// hit at the line that declares its release, what was accepted as suppressed. A
// hit keeps its fingerprint whatever versions and lines it speaks of.
func (r Review) SARIF(o SARIFOptions) ([]byte, error) {
	run := sarifRun{Tool: sarifTool{sarifDriver{Name: "weir", Version: o.Version, Rules: []sarifRule{}}}, Results: []sarifResult{}}
	index := map[string]int{}
	for _, rule := range risk.Rules() {
		if !slices.ContainsFunc(r.Hits, func(h Hit) bool { return h.Rule == rule.ID }) {
			continue
		}
		index[rule.ID] = len(run.Tool.Driver.Rules)
		run.Tool.Driver.Rules = append(run.Tool.Driver.Rules, sarifRule{
			ID: rule.ID, Short: sarifText{rule.Title}, Full: sarifText{rule.Doc}, Defaults: sarifDefault{sarifLevels[rule.Level]},
		})
	}
	atlas := newAtlas(r.Targets)
	for _, h := range r.Hits {
		place := "release " + printable(h.Release)
		if h.Object.Kind != "" {
			place = named(h.Object)
			if len(h.Path) > 0 {
				place += " " + printable(h.Path.String())
			}
		}
		text := place + ": " + printable(h.Reason)
		if h.Consequence != "" {
			text += "; " + printable(h.Consequence)
		}
		result := sarifResult{
			Rule: h.Rule, Index: index[h.Rule], Level: sarifLevels[h.Level],
			Message:      sarifText{text + " (" + atlas.of(h.Where) + ")"},
			Locations:    []sarifLocation{{Logical: []sarifLogical{{place, "resource"}}}},
			Fingerprints: map[string]string{"weir/v1": fingerprint(r.Project, h)},
		}
		if at := h.Declared; at.File != "" {
			result.Locations[0].Physical = &sarifPhysical{sarifArtifact{path.Join(o.Root, at.File)}, sarifRegion{max(at.Start.Line, 1)}}
		}
		if w := h.Waived; w != nil {
			result.Suppressions = []sarifSuppression{{"external", "accepted", printable(w.Reason) + ", until " + w.Until.Format("2006-01-02")}}
		}
		run.Results = append(run.Results, result)
	}
	return indented(sarifLog{"https://json.schemastore.org/sarif-2.1.0.json", "2.1.0", []sarifRun{run}})
}

// fingerprint is by what a hit is the same hit in the next review.
func fingerprint(project string, h Hit) string {
	sum := sha256.Sum256([]byte(strings.Join([]string{project, h.Rule, h.Environment, h.Release, h.Object.String(), h.Path.String()}, "\x00")))
	return hex.EncodeToString(sum[:16])
}
