package render

import (
	"reflect"

	"helm.sh/helm/v3/pkg/chartutil"
)

// maxNesting is how deep a value may be that is printed or copied: a value that
// contains itself has no end, and a stack that overflows cannot be caught.
const maxNesting = 10_000

// measure refuses values that would take too much to print.
func (e *executor) measure(values ...any) error {
	for _, v := range values {
		switch v.(type) {
		case nil, string, bool, int, int64, float64:
			continue
		}
		if _, err := e.measured1(v); err != nil {
			return err
		}
	}
	return nil
}

// measured1 is about the bytes that a value prints to.
func (e *executor) measured1(v any) (int, error) {
	m := measurement{limit: e.run.limits.Output}
	m.value(v, 0)
	if m.deep {
		return 0, limitError("a value contains itself, or is nested more than " + thousands(maxNesting) + " deep")
	}
	if m.size > m.limit {
		return 0, tooMuch(m.limit)
	}
	return m.size, nil
}

type measurement struct {
	limit, size int
	deep        bool
}

func (m *measurement) value(v any, depth int) {
	if m.size > m.limit || m.deep {
		return
	}
	if depth > maxNesting {
		m.deep = true
		return
	}
	m.size += 2
	switch v := v.(type) {
	case nil, bool, int, int64, float64:
	case string:
		m.size += len(v)
	case map[string]any:
		for k, x := range v {
			m.size += len(k)
			m.value(x, depth+1)
		}
	case chartutil.Values:
		m.value(map[string]any(v), depth)
	case []any:
		for _, x := range v {
			m.value(x, depth+1)
		}
	case []string:
		for _, s := range v {
			m.size += 2 + len(s)
		}
	case files:
		for name, data := range v {
			m.size += len(name) + len(data)
		}
	default:
		m.reflected(reflect.ValueOf(v), depth)
	}
}

func (m *measurement) reflected(v reflect.Value, depth int) {
	if !v.IsValid() || m.size > m.limit || m.deep {
		return
	}
	if depth > maxNesting {
		m.deep = true
		return
	}
	switch v.Kind() {
	case reflect.String:
		m.size += v.Len()
	case reflect.Interface, reflect.Pointer:
		m.reflected(v.Elem(), depth+1)
	case reflect.Slice, reflect.Array:
		if v.Type().Elem().Kind() == reflect.Uint8 {
			m.size += v.Len()
			return
		}
		for i := range v.Len() {
			m.size += 2
			m.child(v.Index(i), depth)
		}
	case reflect.Map:
		for it := v.MapRange(); it.Next(); {
			m.child(it.Key(), depth)
			m.child(it.Value(), depth)
		}
	case reflect.Struct:
		for i := range v.NumField() {
			m.child(v.Field(i), depth)
		}
	}
}

func (m *measurement) child(v reflect.Value, depth int) {
	if v.CanInterface() {
		m.value(v.Interface(), depth+1)
		return
	}
	m.reflected(v, depth+1)
}
