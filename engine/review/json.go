package review

import (
	"bytes"
	_ "embed"
	"encoding/json"
	"fmt"
)

//go:embed review.schema.json
var jsonSchema []byte

// Schema is the JSON Schema of a Review's JSON form. A test makes it of the
// types and of what is said about them.
func Schema() []byte { return jsonSchema }

// JSON writes the review in the form that Schema describes.
func (r Review) JSON() ([]byte, error) { return indented(r) }

func indented(value any) ([]byte, error) {
	var b bytes.Buffer
	e := json.NewEncoder(&b)
	e.SetIndent("", "  ")
	e.SetEscapeHTML(false)
	if err := e.Encode(value); err != nil {
		return nil, fmt.Errorf("write JSON: %w", err)
	}
	return b.Bytes(), nil
}
