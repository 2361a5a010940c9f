package bench

import (
	"embed"
	"fmt"
	"io/fs"
	"path"
	"strings"
	"text/template"
)

//go:embed all:charts
var charts embed.FS

// Counts that make the monitoring chart one of sixty templates: 20 files of
// rules, 16 dashboards, 6 components of 4 files each.
const (
	ruleFiles       = 20
	alertsPerFile   = 12
	dashboardFiles  = 16
	panelsPerFile   = 12
	monitoringParts = 6
)

// part is what a file of charts/monitoring/many is multiplied with.
type part struct {
	Name  string
	Index int
	Items []string
}

func writeCharts(out *writer) {
	copyChart(out, "stack", "stack")
	copyChart(out, "monitoring", "monitoring")
	values, err := fs.ReadFile(charts, "charts/monitoring/values.yaml")
	out.keep(err)
	components := strings.Replace(string(values), "components: {} # one entry per component, below", "components:", 1)
	for i := range ruleFiles {
		out.multiply("rules", fmt.Sprintf("rules/group%02d.yaml", i), parts("group", "Rules", "Alert", i, alertsPerFile))
	}
	for i := range dashboardFiles {
		out.multiply("dashboard", fmt.Sprintf("dashboards/board%02d.yaml", i), parts("board", "Board", "Panel", i, panelsPerFile))
	}
	for i := range monitoringParts {
		component := part{Name: fmt.Sprintf("component-%d", i), Index: i}
		for _, kind := range []string{"workload", "service", "monitor", "rbac"} {
			out.multiply(kind, component.Name+"/"+kind+".yaml", component)
		}
		components += execute(out, "component-values", component)
	}
	out.write("charts/monitoring/values.yaml", components)

	for i := range operators {
		name := fmt.Sprintf("operator-%d", i)
		copyChart(out, "operator", name)
		for k := range crdsPerChart {
			text := crd(i, k)
			if i%2 == 0 { // half of the charts ship them as files, half as templates
				out.write(fmt.Sprintf("charts/%s/crds/crd%d.yaml", name, k), text)
				continue
			}
			out.write(fmt.Sprintf("charts/%s/templates/crd%d.yaml", name, k), "{{- if .Values.crds.enabled }}\n"+text+"{{- end }}\n")
		}
	}
}

func parts(name, prefix, item string, index, count int) part {
	p := part{Name: fmt.Sprintf("%s%02d", name, index), Index: index}
	for k := range count {
		p.Items = append(p.Items, fmt.Sprintf("%sGroup%02d%s%d", prefix, index, item, k))
	}
	return p
}

// copyChart copies an embedded chart; what has to be multiplied stays behind.
func copyChart(out *writer, from, to string) {
	root := "charts/" + from
	out.keep(fs.WalkDir(charts, root, func(name string, entry fs.DirEntry, err error) error {
		if err != nil || entry.IsDir() || strings.HasPrefix(name, root+"/many/") {
			return err
		}
		data, err := charts.ReadFile(name)
		out.write(path.Join("charts", to, strings.TrimPrefix(name, root)), string(data))
		return err
	}))
}

func (w *writer) multiply(kind, name string, p part) {
	w.write("charts/monitoring/templates/"+name, execute(w, kind, p))
}

// execute fills [[ … ]] in a file of charts/monitoring/many; {{ … }} is Helm's.
func execute(out *writer, kind string, p part) string {
	source, err := charts.ReadFile("charts/monitoring/many/" + kind + ".yaml")
	out.keep(err)
	functions := template.FuncMap{
		"lower": strings.ToLower,
		"odd":   func(i int) bool { return i%2 == 1 },
		"add":   func(a, b int) int { return a + b },
	}
	parsed, err := template.New(kind).Delims("[[", "]]").Funcs(functions).Parse(string(source))
	out.keep(err)
	if err != nil {
		return ""
	}
	var text strings.Builder
	out.keep(parsed.Execute(&text, p))
	return text.String()
}

func (w *writer) keep(err error) {
	if w.err == nil {
		w.err = err
	}
}
