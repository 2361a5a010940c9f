// Command build builds the control plane that tests ask, and says where it is.
package main

import (
	"fmt"
	"os"

	"github.com/weir-dev/weir/integration/apiserver"
)

func main() {
	path, err := apiserver.Build()
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
	fmt.Println(path)
}
