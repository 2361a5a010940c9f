package schema

import (
	"fmt"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"github.com/hashicorp/hcl/v2"
	"github.com/hashicorp/hcl/v2/hclsyntax"
	"github.com/zclconf/go-cty/cty"

	"github.com/weir-dev/weir/schema/diag"
)

// fromHCL turns HCL's findings into ours, with what to do about each.
func fromHCL(in hcl.Diagnostics) diag.List {
	var out diag.List
	open := slices.IndexFunc(in, func(d *hcl.Diagnostic) bool { return openEnded[d.Summary] && d.Subject != nil })
	for i, d := range in {
		if open >= 0 && i != open && d.Subject != nil && d.Subject.Start.Byte >= in[open].Subject.Start.Byte {
			continue // behind an open quote texts are read inside out
		}
		n := diag.Diagnostic{
			Summary: strings.TrimSuffix(strings.ReplaceAll(d.Summary, "\n", " "), "."),
			Detail:  d.Detail,
			Remedy:  remedies[d.Summary],
		}
		if d.Severity == hcl.DiagWarning {
			n.Severity = diag.Warning
		}
		if d.Subject != nil {
			n.Subject = rangeOf(*d.Subject)
		}
		if quotesSecret(d) {
			n.Detail = "What it is given is sensitive, so what is wrong with it is not shown."
		}
		if m := alreadySet.FindStringSubmatch(n.Detail); m != nil && d.Subject != nil {
			line, _ := strconv.Atoi(m[2])
			from, _ := strconv.Atoi(m[3])
			to, _ := strconv.Atoi(m[4])
			first := diag.Range{File: d.Subject.Filename, Start: diag.Pos{Line: line, Column: from}, End: diag.Pos{Line: line, Column: to}}
			n.Summary, n.Detail = fmt.Sprintf("%q is set twice", m[1]), ""
			n.Related = []diag.Related{{Range: first, Note: "first set here"}}
		}
		// HCL ends some details with its own suggestion; it belongs with the remedies.
		if i := strings.LastIndex(n.Detail, " Did you mean "); i >= 0 {
			n.Detail, n.Remedy = n.Detail[:i], sentences(strings.TrimSuffix(n.Detail[i+1:], "."), n.Remedy)
		}
		if names, asked, ok := members(d); ok {
			n.Remedy = sentences(diag.DidYouMean(asked, names), n.Remedy)
		}
		if n.Remedy == "" {
			n.Remedy = "Correct the expression."
			if d.Expression == nil {
				n.Remedy = correctSyntax
			}
		}
		out = append(out, n)
	}
	return out
}

const correctSyntax = "Correct the syntax here; what the parser expected is said above."

// remedies by HCL's summary, where there is more to say than "correct it".
var remedies = map[string]string{
	"Unsupported attribute":                    "Look at the value with `weir values`, or guard the access with try(…, <default>).",
	"Attempt to get attribute from null value": "Give the value a default, or guard the access with try(…, <default>).",
	"Attempt to index null value":              "Give the value a default, or guard the access with try(…, <default>).",
	"Invalid index":                            "Use a key that exists, or lookup(<map>, <key>, <default>).",
	"Invalid template interpolation value":     "A template takes strings, numbers and bools; use jsonencode(…) or join(…) for others.",
	"Invalid function argument":                "Correct the argument named above.",
	"Error in function call":                   "Correct the arguments of the call.",
	"Not enough function arguments":            "Add the missing arguments.",
	"Too many function arguments":              "Remove the surplus arguments.",
	"Invalid operand":                          "Use operands of the type that the operator takes.",
	"Incorrect condition type":                 "Use an expression that is true or false, as in `x == \"y\"`.",
	"Null condition":                           "Give the condition a default with coalesce(…) or try(…, false).",
	"Duplicate object key":                     "Add `...` after the value to group values by key, or make the keys distinct.",
	"Iteration over null value":                "Give the collection a default, as in coalesce(…, []) or try(…, []).",
	"Iteration over non-iterable value":        "Use a list, set, map or object after `in`.",
	"Attribute redefined":                      "Remove one of the two.",
	"Missing newline after argument":           "Put each argument on a line of its own.",
	"Unclosed configuration block":             "Add the missing `}`.",
	"Unterminated template string":             "Close the string with `\"`; text of several lines needs a heredoc (<<-EOT).",
	"Invalid multi-line string":                "Text of several lines needs a heredoc (<<-EOT).",
	"Invalid character":                        "Remove the character; strings take double quotes.",
	"Invalid expression":                       "Write a value after the `=`.",
	"Argument or block definition required":    "Write `name = value` or `block \"label\" { … }` here.",
	"Invalid block definition":                 "Write `block \"label\" { … }`; an object value takes `name = { … }`.",
	"The number is too large":                  "Write it as a string where the chart takes one, or as a smaller number.",
	noValue:                                    noValueRemedy,
	"Variables not allowed":                    "Write a plain value here: this is read before anything can be evaluated.",
	"Function calls not allowed":               "Write a plain value here: this is read before anything can be evaluated.",
}

var openEnded = map[string]bool{"Invalid multi-line string": true, "Unterminated template string": true}

var alreadySet = regexp.MustCompile(`^The argument "([^"]+)" was already set at .*:(\d+),(\d+)-(\d+)\. `)

// quotesSecret tells whether a finding of the evaluation may quote something
// sensitive: functions say what they were given. What is missing in a value is
// no secret.
func quotesSecret(d *hcl.Diagnostic) bool {
	if d.Expression == nil || d.EvalContext == nil {
		return false
	}
	if _, is := d.Expression.(*hclsyntax.ScopeTraversalExpr); is && d.Summary == "Unsupported attribute" {
		return false
	}
	for _, ref := range d.Expression.Variables() {
		v, _ := ref.TraverseAbs(d.EvalContext)
		if v == cty.NilVal {
			continue
		}
		if _, marks := v.UnmarkDeep(); hasSensitive(marks) {
			return true
		}
	}
	return false
}

// members are the names that the object had where a reference asked for
// another one.
func members(d *hcl.Diagnostic) (names []string, asked string, ok bool) {
	ref, is := d.Expression.(*hclsyntax.ScopeTraversalExpr)
	if !is || d.EvalContext == nil || d.Subject == nil {
		return nil, "", false
	}
	v := cty.NilVal
	for i, step := range ref.Traversal {
		if i > 0 && step.SourceRange() == *d.Subject {
			if attr, is := step.(hcl.TraverseAttr); is && v != cty.NilVal && !v.IsNull() && isMap(v) {
				bare, _ := v.Unmark()
				return keys(bare.AsValueMap()), attr.Name, true
			}
			return nil, "", false
		}
		var diags hcl.Diagnostics
		if v, diags = ref.Traversal[:i+1].TraverseAbs(d.EvalContext); diags.HasErrors() {
			return nil, "", false
		}
	}
	return nil, "", false
}
