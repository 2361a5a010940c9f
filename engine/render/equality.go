package render

import (
	"errors"
	"fmt"
	"reflect"
)

// eq is the template language's eq: the first argument against each of the
// others, with the same rules (see text/template), but for one: the message
// about values that cannot be compared does not print them. A map that contains
// itself has no end, and a stack that overflows cannot be caught.
func eq(first any, others ...any) (bool, error) {
	if len(others) == 0 {
		return false, errors.New("missing argument for comparison")
	}
	for _, other := range others {
		if same, err := equal(reflect.ValueOf(first), reflect.ValueOf(other)); err != nil || same {
			return same, err
		}
	}
	return false, nil
}

func ne(a, b any) (bool, error) {
	same, err := equal(reflect.ValueOf(a), reflect.ValueOf(b))
	return !same && err == nil, err
}

func equal(a, b reflect.Value) (bool, error) {
	switch {
	case a.IsValid() && b.IsValid() && a.CanInt() && b.CanUint():
		return a.Int() >= 0 && uint64(a.Int()) == b.Uint(), nil
	case a.IsValid() && b.IsValid() && a.CanUint() && b.CanInt():
		return b.Int() >= 0 && uint64(b.Int()) == a.Uint(), nil
	case !a.IsValid() || !b.IsValid():
		return isNil(a) && isNil(b), nil
	case basic(a) != basic(b):
		return false, errors.New("incompatible types for comparison")
	}
	switch {
	case a.CanInt():
		return a.Int() == b.Int(), nil
	case a.CanUint():
		return a.Uint() == b.Uint(), nil
	case a.CanFloat():
		return a.Float() == b.Float(), nil
	case a.Kind() == reflect.String:
		return a.String() == b.String(), nil
	case a.Kind() == reflect.Bool:
		return a.Bool() == b.Bool(), nil
	case isNil(a) || isNil(b):
		return isNil(a) == isNil(b), nil
	case !a.Comparable() || !b.Comparable():
		return false, fmt.Errorf("non-comparable types %s and %s", a.Type(), b.Type())
	}
	return a.Interface() == b.Interface(), nil
}

// basic is the class in which values can be compared; empty for all the rest.
func basic(v reflect.Value) string {
	switch {
	case v.CanInt():
		return "int"
	case v.CanUint():
		return "uint"
	case v.CanFloat():
		return "float"
	case v.Kind() == reflect.String:
		return "string"
	case v.Kind() == reflect.Bool:
		return "bool"
	case v.CanComplex():
		return "complex"
	}
	return ""
}

func isNil(v reflect.Value) bool {
	if !v.IsValid() {
		return true
	}
	switch v.Kind() {
	case reflect.Chan, reflect.Func, reflect.Interface, reflect.Map, reflect.Pointer, reflect.Slice:
		return v.IsNil()
	}
	return false
}
