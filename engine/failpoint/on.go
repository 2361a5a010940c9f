//go:build failpoints

package failpoint

import (
	"fmt"
	"os"
	"regexp"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
)

// Variable of the environment says where the process is to die: "3 ^rename\t.*/main$"
// means before the third write whose kind and path, joined by a tab, match. With
// "list" it lives and says of each write where it is.
const Variable = "WEIR_FAILPOINT"

var (
	passed atomic.Int64 // writes that matched, over all goroutines
	wanted = sync.OnceValues(func() (nth int64, place *regexp.Regexp) {
		if number, expression, ok := strings.Cut(os.Getenv(Variable), " "); ok {
			var err error
			if nth, err = strconv.ParseInt(number, 10, 64); err != nil {
				panic(err)
			}
			place = regexp.MustCompile(expression)
		}
		return nth, place
	})
)

// Before kills the process, as `kill -9` does, if its turn has come.
func Before(what, path string) {
	say := func() { fmt.Fprintf(os.Stderr, "failpoint\t%s\t%s\n", what, path) }
	nth, place := wanted()
	if place == nil {
		if os.Getenv(Variable) == "list" {
			say()
		}
		return
	}
	if !place.MatchString(what+"\t"+path) || passed.Add(1) != nth {
		return
	}
	say()
	self, err := os.FindProcess(os.Getpid())
	if err == nil {
		err = self.Kill()
	}
	if err != nil {
		panic(err)
	}
	select {}
}
