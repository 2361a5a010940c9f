package schema

import "github.com/hashicorp/hcl/v2/hclwrite"

// Format lays the text of a project file out in HCL's canonical style.
func Format(src []byte) []byte { return hclwrite.Format(src) }
