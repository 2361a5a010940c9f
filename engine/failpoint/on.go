//go:build failpoints

package failpoint

import (
	"fmt"
	"os"
	"strconv"
	"sync/atomic"
)

// Variable holds the number of the write before which the process is to die,
// counted from one, or "list".
const Variable = "WEIR_FAILPOINT"

// passed counts, over all goroutines of the process.
var passed atomic.Int64

// Before kills the process, as `kill -9` does, if its turn has come. Asked to
// list, it only says where it is.
func Before(what, path string) {
	wanted := os.Getenv(Variable)
	if wanted == "" {
		return
	}
	n := passed.Add(1)
	if wanted != "list" && wanted != strconv.FormatInt(n, 10) {
		return
	}
	fmt.Fprintf(os.Stderr, "failpoint\t%d\t%s\t%s\n", n, what, path)
	if wanted == "list" {
		return
	}
	self, err := os.FindProcess(os.Getpid())
	if err == nil {
		err = self.Kill()
	}
	if err != nil {
		panic(err) // of a test's own binary
	}
	select {}
}
