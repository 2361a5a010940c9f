package review

import _ "embed"

//go:embed review.schema.json
var jsonSchema []byte

// Schema is the JSON Schema of a Review's JSON form. A test makes it of the
// types and of what is said about them.
func Schema() []byte { return jsonSchema }
