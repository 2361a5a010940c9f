package schema

import (
	"encoding/json"
	"time"
)

// The language is a table. Decoding, "did you mean", `weir schema` and the
// reference page all read this one description: language.go says how a row
// looks, blocks.go holds the rows.

// kind is the type of an attribute.
type kind uint8

const (
	kindString kind = iota
	kindBool
	kindStrings    // list(string)
	kindStringMap  // map(string)
	kindValues     // any object
	kindForEach    // a map, or a set of strings
	kindInclude    // list(string), read before anything can be evaluated
	kindClusters   // names, globs, { labels = {…} }
	kindMatch      // { labels = {…} }
	kindCounts     // map(whole number)
	kindSelector   // kustomize's target selector
	kindDuration   // "5m"
	kindDate       // "2026-12-31"
	kindConstraint // a type constraint: string, list(number), …
	kindAny        // any value
	kindForbidden  // reserved for later work
)

// String is how the reference and the messages name the type.
func (k kind) String() string {
	switch k {
	case kindString:
		return "string"
	case kindBool:
		return "bool"
	case kindStrings, kindInclude:
		return "list(string)"
	case kindStringMap:
		return "map(string)"
	case kindValues:
		return "object"
	case kindForEach:
		return "map or set(string)"
	case kindClusters:
		return "list(string or { labels = map(string) })"
	case kindMatch:
		return "{ labels = map(string) }"
	case kindCounts:
		return "map(whole number)"
	case kindSelector:
		return "{ group, version, kind, name, namespace, label_selector, annotation_selector }"
	case kindDuration:
		return "duration"
	case kindDate:
		return "date"
	case kindConstraint:
		return "type"
	case kindForbidden:
		return "reserved"
	default:
		return "any"
	}
}

// overlay says how an attribute of several fragments of one release combines.
type overlay string

const (
	notInOverlays overlay = ""
	replaces      overlay = "replaces"
	mergesByKey   overlay = "merges by key"
	appends       overlay = "appends"
	ownLayer      overlay = "a layer of its own"
)

// attribute is one row: a name with all that the readers of the table need.
type attribute struct {
	Name     string
	Type     kind
	OneOf    []string // the allowed strings; nil allows all
	Default  string   // as a person reads it; decoded where it stands for a value
	Overlay  overlay
	Required bool
	Doc      string
}

// strings is the default of a list.
func (a *attribute) strings() []string {
	var out []string
	if json.Unmarshal([]byte(a.Default), &out) != nil {
		return nil
	}
	return out
}

// duration is the default of a duration.
func (a *attribute) duration() time.Duration {
	d, err := time.ParseDuration(a.Default)
	if err != nil {
		return 0
	}
	return d
}

// block is one kind of block with its rows.
type block struct {
	Name       string
	Label      string // what the label is; "" where the block takes none
	Unlabelled bool   // the label may be left out
	Once       bool   // at most one in its parent
	Repeats    bool   // several may have one label
	Free       bool   // any attribute name is allowed: locals
	Reserved   bool   // known, and answered with "later"
	Doc        string
	Attributes []attribute
	Blocks     []block
}

func (b *block) attribute(name string) *attribute {
	for i := range b.Attributes {
		if b.Attributes[i].Name == name {
			return &b.Attributes[i]
		}
	}
	return nil
}

func (b *block) block(name string) *block {
	for i := range b.Blocks {
		if b.Blocks[i].Name == name {
			return &b.Blocks[i]
		}
	}
	return nil
}

// attributeNames lists what may be written, reserved names left out.
func (b *block) attributeNames() []string {
	var names []string
	for _, a := range b.Attributes {
		if a.Type != kindForbidden {
			names = append(names, a.Name)
		}
	}
	return names
}

func (b *block) blockNames() []string {
	var names []string
	for _, n := range b.Blocks {
		if !n.Reserved {
			names = append(names, n.Name)
		}
	}
	return names
}
