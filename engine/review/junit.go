package review

import (
	"bytes"
	"cmp"
	"encoding/xml"
	"fmt"
	"path"
	"slices"
	"strings"

	"github.com/weir-dev/weir/engine/risk"
	"github.com/weir-dev/weir/schema/diag"
)

// JUnitOptions say how to write JUnit.
type JUnitOptions struct {
	// FailOn is the level from which on a hit is a failure; empty: block.
	FailOn risk.Level
	// Root is the project's directory in its repository, with slashes; empty
	// where it is the whole.
	Root string
}

// JUnit's form has no standard; this is what Jenkins wrote first and all CI
// systems read. Jenkins and GitLab show one failure of a case, GitLab each name
// of a class once.
type (
	junitSuites struct {
		XMLName  xml.Name     `xml:"testsuites"`
		Name     string       `xml:"name,attr"`
		Tests    int          `xml:"tests,attr"`
		Failures int          `xml:"failures,attr"`
		Errors   int          `xml:"errors,attr"`
		Suites   []junitSuite `xml:"testsuite"`
	}
	junitSuite struct {
		Name     string      `xml:"name,attr"`
		Tests    int         `xml:"tests,attr"`
		Failures int         `xml:"failures,attr"`
		Errors   int         `xml:"errors,attr"`
		Skipped  int         `xml:"skipped,attr"`
		Cases    []junitCase `xml:"testcase"`
	}
	junitCase struct {
		Class   string        `xml:"classname,attr"`
		Name    string        `xml:"name,attr"`
		File    string        `xml:"file,attr,omitempty"`
		Failure *junitFailure `xml:"failure"`
		Out     *junitText    `xml:"system-out"`
	}
	junitFailure struct {
		Type    string `xml:"type,attr"`
		Message string `xml:"message,attr"`
		Text    string `xml:",cdata"`
	}
	junitText struct {
		Text string `xml:",cdata"`
	}
)

// JUnit writes the review as test results: a suite for each target that changes,
// a case for each of its releases, which fails where a hit of the level that
// fails was found; whatever else was found is its output. Where nothing changes
// there is one case that says so: a report without any is an error to Jenkins.
func (r Review) JUnit(o JUnitOptions) ([]byte, error) {
	all := junitSuites{Name: "weir diff " + printable(r.Project)}
	tester := junit{r, o, r.causes(), map[string][]int{}}
	for i, h := range r.Hits {
		tester.hits[h.Release] = append(tester.hits[h.Release], i)
	}
	for i, target := range r.Targets {
		suite := junitSuite{Name: printable(target.Environment + "/" + target.Cluster)}
		for _, release := range r.Releases {
			if slices.ContainsFunc(release.Groups, func(g Group) bool { return g.Where.has(i) }) {
				suite.add(tester.test(suite.Name, release.Name, i))
			}
		}
		if loose := tester.test(suite.Name, "", i); loose.Failure != nil || loose.Out != nil {
			loose.Name = "the target"
			suite.add(loose)
		}
		if suite.Tests > 0 {
			all.add(suite)
		}
	}
	if all.Tests == 0 {
		suite := junitSuite{Name: all.Name}
		suite.add(junitCase{Class: all.Name, Name: r.summary()})
		all.add(suite)
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

func (all *junitSuites) add(s junitSuite) {
	all.Suites = append(all.Suites, s)
	all.Tests += s.Tests
	all.Failures += s.Failures
}

func (s *junitSuite) add(c junitCase) {
	s.Cases = append(s.Cases, c)
	s.Tests++
	if c.Failure != nil {
		s.Failures++
	}
}

// junit makes cases.
type junit struct {
	Review
	options JUnitOptions
	causes  []diag.Range
	hits    map[string][]int // by release
}

// test is a release on a target, with what was found in it.
func (j junit) test(class, release string, target int) junitCase {
	c := junitCase{Class: class, Name: printable(release)}
	var fails []string
	var text, out strings.Builder
	var kind string
	for _, i := range j.hits[release] {
		h := j.Hits[i]
		if !h.Where.has(target) {
			continue
		}
		place := j.causes[i]
		if place.File == "" {
			place = h.Declared
		}
		message := j.message(h, target)
		switch {
		case h.Waived != nil:
			fmt.Fprintf(&out, "accepted until %s (%s): %s [%s]\n", h.Waived.Until.Format("2006-01-02"), printable(h.Waived.Reason), message, printable(h.Rule))
			continue
		case h.Level == risk.Block || h.Level == risk.Caution && j.options.FailOn == risk.Caution:
			kind = cmp.Or(kind, printable(h.Rule))
			fails = append(fails, message)
			fmt.Fprintf(&text, "%s: %s [%s]\n", h.Level, message, printable(h.Rule))
			if place.File != "" {
				fmt.Fprintf(&text, "  comes from %s\n", printable(at(j.file(place), place.Start.Line)))
			}
			fmt.Fprintf(&text, "  %s\n", remedy(h.Rule))
			if len(fails) == 1 { // whose place is the one to open
				c.File = j.file(place)
			}
		default:
			fmt.Fprintf(&out, "%s: %s [%s]\n", h.Level, message, printable(h.Rule))
		}
		c.File = cmp.Or(c.File, j.file(place))
	}
	if len(fails) > 0 {
		first := fails[0]
		if len(fails) > 1 {
			first = fmt.Sprintf("%s (and %s more)", first, number(len(fails)-1))
		}
		c.Failure = &junitFailure{kind, first, text.String()}
	}
	if out.Len() > 0 {
		c.Out = &junitText{out.String()}
	}
	return c
}

func (j junit) message(h Hit, target int) string {
	message := printable(h.Reason)
	if h.Object.Kind != "" {
		message = strings.TrimSpace(named(h.on(target))+" "+printable(h.Path.String())) + ": " + message
	}
	if h.Consequence != "" {
		message += "; " + printable(h.Consequence)
	}
	return message
}

// file is a file of the project as its repository knows it.
func (j junit) file(place diag.Range) string {
	if place.File == "" {
		return ""
	}
	return printable(path.Join(j.options.Root, place.File))
}

// remedy is what a rule means, and what to do where it is meant to be.
func remedy(id string) string {
	accept := fmt.Sprintf("If it is meant to be: accept %q in the project, with object, reason and until.", printable(id))
	for _, rule := range risk.Rules() {
		if rule.ID == id {
			return rule.Doc + " " + accept
		}
	}
	return accept
}
