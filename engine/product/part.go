package product

import (
	"context"
	"encoding/json"
	"errors"

	"github.com/weir-dev/weir/engine/cache"
	"github.com/weir-dev/weir/engine/plan"
	"github.com/weir-dev/weir/engine/state"
)

// Metadata is a product's, without its files: most of what others want to know of a
// release is in the list of its objects.
func (m *Maker) Metadata(ctx context.Context, r *plan.Release, p *Product) (state.Metadata, error) {
	var metadata state.Metadata
	if p.release == nil {
		data, err := p.record.Blob(0)
		if err == nil && json.Unmarshal(data, &metadata) == nil && len(metadata.Files) == p.Facts.Files {
			return metadata, nil
		}
		if err != nil && !errors.Is(err, cache.ErrCorrupt) {
			return metadata, err
		}
	}
	files, err := m.Files(ctx, r, p)
	return files.Metadata, err
}

// File is the content of one file of a product, by its place in the metadata.
func (m *Maker) File(ctx context.Context, r *plan.Release, p *Product, i int) ([]byte, error) {
	if p.release == nil {
		data, err := p.record.Blob(i + 1)
		if err == nil || !errors.Is(err, cache.ErrCorrupt) {
			return data, err
		}
	}
	files, err := m.Files(ctx, r, p)
	if err != nil {
		return nil, err
	}
	return files.Files[i].Data, nil
}
