package fetch

import (
	"bytes"
	"path"
	"strings"

	"github.com/weir-dev/weir/schema/diag"
)

// encodings refuses text in UTF-16: Helm reads such YAML, but prints such
// templates byte by byte and compares such names with none.
func (l *loading) encodings(files []File) {
	for _, f := range files {
		if readAsText(f.Name) && (bytes.HasPrefix(f.Data, []byte("\xff\xfe")) || bytes.HasPrefix(f.Data, []byte("\xfe\xff"))) {
			l.fail(l.because(diag.Errorf(diag.Range{File: f.Path}, "%s is UTF-16, not UTF-8", f.Name).
				Detailf("It begins with the byte order mark of UTF-16; the files of a chart are UTF-8.").
				Remedyf("Save it as UTF-8: `iconv -f UTF-16 -t UTF-8` does it.")))
		}
	}
}

// readAsText tells the files of a chart, or of a sub-chart, that Helm reads;
// what the others hold is up to the templates that print them.
func readAsText(name string) bool {
	for rest := name; strings.HasPrefix(rest, "charts/"); {
		_, rest, _ = strings.Cut(rest[len("charts/"):], "/")
		name = rest
	}
	switch name {
	case "Chart.yaml", "values.yaml", "values.schema.json", "requirements.yaml":
		return true
	}
	switch path.Ext(name) {
	case ".yaml", ".yml", ".json", ".tpl":
		return strings.HasPrefix(name, "templates/") || strings.HasPrefix(name, "crds/")
	}
	return false
}
