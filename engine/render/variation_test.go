package render

import (
	"testing"
	"time"
)

// TestShifted: at no hour of a year does the second render's clock print
// anything that the first one's does.
func TestShifted(t *testing.T) {
	for at := time.Date(2027, 12, 1, 0, 59, 59, 0, time.UTC); at.Year() < 2029; at = at.Add(time.Hour) {
		s := shifted(at)
		for _, layout := range []string{"2006", "01", "Jan", "02", "Mon", "002", "15", "03", "PM", "04", "05", ".000000"} {
			if at.Format(layout) == s.Format(layout) {
				t.Errorf("%s and %s have the same %s", at, s, layout)
			}
		}
	}
}
