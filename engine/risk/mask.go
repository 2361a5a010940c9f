package risk

import "github.com/weir-dev/weir/engine/diff"

// Masked is the hit without what nobody may read.
func (h Hit) Masked(m *diff.Masker) Hit {
	h.Object, h.Path = m.ID(h.Object), m.Path(h.Path)
	h.Reason, h.Consequence = m.Text(h.Reason), m.Text(h.Consequence)
	if h.Waived != nil {
		waived := *h.Waived
		waived.Reason = m.Text(waived.Reason)
		h.Waived = &waived
	}
	return h
}

// Masked is the restart without what nobody may read.
func (r Restart) Masked(m *diff.Masker) Restart {
	r.Object, r.Scaler = m.ID(r.Object), m.Text(r.Scaler)
	return r
}

// Masked is the image's step without what nobody may read.
func (c ImageChange) Masked(m *diff.Masker) ImageChange {
	c.Object, c.Container = m.ID(c.Object), m.Text(c.Container)
	c.Repository, c.Was = m.Text(c.Repository), m.Text(c.Was)
	c.From, c.To = m.Text(c.From), m.Text(c.To)
	return c
}
