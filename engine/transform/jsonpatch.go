package transform

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"strconv"
	"strings"

	jsonpatch "gopkg.in/evanphx/json-patch.v4"

	"github.com/weir-dev/weir/engine/manifest"
	"github.com/weir-dev/weir/schema/diag"
)

// applyOperations applies JSON 6902 operations to every object that the patch's
// target means, with the library that kustomize uses but without its way over
// YAML, which makes 1e+07 of 10000000. A path that is not there is an error, also
// where kustomize adds it; as in kustomize, operations may rename an object.
func (r *run) applyOperations(drafts []*draft, p patchDocument, list []any) []*draft {
	if p.Target == nil {
		r.report(diag.Errorf(p.Range, "JSON 6902 patch has no target").
			Detailf("Operations do not say which object they are for.").
			Remedyf(`Add target = { kind = "…", name = "…" } to the patch block.`))
		return drafts
	}
	operations, ok := r.readOperations(p, list)
	if !ok {
		return drafts
	}
	found, ok := r.selected(drafts, p)
	if !ok {
		return drafts
	}
	for _, d := range found {
		tree, op, err := operate(d.body(), operations)
		if err != nil {
			text, _ := json.Marshal(list[op])
			r.report(diag.Errorf(placeIn(p.Patch, p.operationLine(op), 0), "operation %d of the patch does not apply to %v", op+1, d.ID).
				Detailf("%s: %s.", operationText(text), reason(err)).
				Remedyf("%s", remedyFor(err)).
				Also(p.Range, "the patch of release %q", r.Release.Name).
				Also(r.place(d), "the object comes from here"))
			continue
		}
		before := d.ID
		d.replace(tree)
		if _, err := manifest.New(tree, d.Source); err != nil {
			r.report(diag.Errorf(p.at(), "patch leaves %v without an identity", before).
				Detailf("After it, %v.", err).
				Remedyf("Patch other fields; to take the object out, use a strategic merge patch with $patch: delete.").
				Also(p.Range, "the patch of release %q", r.Release.Name))
			r.halted = true
		} else if before != d.ID {
			r.reportTaken(drafts, d, p, before)
		}
	}
	return drafts
}

// reportTaken finds the object whose identity another one was patched into.
func (r *run) reportTaken(drafts []*draft, d *draft, p patchDocument, before manifest.ID) {
	for _, other := range drafts {
		if other != d && other.ID == d.ID && other.Hook == nil && d.Hook == nil {
			r.report(diag.Errorf(p.at(), "patch makes %v of %v, which is there already", d.ID, before).
				Remedyf("Choose another name.").
				Also(r.place(other), "the object of that name comes from here").
				Also(r.place(d), "the patched one comes from here"))
			return
		}
	}
}

// readOperations checks the form of every operation.
func (r *run) readOperations(p patchDocument, list []any) (jsonpatch.Patch, bool) {
	ok := true
	complain := func(i int, what string) {
		ok = false
		r.report(diag.Errorf(placeIn(p.Patch, p.operationLine(i), 0), "operation %d of the patch is none of JSON 6902", i+1).
			Detailf("%s.", upperFirst(what)).
			Remedyf("An operation has op (add, remove, replace, move, copy or test), path, and value or from.").
			Also(p.Range, "the patch of release %q", r.Release.Name))
	}
	for i, item := range list {
		operation, isMap := item.(map[string]any)
		if !isMap {
			complain(i, "it is no map")
			continue
		}
		op, _ := operation["op"].(string)
		path, isText := operation["path"].(string)
		_, hasValue := operation["value"]
		from, hasFrom := operation["from"].(string)
		switch op {
		case "add", "replace", "test":
			if !hasValue {
				complain(i, op+" needs a value")
			}
		case "move", "copy":
			if !hasFrom || !isPointer(from) {
				complain(i, op+" needs a from that begins with a slash")
			}
		case "remove":
		default:
			complain(i, fmt.Sprintf("its op is %q", op))
			continue
		}
		if !isText || !isPointer(path) {
			complain(i, "its path does not begin with a slash")
		}
	}
	if !ok {
		return nil, false
	}
	text, err := json.Marshal(list)
	if err == nil {
		var operations jsonpatch.Patch
		if operations, err = jsonpatch.DecodePatch(text); err == nil {
			return operations, true
		}
	}
	complain(0, err.Error())
	return nil, false
}

func isPointer(path string) bool { return strings.HasPrefix(path, "/") }

// operate applies all operations, or says which one does not apply.
func operate(tree map[string]any, operations jsonpatch.Patch) (result map[string]any, failed int, err error) {
	defer func() {
		if bug := recover(); bug != nil { // the library indexes with little care
			err = fmt.Errorf("the operations cannot be applied: %v", bug)
		}
	}()
	text, err := json.Marshal(tree)
	if err != nil {
		return nil, 0, err
	}
	steps, of := strictly(operations)
	patched, err := steps.Apply(text)
	if err != nil {
		for i := range steps { // it is the last one of the shortest part that fails
			if _, err := steps[:i+1].Apply(text); err != nil {
				return nil, of[i], err
			}
		}
		return nil, 0, err
	}
	result, err = decodeJSON(patched)
	return result, 0, err
}

// strictly makes sure that what RFC 6902 wants to be there is there: the library
// adds a key that is to be replaced, copies null from nowhere and finds null
// where nothing is. A value that moves to where it is has to be there. of names
// the operation of each step.
func strictly(operations jsonpatch.Patch) (steps jsonpatch.Patch, of []int) {
	for i, operation := range operations {
		there := operation["path"]
		switch operation.Kind() {
		case "copy":
			there = operation["from"]
			fallthrough
		case "replace", "test":
			steps, of = append(steps, jsonpatch.Operation{"op": &move, "from": there, "path": there}), append(of, i)
		}
		steps, of = append(steps, operation), append(of, i)
	}
	return steps, of
}

var move = json.RawMessage(`"move"`)

// decodeJSON reads a JSON object into the types of manifest.New.
func decodeJSON(text []byte) (map[string]any, error) {
	decoder := json.NewDecoder(bytes.NewReader(text))
	decoder.UseNumber()
	var tree map[string]any
	if err := decoder.Decode(&tree); err != nil {
		return nil, err
	}
	typeNumbers(tree)
	return tree, nil
}

func typeNumbers(v any) any {
	switch v := v.(type) {
	case map[string]any:
		for k, c := range v {
			v[k] = typeNumbers(c)
		}
	case []any:
		for i, c := range v {
			v[i] = typeNumbers(c)
		}
	case json.Number:
		return typedNumber(string(v))
	}
	return v
}

// reason is what went wrong, without values: they may be secret.
func reason(err error) string {
	notIndex := (*strconv.NumError)(nil)
	switch {
	case errors.Is(err, jsonpatch.ErrTestFailed):
		return "the object has another value there"
	case errors.Is(err, jsonpatch.ErrInvalidIndex), errors.As(err, &notIndex):
		return "the list has no such index"
	case errors.Is(err, jsonpatch.ErrMissing):
		return "the object has no such path"
	}
	return err.Error()
}

func remedyFor(err error) string {
	if errors.Is(err, jsonpatch.ErrTestFailed) {
		return "Correct the value that is tested for, or the patch that no longer fits."
	}
	return "Correct the path, or use add for what is not there yet; a map or list on the way that is missing needs an operation of its own before this one."
}

// operationText is an operation for a message: without its value, which may be
// a secret.
func operationText(text []byte) string {
	var operation struct{ Op, From, Path string }
	_ = json.Unmarshal(text, &operation)
	if operation.From != "" {
		return operation.Op + " " + operation.From + " to " + operation.Path
	}
	return operation.Op + " " + operation.Path
}
