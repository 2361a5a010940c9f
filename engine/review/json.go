package review

import (
	"bytes"
	_ "embed"
	"encoding/json"
)

//go:embed review.schema.json
var jsonSchema []byte

// Schema is the JSON Schema of a Review's JSON form. A test makes it of the
// types and of what is said about them.
func Schema() []byte { return jsonSchema }

// JSON writes the review in the form that Schema describes.
func (r Review) JSON() []byte { return indented(r) }

func indented(value any) []byte {
	var b bytes.Buffer
	e := json.NewEncoder(&b)
	e.SetIndent("", "  ")
	e.SetEscapeHTML(false)
	if err := e.Encode(value); err != nil {
		panic(err) // our own types
	}
	return b.Bytes()
}
