package schema

// Describe is the language as JSON, for editors and generators.
func Describe() []byte { return nil }

// Reference is the language as a Markdown page.
func Reference() []byte { return nil }
