package render

import (
	"errors"
	"fmt"
	"maps"
	"reflect"
	"regexp"
	"slices"
	"strings"
	"text/template"

	"github.com/Masterminds/sprig/v3"
)

// The functions are sprig's without those that read the environment, Helm's
// own, and in place of some of sprig's ours that do the same within limits.

// plainFunctions are those that need nothing of a render.
func plainFunctions() template.FuncMap {
	f := sprig.TxtFuncMap()
	delete(f, "env")
	delete(f, "expandenv")
	maps.Copy(f, conversions())
	f["getHostByName"] = func(string) string { return "" } // DNS is off
	f["lookup"] = func(_, _, _, _ string) (map[string]any, error) { return map[string]any{}, nil }
	f["keys"] = sortedKeys
	f["values"] = sortedValues
	f["required"] = required
	f["fail"] = func(msg string) (string, error) { return "", &failure{function: "fail", msg: msg} }
	maps.Copy(f, dates())
	return f
}

// functionNames is what the parser wants to know.
func functionNames() map[string]any {
	names := map[string]any{"include": true, "tpl": true}
	for name := range plainFunctions() {
		names[name] = true
	}
	for _, name := range []string{
		"and", "call", "html", "index", "slice", "js", "len", "not", "or", "print", "printf", "println", "urlquery",
		"eq", "ge", "gt", "le", "lt", "ne",
	} {
		names[name] = true
	}
	return names
}

// functions are all of an executor's, but for those that a scope binds.
func (e *executor) functions() template.FuncMap {
	f := plainFunctions()
	e.bound(f)
	e.unstable(f)
	f[tickFunction] = e.iterate
	f[enterFunction] = e.enter
	f[leaveFunction] = e.leave
	f[printFunction] = e.print
	return f
}

// failure is what a chart's author says.
type failure struct{ function, msg string }

func (e *failure) Error() string { return e.msg }

func required(msg string, v any) (any, error) {
	if v == nil || v == "" {
		return v, &failure{function: "required", msg: msg}
	}
	return v, nil
}

// sortedKeys is sprig's keys in an order that does not change: there, it is
// random, so that any order is what `helm template` might print.
func sortedKeys(dicts ...map[string]any) []string {
	keys := []string{}
	for _, d := range dicts {
		keys = append(keys, slices.Sorted(maps.Keys(d))...)
	}
	return keys
}

// sortedValues is sprig's values in the order of their keys.
func sortedValues(dict map[string]any) []any {
	values := []any{}
	for _, k := range slices.Sorted(maps.Keys(dict)) {
		values = append(values, dict[k])
	}
	return values
}

// print stands behind every action that prints something other than a text.
func (e *executor) print(v any) (reflect.Value, error) {
	switch v := v.(type) {
	case nil:
		return reflect.Value{}, nil // prints as "<no value>", as before
	case string, bool, int, int64, float64:
		return reflect.ValueOf(v), e.tick()
	}
	if err := e.measure(v); err != nil {
		return reflect.Value{}, err
	}
	value := reflect.ValueOf(v)
	if value.Kind() == reflect.Struct { // a pointer's String method counts for what it points to
		p := reflect.New(value.Type())
		p.Elem().Set(value)
		value = p.Elem()
	}
	return value, e.tick()
}

// bound replaces what could take all memory or never return.
func (e *executor) bound(f template.FuncMap) {
	for name, fn := range f {
		if name == "kindOf" || name == "typeOf" {
			continue // they print a type, whatever the value
		}
		if fn = e.bounded(fn); fn != nil {
			f[name] = fn
		}
	}
	f["print"] = variadic(e, fmt.Sprint)
	f["println"] = variadic(e, fmt.Sprintln)
	f["html"] = variadic(e, template.HTMLEscaper)
	f["js"] = variadic(e, template.JSEscaper)
	f["urlquery"] = variadic(e, template.URLQueryEscaper)
	f["printf"] = e.printf

	maxBytes := func() int { return e.run.limits.Output }
	f["until"] = func(n int) ([]int, error) {
		if span(0, n) > maxElements {
			return nil, tooMany(span(0, n))
		}
		if err := e.charge(elementSize / 2 * int(span(0, n))); err != nil {
			return nil, err
		}
		return sprigFunction[func(int) []int]("until")(n), e.inTime()
	}
	f["untilStep"] = func(start, stop, step int) ([]int, error) {
		if n := span(start, stop) / max(1, span(0, step)); n > maxElements {
			return nil, tooMany(n)
		}
		list := sprigFunction[func(int, int, int) []int]("untilStep")(start, stop, step)
		return list, errors.Join(e.charge(elementSize/2*len(list)), e.inTime())
	}
	f["seq"] = func(params ...int) (string, error) {
		if len(params) > 0 {
			first, step, last := 1, 1, params[len(params)-1]
			if len(params) > 1 {
				first = params[0]
			}
			if len(params) == 3 {
				step = params[1]
			}
			if n := span(first, last) / max(1, span(0, step)); n > maxElements {
				return "", tooMany(n)
			}
		}
		return checked(e, sprigFunction[func(...int) string]("seq")(params...))
	}
	repeat := sprigFunction[func(int, string) string]("repeat")
	f["repeat"] = func(n int, s string) (string, error) {
		if n > 0 && float64(n)*float64(len(s)) > float64(maxBytes()) {
			return "", tooMuch(maxBytes())
		}
		return checked(e, repeat(n, s))
	}
	for _, name := range []string{"indent", "nindent"} {
		indent := sprigFunction[func(int, string) string](name)
		f[name] = func(n int, s string) (string, error) {
			if n > 0 && float64(n)*float64(1+strings.Count(s, "\n")) > float64(maxBytes()) {
				return "", tooMuch(maxBytes())
			}
			return checked(e, indent(n, s))
		}
	}
	f["replace"] = func(old, replacement, s string) (string, error) {
		if float64(len(s)+1)*float64(len(replacement)) > float64(maxBytes()) && float64(strings.Count(s, old))*float64(len(replacement)) > float64(maxBytes()) {
			return "", tooMuch(maxBytes())
		}
		return checked(e, strings.ReplaceAll(s, old, replacement))
	}
	f["join"] = func(sep string, v any) (string, error) {
		if err := e.measure(v); err != nil {
			return "", err
		}
		if list := reflect.ValueOf(v); list.Kind() == reflect.Slice && float64(list.Len())*float64(len(sep)) > float64(maxBytes()) {
			return "", tooMuch(maxBytes())
		}
		return checked(e, sprigFunction[func(string, any) string]("join")(sep, v))
	}
	for _, name := range []string{"regexReplaceAll", "regexReplaceAllLiteral"} {
		literal := name == "regexReplaceAllLiteral"
		f[name] = func(expr, s, replacement string) (string, error) {
			return e.regexReplace(expr, s, replacement, literal)
		}
		f["mustR"+name[1:]] = f[name]
	}
	f["wrapWith"] = func(width int, sep, s string) (string, error) {
		if float64(len(s))*float64(len(sep)) > float64(maxBytes()) {
			return "", tooMuch(maxBytes())
		}
		return checked(e, sprigFunction[func(int, string, string) string]("wrapWith")(width, sep, s))
	}
	f["concat"] = func(lists ...any) (any, error) {
		n := 0
		for _, l := range lists {
			if v := reflect.ValueOf(l); v.Kind() == reflect.Slice {
				n += v.Len()
			}
		}
		if n > maxElements {
			return nil, tooMany(float64(n))
		}
		if err := e.charge(elementSize * n); err != nil {
			return nil, err
		}
		return sprigFunction[func(...any) any]("concat")(lists...), e.tick()
	}
	// What prints or converts any value would never come to an end with one that
	// contains itself.
	f["eq"], f["ne"] = eq, ne
	for _, name := range []string{
		"sortAlpha", "toStrings", "int", "int64", "float64", "toDecimal", "add", "add1", "add1f", "addf", "sub", "subf", "mul", "mulf", "div", "divf", "mod",
		"max", "min", "maxf", "minf", "biggest", "ceil", "floor", "round",
	} {
		if f[name] != nil {
			f[name] = e.measured(f[name])
		}
	}
	for _, name := range []string{"merge", "mergeOverwrite", "mustMerge", "mustMergeOverwrite", "deepCopy", "mustDeepCopy"} {
		f[name] = e.measured(f[name])
	}
}

// maxElements bounds a list that a function makes.
const maxElements = 1_000_000

func tooMany(n float64) error {
	return limitError(fmt.Sprintf("a function is asked for a list of %.0f elements, more than %s", n, thousands(maxElements)))
}

func span(a, b int) float64 {
	if a > b {
		a, b = b, a
	}
	return float64(b) - float64(a)
}

func (e *executor) printf(format string, args ...any) (string, error) {
	longest := 0
	for _, a := range args {
		switch a := a.(type) {
		case string:
			longest = max(longest, len(a))
		case nil, bool, int, int64, float64:
		default:
			n, err := e.measured1(a)
			if err != nil {
				return "", err
			}
			longest = max(longest, n)
		}
	}
	verbs := strings.Count(format, "%")
	if float64(verbs)*float64(longest) > 4*float64(e.run.limits.Output) {
		return "", tooMuch(e.run.limits.Output)
	}
	return checked(e, fmt.Sprintf(format, args...))
}

func (e *executor) regexReplace(expr, s, replacement string, literal bool) (string, error) {
	re, err := regexp.Compile(expr)
	if err != nil {
		return "", err
	}
	if limit := float64(e.run.limits.Output); float64(len(s)+1)*float64(max(1, len(replacement))) > limit {
		if float64(len(re.FindAllStringIndex(s, -1)))*float64(len(replacement)+len(s)*strings.Count(replacement, "$")) > limit {
			return "", tooMuch(e.run.limits.Output)
		}
	}
	if literal {
		return checked(e, re.ReplaceAllLiteralString(s, replacement))
	}
	return checked(e, re.ReplaceAllString(s, replacement))
}

// checked counts a function's result.
func checked(e *executor, s string) (string, error) {
	return s, e.produce(len(s))
}

// sprigFunction is one of sprig's with its type.
func sprigFunction[F any](name string) F {
	f, _ := sprigFunctions[name].(F)
	return f
}

// sprigFunctions is read only.
var sprigFunctions = sprig.TxtFuncMap()

// bounded wraps functions by their type: texts that come out are counted, and
// what is printed is measured before. nil for those that need neither.
func (e *executor) bounded(fn any) any {
	switch fn := fn.(type) {
	case func(string) string:
		return func(a string) (string, error) { return checked(e, fn(a)) }
	case func(string, string) string:
		return func(a, b string) (string, error) { return checked(e, fn(a, b)) }
	case func(string, string, string) string:
		return func(a, b, c string) (string, error) { return checked(e, fn(a, b, c)) }
	case func(int, string) string:
		return func(a int, b string) (string, error) { return checked(e, fn(a, b)) }
	case func(any) string:
		return func(a any) (string, error) {
			if err := e.measure(a); err != nil {
				return "", err
			}
			return checked(e, fn(a))
		}
	case func(any) (string, error):
		return func(a any) (string, error) {
			if err := e.measure(a); err != nil {
				return "", err
			}
			s, err := fn(a)
			if err != nil {
				return s, err
			}
			return checked(e, s)
		}
	case func(string) map[string]any:
		return func(a string) (map[string]any, error) {
			if len(a) > maxSplit {
				return nil, tooMuch(maxSplit)
			}
			return fn(a), e.tick()
		}
	case func(string) []any:
		return func(a string) ([]any, error) {
			if len(a) > maxSplit {
				return nil, tooMuch(maxSplit)
			}
			return fn(a), e.tick()
		}
	case func(string) (any, error):
		return func(a string) (any, error) {
			if len(a) > maxSplit {
				return nil, tooMuch(maxSplit)
			}
			if err := e.tick(); err != nil {
				return nil, err
			}
			return fn(a)
		}
	case func(...any) string:
		return variadic(e, fn)
	case func(string, string) []string:
		return func(a, b string) ([]string, error) {
			if len(b) > maxSplit {
				return nil, tooMuch(maxSplit)
			}
			if err := e.charge(elementSize * (1 + strings.Count(b, a))); err != nil {
				return nil, err
			}
			return fn(a, b), e.inTime()
		}
	case func(string, string, int) []string:
		return func(a, b string, n int) ([]string, error) {
			if len(b) > maxMatched {
				return nil, tooMuch(maxMatched)
			}
			list := fn(a, b, n)
			return list, errors.Join(e.charge(elementSize*len(list)), e.inTime())
		}
	case func(string, string, int) ([]string, error):
		return func(a, b string, n int) ([]string, error) {
			if len(b) > maxMatched {
				return nil, tooMuch(maxMatched)
			}
			list, err := fn(a, b, n)
			return list, errors.Join(err, e.charge(elementSize*len(list)), e.inTime())
		}
	case func(string, string) map[string]string:
		return func(a, b string) (map[string]string, error) {
			if len(b) > maxSplit {
				return nil, tooMuch(maxSplit)
			}
			if err := e.charge(4 * elementSize * (1 + strings.Count(b, a))); err != nil {
				return nil, err
			}
			return fn(a, b), e.inTime()
		}
	}
	return nil
}

// maxSplit bounds a text that becomes a list: an element takes more than a byte.
const maxSplit = 16 << 20

// maxMatched bounds a text that a regular expression takes apart.
const maxMatched = 1 << 20

// elementSize is about the bytes that an element of a list of texts takes
// beside its text, which it shares.
const elementSize = 16

func variadic(e *executor, fn func(...any) string) any {
	return func(args ...any) (string, error) {
		if err := e.measure(args...); err != nil {
			return "", err
		}
		return checked(e, fn(args...))
	}
}

// measured wraps a function of any type: its arguments are measured.
func (e *executor) measured(fn any) any {
	original := reflect.ValueOf(fn)
	t := original.Type()
	in := make([]reflect.Type, t.NumIn())
	for i := range in {
		in[i] = t.In(i)
	}
	out := []reflect.Type{t.Out(0), reflect.TypeFor[error]()}
	return reflect.MakeFunc(reflect.FuncOf(in, out, t.IsVariadic()), func(args []reflect.Value) []reflect.Value {
		fail := func(err error) []reflect.Value {
			return []reflect.Value{reflect.Zero(out[0]), reflect.ValueOf(&err).Elem()}
		}
		for _, a := range args {
			if err := e.measure(a.Interface()); err != nil {
				return fail(err)
			}
		}
		var results []reflect.Value
		if t.IsVariadic() {
			results = original.CallSlice(args)
		} else {
			results = original.Call(args)
		}
		if len(results) == 1 {
			err := e.tick()
			results = append(results, reflect.ValueOf(&err).Elem())
		}
		return results
	}).Interface()
}
