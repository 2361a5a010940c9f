// Package schema turns a project's HCL into a Project that answers for any
// target: Load, then Targets, Headers of a target, Release of a header. HCL
// stays behind its methods; what comes out is plain data with source ranges
// (release.go). It reads files of the project and nothing else, and never the
// clock, the network or a random source.
//
// One attribute on its way: its row in blocks.go, checked by decode.go; its
// expression rewritten once (rewrite.go) so that conditionals keep their types
// (conditional.go) and values their places (provenance.go), and checked against
// what its stage may see (check.go); evaluated when asked (scope.go, node.go);
// combined over defaults, profiles and overlays by the row's rule (headers.go,
// body.go).
package schema
