package schema

import (
	"crypto/md5"
	"crypto/sha1"
	"crypto/sha256"
	"crypto/sha512"
	"encoding/base64"
	"encoding/hex"
	"fmt"
	"hash"
	"math/big"
	"net/url"
	"path"
	"slices"
	"strings"

	"github.com/hashicorp/hcl/v2/ext/tryfunc"
	"github.com/zclconf/go-cty/cty"
	"github.com/zclconf/go-cty/cty/function"
	"github.com/zclconf/go-cty/cty/function/stdlib"
)

// pureFunctions are go-cty's standard library and small additions, under
// Terraform's names. None reads the clock, the network or a random source.
var pureFunctions = map[string]function.Function{
	"abs":             stdlib.AbsoluteFunc,
	"alltrue":         allTrue,
	"anytrue":         anyTrue,
	"base64decode":    base64Decode,
	"base64encode":    text(func(s string) string { return base64.StdEncoding.EncodeToString([]byte(s)) }),
	"base64sha256":    base64Sum(sha256.New),
	"base64sha512":    base64Sum(sha512.New),
	"basename":        text(path.Base),
	"can":             tryfunc.CanFunc,
	"ceil":            stdlib.CeilFunc,
	"chomp":           stdlib.ChompFunc,
	"chunklist":       stdlib.ChunklistFunc,
	"coalesce":        coalesce,
	"coalescelist":    stdlib.CoalesceListFunc,
	"compact":         stdlib.CompactFunc,
	"concat":          stdlib.ConcatFunc,
	"contains":        containsValue,
	"csvdecode":       stdlib.CSVDecodeFunc,
	"deepmerge":       deepMerge,
	"dirname":         text(path.Dir),
	"distinct":        stdlib.DistinctFunc,
	"element":         stdlib.ElementFunc,
	"endswith":        textTest(strings.HasSuffix),
	"flatten":         stdlib.FlattenFunc,
	"floor":           stdlib.FloorFunc,
	"format":          format,
	"formatdate":      stdlib.FormatDateFunc,
	"formatlist":      formatList,
	"indent":          stdlib.IndentFunc,
	"index":           index,
	"join":            stdlib.JoinFunc,
	"jsondecode":      stdlib.JSONDecodeFunc,
	"jsonencode":      stdlib.JSONEncodeFunc,
	"keys":            stdlib.KeysFunc,
	"length":          length,
	"log":             stdlib.LogFunc,
	"lookup":          lookup,
	"lower":           stdlib.LowerFunc,
	"matchkeys":       matchKeys,
	"max":             stdlib.MaxFunc,
	"md5":             textSum(md5.New),
	"merge":           stdlib.MergeFunc,
	"min":             stdlib.MinFunc,
	"one":             one,
	"parseint":        stdlib.ParseIntFunc,
	"pow":             stdlib.PowFunc,
	"range":           stdlib.RangeFunc,
	"regex":           stdlib.RegexFunc,
	"regexall":        stdlib.RegexAllFunc,
	"replace":         replace,
	"reverse":         stdlib.ReverseListFunc,
	"setintersection": stdlib.SetIntersectionFunc,
	"setproduct":      setProduct,
	"setsubtract":     stdlib.SetSubtractFunc,
	"setunion":        stdlib.SetUnionFunc,
	"sha1":            textSum(sha1.New),
	"sha256":          textSum(sha256.New),
	"sha512":          textSum(sha512.New),
	"signum":          stdlib.SignumFunc,
	"slice":           stdlib.SliceFunc,
	"sort":            stdlib.SortFunc,
	"split":           stdlib.SplitFunc,
	"startswith":      textTest(strings.HasPrefix),
	"strcontains":     textTest(strings.Contains),
	"strlen":          stdlib.StrlenFunc,
	"strrev":          stdlib.ReverseFunc,
	"substr":          stdlib.SubstrFunc,
	"sum":             sum,
	"timeadd":         stdlib.TimeAddFunc,
	"title":           stdlib.TitleFunc,
	"tobool":          stdlib.MakeToFunc(cty.Bool),
	"tolist":          stdlib.MakeToFunc(cty.List(cty.DynamicPseudoType)),
	"tomap":           stdlib.MakeToFunc(cty.Map(cty.DynamicPseudoType)),
	"tonumber":        stdlib.MakeToFunc(cty.Number),
	"toset":           stdlib.MakeToFunc(cty.Set(cty.DynamicPseudoType)),
	"tostring":        stdlib.MakeToFunc(cty.String),
	"transpose":       transpose,
	"trim":            stdlib.TrimFunc,
	"trimprefix":      stdlib.TrimPrefixFunc,
	"trimspace":       stdlib.TrimSpaceFunc,
	"trimsuffix":      stdlib.TrimSuffixFunc,
	"try":             tryfunc.TryFunc,
	"upper":           stdlib.UpperFunc,
	"urlencode":       text(url.QueryEscape),
	"values":          stdlib.ValuesFunc,
	"yamlencode":      yamlEncode,
	"zipmap":          stdlib.ZipmapFunc,
}

// functionNames lists all functions by name.
func functionNames() []string {
	return slices.Sorted(slices.Values(append(keys(pureFunctions), fileFunctions...)))
}

// anything is a parameter that takes every value as it is, marks included.
func anything(name string) function.Parameter {
	return function.Parameter{Name: name, Type: cty.DynamicPseudoType, AllowNull: true, AllowMarked: true, AllowDynamicType: true}
}

func text(f func(string) string) function.Function {
	return function.New(&function.Spec{
		Params: []function.Parameter{{Name: "str", Type: cty.String}},
		Type:   function.StaticReturnType(cty.String),
		Impl: func(args []cty.Value, _ cty.Type) (cty.Value, error) {
			return cty.StringVal(f(args[0].AsString())), nil
		},
	})
}

func textTest(f func(s, part string) bool) function.Function {
	return function.New(&function.Spec{
		Params: []function.Parameter{{Name: "str", Type: cty.String}, {Name: "part", Type: cty.String}},
		Type:   function.StaticReturnType(cty.Bool),
		Impl: func(args []cty.Value, _ cty.Type) (cty.Value, error) {
			return cty.BoolVal(f(args[0].AsString(), args[1].AsString())), nil
		},
	})
}

func textSum(newHash func() hash.Hash) function.Function {
	return text(func(s string) string {
		h := newHash()
		h.Write([]byte(s))
		return hex.EncodeToString(h.Sum(nil))
	})
}

func base64Sum(newHash func() hash.Hash) function.Function {
	return text(func(s string) string {
		h := newHash()
		h.Write([]byte(s))
		return base64.StdEncoding.EncodeToString(h.Sum(nil))
	})
}

var base64Decode = function.New(&function.Spec{
	Params: []function.Parameter{{Name: "str", Type: cty.String}},
	Type:   function.StaticReturnType(cty.String),
	Impl: func(args []cty.Value, _ cty.Type) (cty.Value, error) {
		data, err := base64.StdEncoding.DecodeString(args[0].AsString())
		if err != nil {
			return cty.NilVal, function.NewArgErrorf(0, "it is not base64")
		}
		if !validText(data) {
			return cty.NilVal, function.NewArgErrorf(0, "what it encodes is not UTF-8 text")
		}
		return cty.StringVal(string(data)), nil
	},
})

// coalesce is the first argument that is neither null nor "". Unlike
// stdlib's it does not convert the arguments to one type.
var coalesce = function.New(&function.Spec{
	VarParam: &function.Parameter{Name: "vals", Type: cty.DynamicPseudoType, AllowNull: true, AllowMarked: true, AllowDynamicType: true},
	Type: func(args []cty.Value) (cty.Type, error) {
		v, err := firstSet(args)
		return v.Type(), err
	},
	Impl: func(args []cty.Value, _ cty.Type) (cty.Value, error) { return firstSet(args) },
})

func firstSet(args []cty.Value) (cty.Value, error) {
	for _, v := range args {
		bare, _ := v.Unmark()
		if !bare.IsKnown() {
			return cty.DynamicVal, nil
		}
		if !bare.IsNull() && !(bare.Type() == cty.String && bare.AsString() == "") {
			return v, nil
		}
	}
	return cty.DynamicVal, fmt.Errorf("all arguments are null or empty strings")
}

// lookup takes the default of any type, or none at all, where stdlib's needs both.
var lookup = function.New(&function.Spec{
	Params:   []function.Parameter{anything("map"), {Name: "key", Type: cty.String, AllowMarked: true}},
	VarParam: &function.Parameter{Name: "default", Type: cty.DynamicPseudoType, AllowNull: true, AllowMarked: true, AllowDynamicType: true},
	Type: func(args []cty.Value) (cty.Type, error) {
		v, err := lookUp(args)
		return v.Type(), err
	},
	Impl: func(args []cty.Value, _ cty.Type) (cty.Value, error) { return lookUp(args) },
})

func lookUp(args []cty.Value) (cty.Value, error) {
	m, marks := args[0].Unmark()
	key, keyMarks := args[1].Unmark()
	if len(args) > 3 {
		return cty.DynamicVal, function.NewArgErrorf(3, "lookup takes a map, a key and at most one default")
	}
	if !m.IsKnown() || !key.IsKnown() {
		return cty.DynamicVal, nil
	}
	if m.IsNull() || !m.Type().IsObjectType() && !m.Type().IsMapType() {
		return cty.DynamicVal, function.NewArgErrorf(0, "it has to be a map or an object")
	}
	if v, ok := m.AsValueMap()[key.AsString()]; ok {
		return v.WithMarks(marks, keyMarks), nil
	}
	if len(args) == 3 {
		return args[2].WithMarks(keyMarks), nil
	}
	if hasSensitive(keyMarks) {
		return cty.DynamicVal, function.NewArgErrorf(1, "there is no such key, and no default is given")
	}
	return cty.DynamicVal, function.NewArgErrorf(1, "there is no key %q, and no default is given", key.AsString())
}

// length counts characters too, as Terraform's does.
var length = function.New(&function.Spec{
	Params: []function.Parameter{{Name: "value", Type: cty.DynamicPseudoType, AllowDynamicType: true}},
	Type: func(args []cty.Value) (cty.Type, error) {
		switch ty := args[0].Type(); {
		case ty == cty.String, ty.IsObjectType(), ty.IsTupleType(), ty.IsCollectionType(), ty == cty.DynamicPseudoType:
			return cty.Number, nil
		}
		return cty.Number, function.NewArgErrorf(0, "it has to be a string, a list or a map")
	},
	Impl: func(args []cty.Value, _ cty.Type) (cty.Value, error) {
		if args[0].Type() == cty.String {
			return stdlib.Strlen(args[0])
		}
		if !args[0].IsKnown() {
			return cty.UnknownVal(cty.Number), nil
		}
		return cty.NumberIntVal(int64(args[0].LengthInt())), nil
	},
})

// replace treats /…/ as a regular expression, as Terraform's does.
var replace = function.New(&function.Spec{
	Params: []function.Parameter{{Name: "str", Type: cty.String}, {Name: "substr", Type: cty.String}, {Name: "replacement", Type: cty.String}},
	Type:   function.StaticReturnType(cty.String),
	Impl: func(args []cty.Value, _ cty.Type) (cty.Value, error) {
		if part := args[1].AsString(); len(part) > 1 && part[0] == '/' && part[len(part)-1] == '/' {
			return stdlib.RegexReplace(args[0], cty.StringVal(part[1:len(part)-1]), args[2])
		}
		return stdlib.Replace(args[0], args[1], args[2])
	},
})

var one = function.New(&function.Spec{
	Params: []function.Parameter{{Name: "list", Type: cty.DynamicPseudoType, AllowMarked: true}},
	Type: func(args []cty.Value) (cty.Type, error) {
		v, err := onlyOne(args[0])
		return v.Type(), err
	},
	Impl: func(args []cty.Value, _ cty.Type) (cty.Value, error) { return onlyOne(args[0]) },
})

func onlyOne(v cty.Value) (cty.Value, error) {
	v, marks := v.Unmark()
	if !v.IsKnown() {
		return cty.DynamicVal, nil
	}
	if v.IsNull() || !v.Type().IsTupleType() && !v.Type().IsListType() && !v.Type().IsSetType() {
		return cty.DynamicVal, function.NewArgErrorf(0, "it has to be a list or a set")
	}
	switch all := v.AsValueSlice(); len(all) {
	case 0:
		return cty.NullVal(cty.DynamicPseudoType), nil
	case 1:
		return all[0].WithMarks(marks), nil
	default:
		return cty.DynamicVal, function.NewArgErrorf(0, "it has %d elements where one or none is expected", len(all))
	}
}

var (
	allTrue = bools(func(all []bool) bool { return !slices.Contains(all, false) })
	anyTrue = bools(func(all []bool) bool { return slices.Contains(all, true) })
)

func bools(f func([]bool) bool) function.Function {
	return function.New(&function.Spec{
		Params: []function.Parameter{{Name: "list", Type: cty.List(cty.Bool)}},
		Type:   function.StaticReturnType(cty.Bool),
		Impl: func(args []cty.Value, _ cty.Type) (cty.Value, error) {
			var all []bool
			for _, v := range args[0].AsValueSlice() {
				if !v.IsKnown() {
					return cty.UnknownVal(cty.Bool), nil
				}
				all = append(all, !v.IsNull() && v.True())
			}
			return cty.BoolVal(f(all)), nil
		},
	})
}

var sum = function.New(&function.Spec{
	Params: []function.Parameter{{Name: "list", Type: cty.List(cty.Number)}},
	Type:   function.StaticReturnType(cty.Number),
	Impl: func(args []cty.Value, _ cty.Type) (cty.Value, error) {
		if args[0].LengthInt() == 0 {
			return cty.NilVal, function.NewArgErrorf(0, "it is empty")
		}
		total := new(big.Float).SetPrec(512)
		for _, v := range args[0].AsValueSlice() {
			if !v.IsKnown() {
				return cty.UnknownVal(cty.Number), nil
			}
			if v.IsNull() {
				return cty.NilVal, function.NewArgErrorf(0, "it holds null")
			}
			total.Add(total, v.AsBigFloat())
		}
		return cty.NumberVal(total), nil
	},
})

// deepMerge merges objects as values are merged: maps deeply, everything else
// replaces, null included.
var deepMerge = function.New(&function.Spec{
	VarParam: &function.Parameter{Name: "maps", Type: cty.DynamicPseudoType, AllowNull: true, AllowMarked: true, AllowDynamicType: true},
	Type: func(args []cty.Value) (cty.Type, error) {
		v, err := mergeDeeply(args)
		return v.Type(), err
	},
	Impl: func(args []cty.Value, _ cty.Type) (cty.Value, error) { return mergeDeeply(args) },
})

func mergeDeeply(args []cty.Value) (cty.Value, error) {
	merged := cty.EmptyObjectVal
	for i, v := range args {
		bare, _ := v.Unmark()
		switch {
		case !bare.IsKnown():
			return cty.DynamicVal, nil
		case bare.IsNull():
		case !isMap(bare):
			return cty.DynamicVal, function.NewArgErrorf(i, "it is %s, not a map or an object", typeName(bare))
		default:
			merged = mergeTwo(merged, v)
		}
	}
	return merged, nil
}

func mergeTwo(low, high cty.Value) cty.Value {
	l, lm := low.Unmark()
	h, hm := high.Unmark()
	if l.IsNull() || h.IsNull() || !isMap(l) || !isMap(h) {
		return high
	}
	out := map[string]cty.Value{}
	for k, v := range l.AsValueMap() {
		out[k] = v
	}
	for k, v := range h.AsValueMap() {
		if below, ok := out[k]; ok {
			v = mergeTwo(below, v)
		}
		out[k] = v
	}
	return cty.ObjectVal(out).WithMarks(lm, hm)
}

func isMap(v cty.Value) bool { return v.Type().IsObjectType() || v.Type().IsMapType() }

var yamlEncode = function.New(&function.Spec{
	Params: []function.Parameter{{Name: "value", Type: cty.DynamicPseudoType, AllowNull: true, AllowDynamicType: true}},
	Type:   function.StaticReturnType(cty.String),
	Impl: func(args []cty.Value, _ cty.Type) (cty.Value, error) {
		if !args[0].IsWhollyKnown() {
			return cty.UnknownVal(cty.String), nil
		}
		return encodeYAML(args[0])
	},
})
