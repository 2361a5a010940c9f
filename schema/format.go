package schema

import (
	"bytes"

	"github.com/hashicorp/hcl/v2"
	"github.com/hashicorp/hcl/v2/hclsyntax"
	"github.com/hashicorp/hcl/v2/hclwrite"

	"github.com/weir-dev/weir/schema/diag"
)

// Format lays the text of a project file out in HCL's canonical style, lines
// ending in LF. A text with mistakes of syntax comes back as it is, with a list
// that says where; file is what the list calls it.
func Format(file string, src []byte) ([]byte, diag.List) {
	if d, bad := badEncoding(file, src); bad {
		return src, diag.List{d}
	}
	text := bytes.ReplaceAll(bytes.TrimPrefix(src, []byte("\ufeff")), []byte("\r\n"), []byte("\n"))
	if d, deep := tooDeep(file, text); deep {
		return src, diag.List{d}
	}
	if _, diags := hclsyntax.ParseConfig(text, file, hcl.InitialPos); diags.HasErrors() {
		list := fromHCL(diags)
		veil(list, func(string) cover { return loose(file, text) })
		return src, list
	}
	return hclwrite.Format(text), nil
}
