package review

import (
	"strings"
	"unicode/utf8"
)

// room is space in a document that has a budget.
type room struct{ characters, bytes int }

func sizeOf(s string) room { return room{utf8.RuneCountInString(s), len(s)} }

func (r room) plus(o room) room  { return room{r.characters + o.characters, r.bytes + o.bytes} }
func (r room) minus(o room) room { return room{r.characters - o.characters, r.bytes - o.bytes} }

// share is a percentage of what there is; never less than nothing.
func (r room) share(percent int) room {
	return room{max(0, r.characters) * percent / 100, max(0, r.bytes) * percent / 100}
}

func (r room) holds(o room) bool { return o.characters <= r.characters && o.bytes <= r.bytes }

// part is something that can be said in more and in fewer words. Each form of a
// part is complete: it closes what it opens and ends a line. Cutting is choosing
// shorter forms and leaving parts out, never cutting text.
type part interface {
	// least is the size of its shortest form.
	least() room
	// entire is the size of its shortest form that has all of its own parts.
	entire() room
	// fit is the longest form that fits. It fits in anything not below least.
	fit(in room) string
}

// text has forms of its own. The longer ones are made when there is room.
type text struct {
	short  string
	size   room            // of short
	longer func() []string // the longest first; may be nil
}

func words(short string, longer func() []string) text {
	return text{short, sizeOf(short), longer}
}

func (t text) least() room  { return t.size }
func (t text) entire() room { return t.size }

func (t text) fit(in room) string {
	if t.longer != nil && in != t.size {
		for _, form := range t.longer() {
			if in.holds(sizeOf(form)) {
				return form
			}
		}
	}
	return t.short
}

// list is parts one below the other. Where there is no room for all of them the
// last ones are left out and counted.
type list struct {
	open, close string
	items       []part
	rest        func(n int) string // counts n items that were left out
	// quota is how much of the room that is left an item takes at most, in
	// percent, while others wait; the same for all where there is one.
	quota []int
}

func (l list) frame() room { return sizeOf(l.open).plus(sizeOf(l.close)) }

func (l list) least() room {
	if l.rest == nil || len(l.items) == 0 {
		return l.entire()
	}
	all, none := l.entire(), l.frame().plus(sizeOf(l.rest(len(l.items))))
	if none.holds(all) {
		return all
	}
	return none
}

func (l list) entire() room {
	size := l.frame()
	for _, item := range l.items {
		size = size.plus(item.least())
	}
	return size
}

func (l list) fit(in room) string {
	left := in.minus(l.frame())
	items, rest := l.items, ""
	if l.rest != nil && !in.holds(l.entire()) {
		items, rest = l.first(left)
		left = left.minus(sizeOf(rest))
	}
	for _, item := range items {
		left = left.minus(item.least())
	}
	forms := make([]string, len(items))
	for i, item := range items {
		allowed := left
		if i < len(items)-1 {
			allowed = left.share(l.percent(i))
		}
		forms[i] = item.fit(item.least().plus(allowed))
		left = left.minus(sizeOf(forms[i])).plus(item.least())
	}
	// What the later ones did not need goes to the first that were kept short.
	for i, item := range items {
		if i == len(items)-1 {
			break
		}
		had := sizeOf(forms[i])
		if more := had.plus(left); more.holds(item.least()) { // a form of fewer bytes may have more characters
			forms[i] = item.fit(more)
			left = more.minus(sizeOf(forms[i]))
		}
	}
	return l.open + strings.Join(forms, "") + rest + l.close
}

// first is the items whose shortest forms fit together with the words that
// count the others.
func (l list) first(in room) ([]part, string) {
	in = in.minus(sizeOf(l.rest(len(l.items))))
	n := 0
	for _, item := range l.items {
		size := item.least()
		if !in.holds(size) {
			break
		}
		in = in.minus(size)
		n++
	}
	return l.items[:n], l.rest(len(l.items) - n)
}

func (l list) percent(i int) int {
	switch {
	case len(l.quota) == 0:
		return 100
	case i < len(l.quota):
		return l.quota[i]
	}
	return l.quota[len(l.quota)-1]
}

// choice is the first of several parts that has room for all of its own, else the
// last.
type choice []part

func (c choice) last() part   { return c[len(c)-1] }
func (c choice) least() room  { return c.last().least() }
func (c choice) entire() room { return c.last().entire() }

func (c choice) fit(in room) string {
	for _, p := range c[:len(c)-1] {
		if in.holds(p.entire()) {
			return p.fit(in)
		}
	}
	return c.last().fit(in)
}

// either is the long part where at least some of it has room, else the short one.
type either struct{ long, short part }

func (e either) least() room  { return e.short.least() }
func (e either) entire() room { return e.short.entire() }

func (e either) fit(in room) string {
	if in.holds(e.long.least()) {
		return e.long.fit(in)
	}
	return e.short.fit(in)
}
