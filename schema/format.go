package schema

import (
	"github.com/hashicorp/hcl/v2"
	"github.com/hashicorp/hcl/v2/hclsyntax"
	"github.com/hashicorp/hcl/v2/hclwrite"

	"github.com/weir-dev/weir/schema/diag"
)

// Format lays the text of a project file out in HCL's canonical style. Text
// that does not parse is not touched: it comes back as diagnostics.
func Format(file string, src []byte) ([]byte, diag.List) {
	if _, diags := hclsyntax.ParseConfig(src, file, hcl.InitialPos); diags.HasErrors() {
		return nil, fromHCL(diags)
	}
	return hclwrite.Format(src), nil
}
