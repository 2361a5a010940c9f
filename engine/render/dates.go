package render

import (
	"text/template"
	"time"
	_ "time/tzdata" // zones by name are the same on every machine
)

// dates are sprig's functions that use the machine's time zone: here that is
// UTC, so that a date is written alike everywhere. Those that ask for the
// present are in unstable.go.
func dates() template.FuncMap {
	return template.FuncMap{
		"toDate": func(layout, s string) time.Time {
			t, _ := time.ParseInLocation(layout, s, time.UTC)
			return t
		},
		"mustToDate": func(layout, s string) (time.Time, error) { return time.ParseInLocation(layout, s, time.UTC) },
	}
}

// instant is what sprig takes for a date; false for everything else, which it
// takes for the present.
func instant(date any) (time.Time, bool) {
	switch date := date.(type) {
	case time.Time:
		return date, true
	case *time.Time:
		return *date, true
	case int64:
		return time.Unix(date, 0), true
	case int:
		return time.Unix(int64(date), 0), true
	case int32:
		return time.Unix(int64(date), 0), true
	}
	return time.Time{}, false
}

func zone(name string) *time.Location {
	if name == "Local" {
		return time.UTC
	}
	location, err := time.LoadLocation(name)
	if err != nil {
		return time.UTC
	}
	return location
}
