package schema

import (
	"fmt"
	"regexp"
	"strings"

	"github.com/weir-dev/weir/engine/values"
	"github.com/weir-dev/weir/schema/diag"
)

// What the API server refuses in metadata, said here, where there is a line to
// point at. The rules are those of k8s.io/apimachinery/pkg/util/validation
// (IsQualifiedName, IsValidLabelValue, IsDNS1123Subdomain).

var (
	qualifiedName = regexp.MustCompile(`^([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9]$`)
	dnsSubdomain  = regexp.MustCompile(`^[a-z0-9]([-a-z0-9]*[a-z0-9])?(\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*$`)
	imageDigest   = regexp.MustCompile(`^sha256:[0-9a-f]{64}$`)
)

// objectLabels checks labels that go on objects.
func (r reader) objectLabels(x *expression, n *values.Node) {
	r.objectKeys(x, n, "a label")
	m, _ := n.Value.(map[string]*values.Node)
	for _, k := range keys(m) {
		s, ok := m[k].Value.(string)
		if fault := notLabelValue(s); ok && fault != "" && !m[k].Sensitive {
			r.fail(x.shown(m[k]), fmt.Sprintf("%q cannot be the value of a label", s), fault,
				"Use at most 63 letters, digits, \"-\", \"_\" and \".\", beginning and ending with a letter or digit; an annotation takes any text.")
		}
	}
}

// objectAnnotations checks annotations that go on objects: their values are free.
func (r reader) objectAnnotations(x *expression, n *values.Node) { r.objectKeys(x, n, "an annotation") }

func (r reader) objectKeys(x *expression, n *values.Node, what string) {
	m, _ := n.Value.(map[string]*values.Node)
	for _, k := range keys(m) {
		checked := k
		if what == "an annotation" { // as the API server does
			checked = strings.ToLower(k)
		}
		if fault := notQualifiedName(checked); fault != "" {
			r.fail(x.shown(m[k]), fmt.Sprintf("%q cannot be the key of %s", k, what), fault,
				"Write it as in \"team\" or \"example.com/team\".")
		}
	}
}

// shown is the place of a value, unless its line would show what is sensitive.
func (x *expression) shown(n *values.Node) diag.Range {
	if n.Sensitive {
		return x.at()
	}
	return n.Origin
}

// namespace checks the name of a namespace.
func (r reader) namespace(name placed) {
	if fault := notDNSLabel(name.text); fault != "" {
		r.fail(name.at, fmt.Sprintf("%q cannot be the name of a namespace", name.text), fault, "Use lower-case letters, digits and hyphens.")
	}
}

func notQualifiedName(s string) string {
	prefix, name, prefixed := strings.Cut(s, "/")
	switch {
	case !prefixed:
		name = s
	case strings.Contains(name, "/"):
		return "It holds more than one slash."
	case len(prefix) > 253 || !dnsSubdomain.MatchString(prefix):
		return "What is before the slash is not a DNS name of lower-case letters, digits, hyphens and dots."
	}
	switch {
	case len(name) > 63:
		return fmt.Sprintf("Its name has %d characters; 63 are allowed.", len(name))
	case !qualifiedName.MatchString(name):
		return "A key is letters, digits, \"-\", \"_\" and \".\", beginning and ending with a letter or digit."
	}
	return ""
}

func notLabelValue(s string) string {
	switch {
	case s == "":
		return ""
	case len(s) > 63:
		return fmt.Sprintf("It has %d characters; 63 are allowed.", len(s))
	case !qualifiedName.MatchString(s):
		return "Kubernetes refuses it."
	}
	return ""
}
