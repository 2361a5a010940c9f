package render

import "github.com/weir-dev/weir/schema/diag"

// Input is a chart's files with its dependencies in charts/, unpacked.
type Input struct {
	Name   string
	Root   string // relative to the project, for messages
	Digest string
	Files  []File
}

// File is one file of a chart; it mirrors fetch.File.
type File struct {
	Name   string // relative to the chart
	Path   string // what a person opens
	Packed bool   // Path lies inside an archive
	Data   []byte
}

// Chart is a chart ready to be rendered, any number of times and concurrently.
type Chart struct {
	Input
}

// Parse loads a chart and parses all of its templates.
func Parse(in Input) (*Chart, diag.List) { return &Chart{Input: in}, nil }
