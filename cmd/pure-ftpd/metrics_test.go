package main

import (
	"bytes"
	"maps"
	"net/http/httptest"
	"os"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/prometheus/client_golang/prometheus/testutil/promlint"
	dto "github.com/prometheus/client_model/go"
	"github.com/prometheus/common/expfmt"
	"github.com/prometheus/common/model"

	"pureftpd/internal/metrics"
	"pureftpd/internal/options"
)

// allParts are those of a server that has all there can be.
func allParts(t testing.TB) *parts {
	t.Helper()
	dir := t.TempDir()
	o, err := options.Parse([]string{"pure-ftpd", "-f", "none", "-l", "puredb:" + dir + "/users.pdb", "-l", "unix", "-Y", "1", "--tlsselfsigned", "-2", dir + "/cert.pem",
		"-O", "clf:" + dir + "/clf.log", "-O", "json:" + dir + "/json.log", "--authcache", "5"}, options.System())
	if err != nil {
		t.Fatal(err)
	}
	p, err := newParts(o, nil, nil)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(p.close)
	return p
}

// scrape reads the metrics as Prometheus does.
func scrape(t testing.TB, p *parts) map[string]*dto.MetricFamily {
	t.Helper()
	w := httptest.NewRecorder()
	p.metricsHandler().ServeHTTP(w, httptest.NewRequest("GET", "/", nil))
	if got := w.Header().Get("Content-Type"); expfmt.ResponseFormat(w.Header()).FormatType() != expfmt.TypeTextPlain {
		t.Errorf("Content-Type %q is not the text form", got)
	}
	parser := expfmt.NewTextParser(model.LegacyValidation)
	families, err := parser.TextToMetricFamilies(w.Body)
	if err != nil {
		t.Fatal(err)
	}
	return families
}

// TestMetricsAreAsPrometheusWantsThem reads and checks the exposition with Prometheus' own parser and linter.
func TestMetricsAreAsPrometheusWantsThem(t *testing.T) {
	p := allParts(t)
	families := scrape(t, p)
	for _, m := range metricTable() {
		f := families[m.name]
		if f == nil {
			t.Errorf("%s does not show", m.name)
			continue
		}
		if got := metrics.Kind(strings.ToLower(f.GetType().String())); got != m.kind || f.GetHelp() != m.help {
			t.Errorf("%s is a %s %q; want a %s %q", m.name, got, f.GetHelp(), m.kind, m.help)
		}
		delete(families, m.name)
	}
	for name := range families {
		t.Errorf("%s is in no row", name)
	}
	problems, err := promlint.New(bytes.NewReader(p.metricsText())).Lint()
	if err != nil {
		t.Fatal(err)
	}
	for _, problem := range problems {
		t.Errorf("%s: %s", problem.Metric, problem.Text)
	}
}

// TestMetricsAreDocumented compares the table of docs/metrics.md with the exposition: names, kinds, labels and texts.
func TestMetricsAreDocumented(t *testing.T) {
	text, err := os.ReadFile("../../docs/metrics.md")
	if err != nil {
		t.Fatal(err)
	}
	documented := make(map[string]string)
	for row := range strings.Lines(string(text)) {
		if name, ok := metricOfRow(row); ok {
			documented[name] = strings.TrimSpace(row)
		}
	}
	families := scrape(t, allParts(t))
	for _, m := range metricTable() {
		labels := make(map[string]bool)
		for _, sample := range families[m.name].GetMetric() {
			for _, l := range sample.GetLabel() {
				labels[l.GetName()] = true
			}
		}
		named := "`" + strings.Join(slices.Sorted(maps.Keys(labels)), "`, `") + "`"
		if len(labels) == 0 {
			named = ""
		}
		want := strings.Join([]string{"| `" + m.name + "`", string(m.kind), named, m.help + " |"}, " | ")
		want = strings.ReplaceAll(want, "|  |", "| |")
		if documented[m.name] != want {
			t.Errorf("docs/metrics.md says of %s\n%s; want\n%s", m.name, documented[m.name], want)
		}
		delete(documented, m.name)
	}
	for name := range documented {
		t.Errorf("docs/metrics.md has %s, which does not exist", name)
	}
}

var firstCell = regexp.MustCompile("^\\| `([a-z0-9]+_[a-z0-9_]+)` \\|")

func metricOfRow(row string) (string, bool) {
	found := firstCell.FindStringSubmatch(row)
	if found == nil {
		return "", false
	}
	return found[1], true
}

// BenchmarkMetrics is what one request costs the server.
func BenchmarkMetrics(b *testing.B) {
	p := allParts(b)
	b.ReportAllocs()
	for b.Loop() {
		b.SetBytes(int64(len(p.metricsText())))
	}
}
