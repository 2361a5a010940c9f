package render

import (
	"bytes"
	"log"
	"slices"
	"strings"
	"sync"
)

// Helm's SDK warns through the standard logger and nothing else. One caller at
// a time has it, see quietly.
var logger sync.Mutex

// quietly runs f and returns what it logged, one line each, sorted and without
// repetitions. Nothing reaches the terminal.
func quietly(f func()) []string {
	logger.Lock()
	defer logger.Unlock()
	var logged bytes.Buffer
	out, flags, prefix := log.Writer(), log.Flags(), log.Prefix()
	log.SetOutput(&logged)
	log.SetFlags(0)
	log.SetPrefix("")
	defer func() {
		log.SetOutput(out)
		log.SetFlags(flags)
		log.SetPrefix(prefix)
	}()
	f()
	if logged.Len() == 0 {
		return nil
	}
	lines := strings.Split(strings.TrimSpace(logged.String()), "\n")
	slices.Sort(lines)
	return slices.Compact(lines)
}
