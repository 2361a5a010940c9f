package cli

import (
	"fmt"
	"io"

	"github.com/weir-dev/weir/cmd/internal/ui"
	"github.com/weir-dev/weir/engine/fetch"
)

// fetchedText says what was fetched from where; nothing where nothing was.
func fetchedText(w io.Writer, style ui.Style, all []fetch.Fetched, verbose bool) {
	if len(all) == 0 {
		return
	}
	var bytes int64
	for _, f := range all {
		bytes += f.Bytes
	}
	fmt.Fprintf(w, "fetched %s, %s\n", plural(len(all), "chart"), size(bytes))
	for i, f := range all {
		if i == listed && !verbose {
			fmt.Fprintf(w, "    %s\n", style.Faint(fmt.Sprintf("… and %d more (--verbose lists them)", len(all)-i)))
			break
		}
		fmt.Fprintf(w, "    %s\n", style.Faint(fmt.Sprintf("%s  %s", f.Origin, size(f.Bytes))))
	}
}

// size is a number of bytes for people.
func size(n int64) string {
	const kilo = 1000
	switch {
	case n < kilo:
		return fmt.Sprintf("%d B", n)
	case n < kilo*kilo:
		return fmt.Sprintf("%d kB", (n+kilo/2)/kilo)
	}
	return fmt.Sprintf("%.1f MB", float64(n)/(kilo*kilo))
}
