package review

import (
	"bytes"
	"encoding/xml"
	"fmt"
	"slices"
	"strings"

	"github.com/weir-dev/weir/engine/risk"
)

// JUnitOptions say how to write JUnit.
type JUnitOptions struct {
	// FailOn is the level from which on a hit is a failure; empty: block.
	FailOn risk.Level
}

// JUnit's form has no standard; this is what Jenkins wrote first and all CI
// systems read.
type (
	junitSuites struct {
		XMLName  xml.Name     `xml:"testsuites"`
		Name     string       `xml:"name,attr"`
		Tests    int          `xml:"tests,attr"`
		Failures int          `xml:"failures,attr"`
		Suites   []junitSuite `xml:"testsuite"`
	}
	junitSuite struct {
		Name     string      `xml:"name,attr"`
		Tests    int         `xml:"tests,attr"`
		Failures int         `xml:"failures,attr"`
		Cases    []junitCase `xml:"testcase"`
	}
	junitCase struct {
		Class    string         `xml:"classname,attr"`
		Name     string         `xml:"name,attr"`
		File     string         `xml:"file,attr,omitempty"`
		Failures []junitFailure `xml:"failure"`
		Out      string         `xml:"system-out,omitempty"`
	}
	junitFailure struct {
		Type    string `xml:"type,attr"`
		Message string `xml:"message,attr"`
		Text    string `xml:",chardata"`
	}
)

// JUnit writes the review as test results: a suite for each target that changes,
// a case for each of its releases, a failure for each hit of the level that
// fails, whatever else was found as its output.
func (r Review) JUnit(o JUnitOptions) ([]byte, error) {
	all := junitSuites{Name: "weir diff " + printable(r.Project)}
	for i, target := range r.Targets {
		if !target.Change {
			continue
		}
		suite := junitSuite{Name: printable(target.Environment + "/" + target.Cluster)}
		for _, release := range r.Releases {
			if !slices.ContainsFunc(release.Groups, func(g Group) bool { return slices.Contains(g.Where, i) }) {
				continue
			}
			suite.add(r.junitCase(suite.Name, release.Name, i, o))
		}
		if loose := r.junitCase(suite.Name, "", i, o); len(loose.Failures) > 0 || loose.Out != "" {
			loose.Name = "the target"
			suite.add(loose)
		}
		all.Suites = append(all.Suites, suite)
		all.Tests += suite.Tests
		all.Failures += suite.Failures
	}
	var b bytes.Buffer
	b.WriteString(xml.Header)
	e := xml.NewEncoder(&b)
	e.Indent("", "  ")
	if err := e.Encode(all); err != nil {
		return nil, fmt.Errorf("write JUnit: %w", err)
	}
	b.WriteByte('\n')
	return b.Bytes(), nil
}

func (s *junitSuite) add(c junitCase) {
	s.Cases = append(s.Cases, c)
	s.Tests++
	if len(c.Failures) > 0 {
		s.Failures++
	}
}

// junitCase is a release on a target, with what was found in it.
func (r Review) junitCase(class, release string, target int, o JUnitOptions) junitCase {
	c := junitCase{Class: class, Name: printable(release)}
	var out strings.Builder
	for _, h := range r.Hits {
		if h.Release != release || !slices.Contains(h.Where, target) {
			continue
		}
		if c.File == "" {
			c.File = h.Declared.File
		}
		message := printable(h.Reason)
		if h.Object.Kind != "" {
			message = strings.TrimSpace(named(h.Object)+" "+printable(h.Path.String())) + ": " + message
		}
		if h.Consequence != "" {
			message += "; " + printable(h.Consequence)
		}
		switch fails := h.Level == risk.Block || h.Level == risk.Caution && o.FailOn == risk.Caution; {
		case h.Waived != nil:
			fmt.Fprintf(&out, "accepted until %s (%s): %s [%s]\n", h.Waived.Until.Format("2006-01-02"), printable(h.Waived.Reason), message, h.Rule)
		case fails:
			c.Failures = append(c.Failures, junitFailure{h.Rule, message, fmt.Sprintf("%s: %s [%s]", h.Level, message, h.Rule)})
		default:
			fmt.Fprintf(&out, "%s: %s [%s]\n", h.Level, message, h.Rule)
		}
	}
	c.Out = out.String()
	return c
}
