package review

import (
	"bytes"
	"encoding"
	"encoding/json"
	"go/ast"
	"go/parser"
	"go/token"
	"os"
	"reflect"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/santhosh-tekuri/jsonschema/v6"
)

// TestSchema makes the schema of the types and compares it with the one that
// users get.
func TestSchema(t *testing.T) {
	made := schemaOf(t, reflect.TypeFor[Review]())
	var b bytes.Buffer
	e := json.NewEncoder(&b)
	e.SetEscapeHTML(false)
	e.SetIndent("", "  ")
	if err := e.Encode(made); err != nil {
		t.Fatal(err)
	}
	if *update {
		if err := os.WriteFile("review.schema.json", b.Bytes(), 0o644); err != nil {
			t.Fatal(err)
		}
		jsonSchema = b.Bytes()
	}
	if d := cmp.Diff(b.String(), string(Schema())); d != "" {
		t.Errorf("run the test with -update (-want +got):\n%s", d)
	}
}

// TestSchemaHolds validates real reviews, and lets none have a field that the
// schema does not know.
func TestSchemaHolds(t *testing.T) {
	var tree any
	if err := json.Unmarshal(Schema(), &tree); err != nil {
		t.Fatal(err)
	}
	close(tree)
	compiler := jsonschema.NewCompiler()
	if err := compiler.AddResource("review.json", tree); err != nil {
		t.Fatal(err)
	}
	schema, err := compiler.Compile("review.json")
	if err != nil {
		t.Fatal(err)
	}
	validate := func(name string, document []byte) {
		value, err := jsonschema.UnmarshalJSON(bytes.NewReader(document))
		if err != nil {
			t.Fatal(err)
		}
		if err := schema.Validate(value); err != nil {
			t.Errorf("%s: %v", name, err)
		}
	}
	golden, err := os.ReadDir("testdata")
	if err != nil {
		t.Fatal(err)
	}
	n := 0
	for _, file := range golden {
		if strings.HasSuffix(file.Name(), ".json") {
			document, err := os.ReadFile("testdata/" + file.Name())
			if err != nil {
				t.Fatal(err)
			}
			validate(file.Name(), document)
			n++
		}
	}
	if n == 0 {
		t.Error("no golden reviews")
	}
	if err := schema.Validate(map[string]any{"format": 1}); err == nil {
		t.Error("a review without anything is valid")
	}
}

// close lets objects have no properties but those of the schema.
func close(schema any) {
	node, ok := schema.(map[string]any)
	if !ok {
		return
	}
	if node["type"] == "object" {
		node["additionalProperties"] = false
	}
	for _, key := range []string{"$defs", "properties"} {
		if nodes, ok := node[key].(map[string]any); ok {
			for _, n := range nodes {
				close(n)
			}
		}
	}
}

// node is a part of a schema, its keys in the order in which people read them.
type node struct {
	Schema      string         `json:"$schema,omitempty"`
	Title       string         `json:"title,omitempty"`
	Ref         string         `json:"$ref,omitempty"`
	Description string         `json:"description,omitempty"`
	Type        string         `json:"type,omitempty"`
	Format      string         `json:"format,omitempty"`
	Enum        []string       `json:"enum,omitempty"`
	Items       *node          `json:"items,omitempty"`
	Properties  *properties    `json:"properties,omitempty"`
	Required    []string       `json:"required,omitempty"`
	Defs        map[string]any `json:"$defs,omitempty"`
}

// properties keep the order of a struct's fields.
type properties struct {
	names []string
	nodes []*node
}

func (p properties) MarshalJSON() ([]byte, error) {
	var b bytes.Buffer
	b.WriteByte('{')
	for i, name := range p.names {
		if i > 0 {
			b.WriteByte(',')
		}
		b.WriteString(strconv.Quote(name) + ":")
		e := json.NewEncoder(&b)
		e.SetEscapeHTML(false)
		if err := e.Encode(p.nodes[i]); err != nil {
			return nil, err
		}
	}
	b.WriteByte('}')
	return b.Bytes(), nil
}

func schemaOf(t *testing.T, root reflect.Type) *node {
	s := schemer{comments: map[string]string{}, values: map[string][]string{}, defs: map[string]any{}}
	for _, dir := range []string{".", "../risk", "../diff", "../manifest", "../../schema/diag"} {
		s.read(t, dir)
	}
	made := s.object(root)
	made.Schema, made.Title, made.Defs = "https://json-schema.org/draft/2020-12/schema", "A review by weir diff", s.defs
	return made
}

// schemer knows what the source says of types, their fields and their values.
type schemer struct {
	comments map[string]string   // "diff.Field" and "diff.Field.Path"
	values   map[string][]string // constants of a string type
	defs     map[string]any
}

func (s *schemer) read(t *testing.T, dir string) {
	files, err := os.ReadDir(dir)
	if err != nil {
		t.Fatal(err)
	}
	for _, entry := range files {
		if !strings.HasSuffix(entry.Name(), ".go") || strings.HasSuffix(entry.Name(), "_test.go") {
			continue
		}
		file, err := parser.ParseFile(token.NewFileSet(), dir+"/"+entry.Name(), nil, parser.ParseComments)
		if err != nil {
			t.Fatal(err)
		}
		for _, decl := range file.Decls {
			general, ok := decl.(*ast.GenDecl)
			if !ok {
				continue
			}
			for _, spec := range general.Specs {
				switch spec := spec.(type) {
				case *ast.TypeSpec:
					s.typeSpec(file.Name.Name+"."+spec.Name.Name, general.Doc, spec)
				case *ast.ValueSpec:
					s.constant(file.Name.Name, spec)
				}
			}
		}
	}
}

func (s *schemer) typeSpec(name string, doc *ast.CommentGroup, spec *ast.TypeSpec) {
	s.comments[name] = sentence(doc.Text())
	fields, ok := spec.Type.(*ast.StructType)
	if !ok {
		return
	}
	for _, f := range fields.Fields.List {
		for _, n := range f.Names {
			s.comments[name+"."+n.Name] = sentence(f.Doc.Text() + f.Comment.Text())
		}
	}
}

func (s *schemer) constant(pkg string, spec *ast.ValueSpec) {
	kind, ok := spec.Type.(*ast.Ident)
	if !ok || len(spec.Values) != 1 {
		return
	}
	if literal, ok := spec.Values[0].(*ast.BasicLit); ok && literal.Kind == token.STRING {
		value, _ := strconv.Unquote(literal.Value)
		s.values[pkg+"."+kind.Name] = append(s.values[pkg+"."+kind.Name], value)
	}
}

// sentence is a comment on one line.
func sentence(text string) string { return strings.Join(strings.Fields(text), " ") }

func (s *schemer) node(t reflect.Type) *node {
	switch {
	case t == reflect.TypeFor[time.Time]():
		return &node{Type: "string", Format: "date-time"}
	case t.Implements(reflect.TypeFor[encoding.TextMarshaler]()):
		return &node{Type: "string"}
	}
	switch t.Kind() {
	case reflect.Pointer:
		return s.node(t.Elem())
	case reflect.String:
		return &node{Type: "string", Enum: s.values[t.String()]}
	case reflect.Bool:
		return &node{Type: "boolean"}
	case reflect.Int, reflect.Int64:
		return &node{Type: "integer"}
	case reflect.Float64:
		return &node{Type: "number"}
	case reflect.Slice:
		return &node{Type: "array", Items: s.node(t.Elem())}
	case reflect.Struct:
		if _, known := s.defs[t.String()]; !known {
			s.defs[t.String()] = nil // it may hold itself
			s.defs[t.String()] = s.object(t)
		}
		return &node{Ref: "#/$defs/" + t.String()}
	}
	return &node{} // anything
}

func (s *schemer) object(t reflect.Type) *node {
	made := &node{Description: s.comments[t.String()], Type: "object", Properties: &properties{}}
	s.fields(made, t)
	return made
}

func (s *schemer) fields(made *node, t reflect.Type) {
	for f := range t.Fields() {
		name, options, _ := strings.Cut(f.Tag.Get("json"), ",")
		switch {
		case name == "-":
			continue
		case f.Anonymous && name == "":
			s.fields(made, f.Type)
			continue
		}
		n := s.node(f.Type)
		n.Description = s.comments[t.String()+"."+f.Name]
		if of := f.Type; n.Description == "" && n.Ref == "" && of.Name() != "" {
			n.Description = s.comments[of.String()]
		}
		made.Properties.names = append(made.Properties.names, name)
		made.Properties.nodes = append(made.Properties.nodes, n)
		if !strings.Contains(options, "omit") {
			made.Required = append(made.Required, name)
		}
	}
}
