package engine

import (
	"context"
	"errors"
	"fmt"
	"path"
	"slices"
	"strings"

	"github.com/weir-dev/weir/engine/charts"
	"github.com/weir-dev/weir/engine/fetch"
	"github.com/weir-dev/weir/engine/plan"
	"github.com/weir-dev/weir/engine/state"
	"github.com/weir-dev/weir/engine/work"
	"github.com/weir-dev/weir/schema"
	"github.com/weir-dev/weir/schema/diag"
)

// VendorReport is what became of the vendored charts.
type VendorReport struct {
	Check   bool            `json:"check"` // nothing was written
	Dir     string          `json:"dir"`
	Charts  int             `json:"charts"` // that are vendored now, or would be
	Changes []VendorChange  `json:"changes"`
	Left    []string        `json:"left,omitempty"` // files that somebody else wrote, beside charts that are gone
	Fetched []fetch.Fetched `json:"fetched"`
}

// WouldChange tells whether there was anything to do that was not done.
func (r *VendorReport) WouldChange() bool { return r.Check && len(r.Changes) > 0 }

// VendorChange is one file or directory of vendored charts that came, went or
// changed.
type VendorChange struct {
	Status  state.Status `json:"status"`
	Path    string       `json:"path"`
	Sources []string     `json:"sources,omitempty"` // as the project names the chart, with constraints
	Old     string       `json:"old,omitempty"`
	New     string       `json:"new,omitempty"`
	Files   []string     `json:"files,omitempty"` // that were not as they had been written
}

// Vendor makes the vendored charts what the lock says, all of them: nothing is
// selected and nothing is resolved. With look it only says what it would do, and
// fetches nothing. An error means that some charts may be written and others not;
// each is there whole. Runs in one project take turns.
func Vendor(ctx context.Context, run Run, look bool) (*VendorReport, diag.List, error) {
	lock, found := run.Project.Lock()
	if found.HasErrors() {
		return nil, found, nil
	}
	vendor := fetch.NewVendor(run.Project.FS())
	todo, err := vendor.Compare(lock)
	if err != nil {
		list, err := work.Refusal(err)
		return nil, append(found, list...), err
	}
	report := vendorReport(todo, look)
	wants, list, err := lockedCharts(ctx, run, lock)
	if found = append(found, list...); err != nil || found.HasErrors() {
		return nil, found, err
	}
	if len(report.Changes) == 0 { // so that all is at hand that is locked
		list, err = charts.LoadAll(ctx, run, &fetch.Pins{Lock: run.Project.Lock, Stock: &fetch.Stock{Shelves: []fetch.Shelf{vendor}}}, wants)
		return report, append(found, list...), err
	}
	if look {
		return report, found, nil
	}
	if run.Dir == "" {
		return nil, found, errors.New("vendor charts: the project is a commit, not a directory")
	}
	w, err := fetch.NewVendorWriter(ctx, run.Dir)
	if err != nil {
		list, err := work.Refusal(err)
		return nil, append(found, list...), err
	}
	defer w.Close()
	// Others may have been at it until now.
	if lock, found = run.Project.Lock(); found.HasErrors() {
		return nil, found, nil
	}
	vendor = fetch.NewVendor(run.Project.FS())
	if todo, err = w.Compare(vendor, lock); err != nil {
		list, err := work.Refusal(err)
		return nil, append(found, list...), err
	}
	report = vendorReport(todo, look)
	stock, record := charts.Stock(run)
	stock.Shelves = slices.Insert(stock.Shelves, 0, vendor.Sound())
	files, list, err := lockedFiles(ctx, run, stock, todo.Copies)
	if found = append(found, list...); err != nil || found.HasErrors() {
		return nil, found, err
	}
	list, err = charts.LoadAll(ctx, run, &fetch.Pins{Lock: run.Project.Lock, Stock: stock}, wants) // sub-charts may not be locked
	if found = append(found, list...); err != nil || found.HasErrors() {
		return nil, found, err
	}
	report.Fetched = append(report.Fetched, record.Fetched()...)
	if list, err = work.Refusal(writeVendored(w, vendor, todo, files)); err != nil || len(list) > 0 {
		return nil, append(found, list...), err
	}
	return report, found, nil
}

// lockedCharts is every chart of the project, all of them locked: what the lock lacks
// would be removed from what is vendored.
func lockedCharts(ctx context.Context, run Run, lock schema.Lock) ([]charts.Want, diag.List, error) {
	run.Selection = plan.Selection{}
	p, found, err := run.Plan(ctx)
	if err != nil || found.HasErrors() {
		return nil, found, err
	}
	wants := charts.Wants(p)
	for _, w := range wants {
		if _, known, _ := lock.Find(w.Ref); !known && w.Ref.Kind != schema.Local {
			found = append(found, diag.Diagnostic{
				Summary: fmt.Sprintf("chart %q is not locked", strings.TrimSpace(w.Ref.Source+" "+w.Ref.Version)), Subject: w.Ref.Range,
				Detail: "What is vendored is what is locked, and nothing else: a lock that lacks charts would have them removed.", Remedy: "Run `weir lock`, and commit the file.",
			})
		}
	}
	return wants, found, nil
}

// lockedFiles gets the charts that are to be written, many at once.
func lockedFiles(ctx context.Context, run Run, stock *fetch.Stock, copies []fetch.VendorCopy) ([][]fetch.File, diag.List, error) {
	run.Expect(len(copies))
	files := make([][]fetch.File, len(copies))
	lists := make([]diag.List, len(copies))
	err := work.Each(ctx, max(run.Jobs, charts.AtOnce), len(copies), func(i int) string { return copies[i].Name }, func(ctx context.Context, i int) error {
		defer run.Watch(copies[i].Name)()
		c := copies[i]
		if c.Status == fetch.VendorSame {
			return nil
		}
		packed, err := stock.Pinned(ctx, referenceOf(c.Pin, run.Project.Repositories()), c.Pin)
		if err == nil {
			files[i], err = packed.Files, c.Vendorable(packed.Files)
		}
		if ctx.Err() != nil {
			return ctx.Err()
		}
		if lists[i], err = work.Refusal(err); err != nil {
			lists[i] = diag.List{{
				Summary: "chart " + c.Sources[0] + " cannot be fetched", Detail: diag.Sentence(err.Error()),
				Remedy: "Try again; if it stays so, look whether its server can be reached.",
			}}
		}
		lists[i] = slices.Clone(lists[i])
		for n := range lists[i] {
			if lists[i][n].Subject.File == "" {
				lists[i][n].Subject = c.Pin.Range
			}
		}
		return nil
	})
	return files, work.Gather(lists), err
}

// referenceOf is a reference that an entry of the lock was made for, as far as
// fetching exactly that needs it.
func referenceOf(pin schema.Locked, repositories []schema.ChartRepository) schema.Chart {
	ref := schema.Chart{Source: pin.Source, Version: pin.Constraint, Name: path.Base(pin.Source), Kind: schema.Repository, Range: pin.Range}
	switch {
	case strings.HasPrefix(pin.Source, "git::"):
		ref.Kind = schema.Git
	case strings.HasPrefix(pin.Origin, "oci://"):
		ref.Kind = schema.OCI
	}
	name, _, _ := strings.Cut(pin.Source, "/")
	if i := slices.IndexFunc(repositories, func(r schema.ChartRepository) bool { return r.Name == name }); i >= 0 && pin.Repository != "" {
		ref.Repository = repositories[i]
	} else {
		ref.Repository = schema.RepositoryOf(pin.Source, repositories)
	}
	return ref
}

func vendorReport(todo *fetch.Vendoring, look bool) *VendorReport {
	report := &VendorReport{Check: look, Dir: fetch.VendorDir, Charts: len(todo.Copies), Changes: []VendorChange{}, Left: todo.Left, Fetched: []fetch.Fetched{}}
	if todo.Attributes != fetch.VendorSame {
		change := VendorChange{Status: statusOf(todo.Attributes), Path: path.Join(fetch.VendorDir, ".gitattributes")}
		if len(todo.Copies) == 0 {
			change.Status = state.Removed
		}
		report.Changes = append(report.Changes, change)
	}
	for _, c := range todo.Copies {
		if c.Status != fetch.VendorSame {
			report.Changes = append(report.Changes, VendorChange{
				Status: statusOf(c.Status), Path: path.Join(fetch.VendorDir, c.Name), Sources: c.Sources, Old: c.Old, New: c.Pin.Version, Files: c.Differs,
			})
		}
	}
	for _, c := range todo.Removed {
		report.Changes = append(report.Changes, VendorChange{Status: state.Removed, Path: path.Join(fetch.VendorDir, c.Name), Old: c.Old})
	}
	for _, name := range todo.Rest {
		report.Changes = append(report.Changes, VendorChange{Status: state.Removed, Path: path.Join(fetch.VendorDir, name)})
	}
	return report
}

func statusOf(s fetch.VendorStatus) state.Status {
	switch s {
	case fetch.VendorMissing:
		return state.Created
	case fetch.VendorOther:
		return state.Changed
	}
	return state.Unchanged
}

// writeVendored does what is to be done; what goes goes last.
func writeVendored(w *fetch.VendorWriter, vendor *fetch.Vendor, todo *fetch.Vendoring, files [][]fetch.File) error {
	if todo.Attributes != fetch.VendorSame && len(todo.Copies) > 0 {
		if err := w.Attributes(); err != nil {
			return err
		}
	}
	for i, c := range todo.Copies {
		if c.Status == fetch.VendorSame {
			continue
		}
		if err := w.Put(c, files[i]); err != nil {
			return err
		}
	}
	for _, c := range todo.Removed {
		if err := w.Remove(vendor, c.Name); err != nil {
			return err
		}
	}
	if len(todo.Rest) > 0 {
		if err := w.Clear(); err != nil {
			return err
		}
	}
	if todo.Attributes != fetch.VendorSame && len(todo.Copies) == 0 {
		return w.Bare()
	}
	return nil
}
