// Package schema turns a project's HCL into a Project that answers for any
// target: Load, then Targets, then Release(name).At(target). HCL stays behind
// its methods; what comes out is plain data with source ranges (release.go).
// It reads files of the project and nothing else, and never the clock, the
// network or a random source.
package schema
