package diag

import "testing"

func TestSentence(t *testing.T) {
	for msg, want := range map[string]string{
		"":                             "",
		" did not find a key\n":        "Did not find a key.",
		"it ends.":                     "It ends.",
		"does it?":                     "Does it?",
		"it is `here`":                 "It is `here`",
		"permission denied":            "Permission denied.",
		"weir.hcl is missing":          "weir.hcl is missing.",
		"ärger":                        "Ärger.",
		"\"name\" is given twice":      "\"name\" is given twice.",
		"apiVersion v1 cannot be read": "apiVersion v1 cannot be read.",
	} {
		if got := Sentence(msg); got != want {
			t.Errorf("Sentence(%q) = %q, want %q", msg, got, want)
		}
	}
}
