package transform

import (
	"encoding/json"
	"fmt"
	"testing"

	jsonpatch "gopkg.in/evanphx/json-patch.v4"
)

// TestOperate holds the operations to RFC 6902: where something has to be there,
// it is an error if it is not.
func TestOperate(t *testing.T) {
	const missing, index, other = "the object has no such path", "the list has no such index", "the object has another value there"
	for operations, want := range map[string]string{
		`{"op":"replace","path":"/a","value":2}`:                                                    `{"a":2,"l":[1,2,3],"m":{"x":1},"n":null}`,
		`{"op":"replace","path":"/n","value":2}`:                                                    `{"a":1,"l":[1,2,3],"m":{"x":1},"n":2}`,
		`{"op":"replace","path":"/m","value":null}`:                                                 `{"a":1,"l":[1,2,3],"m":null,"n":null}`,
		`{"op":"replace","path":"/l/1","value":9}`:                                                  `{"a":1,"l":[1,9,3],"m":{"x":1},"n":null}`,
		`{"op":"replace","path":"/l/2","value":9}`:                                                  `{"a":1,"l":[1,2,9],"m":{"x":1},"n":null}`,
		`{"op":"replace","path":"/l/-1","value":9}`:                                                 `{"a":1,"l":[1,2,9],"m":{"x":1},"n":null}`,
		`{"op":"replace","path":"/z","value":2}`:                                                    "0: " + missing,
		`{"op":"replace","path":"/m/z","value":2}`:                                                  "0: " + missing,
		`{"op":"replace","path":"/z/z","value":2}`:                                                  "0: " + missing,
		`{"op":"replace","path":"/l/3","value":2}`:                                                  "0: " + index,
		`{"op":"replace","path":"/l/-","value":2}`:                                                  "0: " + index,
		`{"op":"replace","path":"/l/x","value":2}`:                                                  "0: " + index,
		`{"op":"replace","path":"/a/b","value":2}`:                                                  "0: " + missing,
		`{"op":"replace","path":"/a","value":2},{"op":"replace","path":"/z","value":2}`:             "1: " + missing,
		`{"op":"add","path":"/z","value":1},{"op":"replace","path":"/z","value":2}`:                 `{"a":1,"l":[1,2,3],"m":{"x":1},"n":null,"z":2}`,
		`{"op":"remove","path":"/a"}`:                                                               `{"l":[1,2,3],"m":{"x":1},"n":null}`,
		`{"op":"remove","path":"/l/0"}`:                                                             `{"a":1,"l":[2,3],"m":{"x":1},"n":null}`,
		`{"op":"remove","path":"/z"}`:                                                               "0: " + missing,
		`{"op":"remove","path":"/l/3"}`:                                                             "0: " + index,
		`{"op":"remove","path":"/l/x"}`:                                                             "0: " + index,
		`{"op":"test","path":"/a","value":1},{"op":"remove","path":"/l"}`:                           `{"a":1,"m":{"x":1},"n":null}`,
		`{"op":"test","path":"/m","value":{"x":1}},{"op":"test","path":"/l/1","value":2}`:           `{"a":1,"l":[1,2,3],"m":{"x":1},"n":null}`,
		`{"op":"test","path":"/n","value":null}`:                                                    `{"a":1,"l":[1,2,3],"m":{"x":1},"n":null}`,
		`{"op":"test","path":"/a","value":2}`:                                                       "0: " + other,
		`{"op":"test","path":"/a","value":null}`:                                                    "0: " + other,
		`{"op":"test","path":"/z","value":null}`:                                                    "0: " + missing,
		`{"op":"test","path":"/z","value":1}`:                                                       "0: " + missing,
		`{"op":"copy","from":"/m","path":"/z"}`:                                                     `{"a":1,"l":[1,2,3],"m":{"x":1},"n":null,"z":{"x":1}}`,
		`{"op":"copy","from":"/l/0","path":"/l/-"}`:                                                 `{"a":1,"l":[1,2,3,1],"m":{"x":1},"n":null}`,
		`{"op":"copy","from":"/y","path":"/z"}`:                                                     "0: " + missing,
		`{"op":"copy","from":"/l/7","path":"/z"}`:                                                   "0: " + index,
		`{"op":"move","from":"/a","path":"/z"}`:                                                     `{"l":[1,2,3],"m":{"x":1},"n":null,"z":1}`,
		`{"op":"move","from":"/y","path":"/z"}`:                                                     "0: " + missing,
		`{"op":"copy","from":"/m","path":"/z"},{"op":"replace","path":"/z/x","value":2}`:            `{"a":1,"l":[1,2,3],"m":{"x":1},"n":null,"z":{"x":2}}`,
		`{"op":"add","path":"/l/1","value":9},{"op":"test","path":"/l/2","value":2}`:                `{"a":1,"l":[1,9,2,3],"m":{"x":1},"n":null}`,
		`{"op":"add","path":"/l/x","value":9}`:                                                      "0: " + index,
		`{"op":"add","path":"/y/z","value":9}`:                                                      "0: " + missing,
		`{"op":"replace","path":"/m~1x","value":9}`:                                                 "0: " + missing,
		`{"op":"add","path":"/m~1x","value":9},{"op":"replace","path":"/m~1x","value":8}`:           `{"a":1,"l":[1,2,3],"m":{"x":1},"m/x":8,"n":null}`,
		`{"op":"copy","from":"/n","path":"/z"},{"op":"test","path":"/z","value":null}`:              `{"a":1,"l":[1,2,3],"m":{"x":1},"n":null,"z":null}`,
		`{"op":"replace","path":"/m","value":{"y":1}},{"op":"replace","path":"/m/y","value":[1,2]}`: `{"a":1,"l":[1,2,3],"m":{"y":[1,2]},"n":null}`,
	} {
		patch, err := jsonpatch.DecodePatch([]byte("[" + operations + "]"))
		if err != nil {
			t.Fatal(err)
		}
		tree, failed, err := operate(map[string]any{"a": 1, "l": []any{1, 2, 3}, "m": map[string]any{"x": 1}, "n": nil}, patch)
		text, _ := json.Marshal(tree)
		got := string(text)
		if err != nil {
			got = fmt.Sprintf("%d: %s", failed, reason(err))
		}
		if got != want {
			t.Errorf("%s\ngot  %s\nwant %s", operations, got, want)
		}
	}
}
