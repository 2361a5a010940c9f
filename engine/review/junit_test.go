package review

import (
	"encoding/xml"
	"os"
	"testing"
)

// TestJUnitOfNothing: a report without a case is an error to Jenkins.
func TestJUnitOfNothing(t *testing.T) {
	w := &world{t: t}
	w.target("production", "prod-eu")
	got, err := w.review().JUnit(JUnitOptions{})
	if err != nil {
		t.Fatal(err)
	}
	golden(t, "nothing.xml", got)
}

// TestJUnitCounts: what a suite counts is what is in it, and no case is twice in
// its class, of which GitLab shows one alone.
func TestJUnitCounts(t *testing.T) {
	type suite struct {
		Tests    int `xml:"tests,attr"`
		Failures int `xml:"failures,attr"`
		Cases    []struct {
			Class   string     `xml:"classname,attr"`
			Name    string     `xml:"name,attr"`
			Failure []struct{} `xml:"failure"`
		} `xml:"testcase"`
	}
	document, err := os.ReadFile("testdata/everything.xml")
	if err != nil {
		t.Fatal(err)
	}
	var all struct {
		suite
		Suites []suite `xml:"testsuite"`
	}
	if err := xml.Unmarshal(document, &all); err != nil {
		t.Fatal(err)
	}
	tests, failures, seen := 0, 0, map[string]bool{}
	for _, s := range all.Suites {
		failed := 0
		for _, c := range s.Cases {
			if failed += len(c.Failure); len(c.Failure) > 1 || seen[c.Class+"\n"+c.Name] {
				t.Errorf("%s: %s", c.Class, c.Name)
			}
			seen[c.Class+"\n"+c.Name] = true
		}
		if s.Tests != len(s.Cases) || s.Failures != failed {
			t.Errorf("%d tests and %d failures, it says %d and %d", len(s.Cases), failed, s.Tests, s.Failures)
		}
		tests, failures = tests+len(s.Cases), failures+failed
	}
	if all.Tests != tests || all.Failures != failures || failures == 0 {
		t.Errorf("%d tests and %d failures, it says %d and %d", tests, failures, all.Tests, all.Failures)
	}
}
