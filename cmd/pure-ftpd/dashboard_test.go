package main

import (
	"encoding/json"
	"fmt"
	"os"
	"regexp"
	"slices"
	"strings"
	"testing"

	dto "github.com/prometheus/client_model/go"

	"pureftpd/internal/metrics"
)

// The files for those who watch.
const (
	dashboardFile = "../../packaging/grafana/pure-ftpd.json"
	alertsFile    = "../../packaging/prometheus/pure-ftpd.rules.yml"
)

// A panel is what is read of one.
type panel struct {
	ID         int
	Title      string
	Type       string
	Datasource struct{ UID string }
	GridPos    struct{ X, Y, W, H int }
	Targets    []struct {
		Expr, LegendFormat string
		Datasource         struct{ UID string }
	}
	FieldConfig struct{ Defaults struct{ Unit string } }
}

func readPanels(t *testing.T) []panel {
	t.Helper()
	text, err := os.ReadFile(dashboardFile)
	if err != nil {
		t.Fatal(err)
	}
	var d struct {
		Title         string
		SchemaVersion int
		Panels        []panel
		Templating    struct{ List []struct{ Name, Type string } }
	}
	if err := json.Unmarshal(text, &d); err != nil {
		t.Fatal(err)
	}
	if d.SchemaVersion < 39 || d.Title == "" || len(d.Templating.List) == 0 || d.Templating.List[0].Type != "datasource" {
		t.Errorf("the dashboard %q of schema %d has the variables %+v", d.Title, d.SchemaVersion, d.Templating.List)
	}
	return d.Panels
}

// alertExprs are the expressions of the alerts, by name.
func alertExprs(t *testing.T) map[string]string {
	t.Helper()
	text, err := os.ReadFile(alertsFile)
	if err != nil {
		t.Fatal(err)
	}
	found := make(map[string]string)
	for _, rule := range strings.Split(string(text), "- alert: ")[1:] {
		name, rest, _ := strings.Cut(rule, "\n")
		expr, _, ok := strings.Cut(rest, "labels:")
		if !ok {
			t.Errorf("%s has no labels", name)
		}
		found[name] = expr
	}
	return found
}

var (
	metricName = regexp.MustCompile(`\b(?:pureftpd|process|go)_[a-z0-9_]+`)
	labelMatch = regexp.MustCompile(`([a-z_]+)(=~|!=|!~|=)"([^"]*)"`)
	grouping   = regexp.MustCompile(`\bby \(([^)]*)\)`)
)

// series are the names that an expression may use for a metric.
func series(m metric) []string {
	if m.kind == metrics.HistogramKind {
		return []string{m.name + "_bucket", m.name + "_sum", m.name + "_count"}
	}
	return []string{m.name}
}

// checkExpr reports what an expression asks for that there is not, and marks the metrics it uses. An expression is about metrics that have its labels.
func checkExpr(t *testing.T, where, expr string, families map[string]*dto.MetricFamily, used map[string]bool) {
	t.Helper()
	owner := make(map[string]string)
	for _, m := range metricTable() {
		for _, name := range series(m) {
			owner[name] = m.name
		}
	}
	values := map[string][]string{"instance": nil, "job": nil, "le": nil} // of Prometheus, and of histograms
	names := metricName.FindAllString(expr, -1)
	for _, name := range names {
		m := owner[name]
		if m == "" {
			t.Errorf("%s asks for %s, which does not exist", where, name)
			continue
		}
		used[m] = true
		for _, sample := range families[m].GetMetric() {
			for _, l := range sample.GetLabel() {
				values[l.GetName()] = append(values[l.GetName()], l.GetValue())
			}
		}
	}
	for _, found := range labelMatch.FindAllStringSubmatch(expr, -1) {
		label, there := values[found[1]]
		if !there {
			t.Errorf("%s asks for the label %s, which there is not", where, found[1])
		}
		if label == nil || found[1] == "instance" {
			continue
		}
		for _, value := range strings.Split(found[3], "|") {
			if !slices.Contains(label, value) {
				t.Errorf("%s asks for %s=%q; there are %q", where, found[1], value, slices.Compact(label))
			}
		}
	}
	for _, found := range grouping.FindAllStringSubmatch(expr, -1) {
		for _, label := range strings.Split(found[1], ", ") {
			if _, there := values[label]; !there {
				t.Errorf("%s groups by %s, which is no label of %q", where, label, names)
			}
		}
	}
}

// TestDashboardShowsTheMetrics holds each expression of the dashboard against the exposition, and the other way round.
func TestDashboardShowsTheMetrics(t *testing.T) {
	families := scrape(t, allParts(t))
	used := make(map[string]bool)
	ids := make(map[int]bool)
	taken := make(map[[2]int]string)
	for _, p := range readPanels(t) {
		if ids[p.ID] || p.Title == "" {
			t.Errorf("the panel %d %q has no number or title of its own", p.ID, p.Title)
		}
		ids[p.ID] = true
		for x := p.GridPos.X; x < p.GridPos.X+p.GridPos.W; x++ {
			for y := p.GridPos.Y; y < p.GridPos.Y+p.GridPos.H; y++ {
				if other := taken[[2]int{x, y}]; other != "" || x >= 24 {
					t.Fatalf("%q lies over %q, or outside", p.Title, other)
				}
				taken[[2]int{x, y}] = p.Title
			}
		}
		if p.Type == "row" {
			continue
		}
		if len(p.Targets) == 0 || p.FieldConfig.Defaults.Unit == "" || p.Datasource.UID != "${datasource}" {
			t.Errorf("%q has no query, no unit or another source of data: %+v", p.Title, p)
		}
		for _, target := range p.Targets {
			if target.LegendFormat == "" || target.Datasource.UID != "${datasource}" {
				t.Errorf("%q: the query %q has no legend or another source of data", p.Title, target.Expr)
			}
			checkExpr(t, fmt.Sprintf("the panel %q", p.Title), target.Expr, families, used)
			for _, label := range regexp.MustCompile(`{{(\w+)}}`).FindAllStringSubmatch(target.LegendFormat, -1) {
				if !strings.Contains(target.Expr, label[1]) && !strings.HasPrefix(target.Expr, "pureftpd_build_info") {
					t.Errorf("%q: the legend %q has a label that the query does not keep", p.Title, target.LegendFormat)
				}
			}
		}
	}
	for _, m := range metricTable() {
		if !used[m.name] {
			t.Errorf("no panel shows %s", m.name)
		}
	}
}

// TestAlertsAreAboutMetrics holds the example alerts against the exposition.
func TestAlertsAreAboutMetrics(t *testing.T) {
	families := scrape(t, allParts(t))
	used := make(map[string]bool)
	alerts := alertExprs(t)
	for name, expr := range alerts {
		checkExpr(t, "the alert "+name, strings.ReplaceAll(expr, `job="pure-ftpd"`, ""), families, used)
	}
	for _, name := range []string{
		"pureftpd_limits_hit_total", "pureftpd_upload_events_lost_total", "pureftpd_tls_certificate_expiry_timestamp_seconds", "pureftpd_logins_total",
		"pureftpd_log_lines_lost_total",
	} {
		if !used[name] {
			t.Errorf("no alert is about %s", name)
		}
	}
}
