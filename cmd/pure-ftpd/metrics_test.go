package main

import (
	"bytes"
	"maps"
	"net/http/httptest"
	"net/netip"
	"os"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/prometheus/client_golang/prometheus/testutil/promlint"
	dto "github.com/prometheus/client_model/go"
	"github.com/prometheus/common/expfmt"
	"github.com/prometheus/common/model"

	"pureftpd/internal/ban"
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

// value is that of a series, whose labels are given as name and value in turn.
func value(t testing.TB, families map[string]*dto.MetricFamily, name string, labels ...string) float64 {
	t.Helper()
	for _, sample := range families[name].GetMetric() {
		var found []string
		for _, l := range sample.GetLabel() {
			found = append(found, l.GetName(), l.GetValue())
		}
		if slices.Equal(found, labels) {
			return sample.GetCounter().GetValue() + sample.GetGauge().GetValue() // one of them is not there
		}
	}
	t.Fatalf("there is no %s %q", name, labels)
	return 0
}

// TestMetricsOfBans has known things happen to a table of bans, with one of each kind in force, and reads exact numbers.
func TestMetricsOfBans(t *testing.T) {
	p := allParts(t)
	p.bans.Configure(ban.Config{Failures: 2, Within: time.Minute, Time: time.Hour})
	guess := func(from string) {
		t.Helper()
		attempt, err := p.bans.Begin(t.Context(), netip.MustParseAddr(from), "joe")
		if err != nil {
			t.Fatal(err)
		}
		attempt.Fail()
	}
	guess("192.0.2.1")
	guess("192.0.2.1")
	guess("192.0.2.2")
	if _, err := p.bans.Begin(t.Context(), netip.MustParseAddr("192.0.2.1"), "joe"); err == nil {
		t.Error("a banned address may log in")
	}
	for range 3 {
		p.bans.KeepOut(netip.MustParseAddr("192.0.2.1"))
	}
	for range 2 { // the second takes the place of the first
		if err := p.bans.Order(netip.MustParsePrefix("198.51.100.0/24"), time.Now().Add(time.Hour), ""); err != nil {
			t.Fatal(err)
		}
	}
	families := scrape(t, p)
	for _, test := range []struct {
		name, label, value string
		want               float64
	}{
		{"pureftpd_bans", "by", "failures", 1},
		{"pureftpd_bans", "by", "administrator", 1},
		{"pureftpd_bans_max", "by", "failures", 8192},
		{"pureftpd_bans_max", "by", "administrator", 1024},
		{"pureftpd_bans_total", "by", "failures", 1},
		{"pureftpd_bans_total", "by", "administrator", 2},
		{"pureftpd_guessing_addresses", "", "", 2},
		{"pureftpd_guessing_addresses_max", "", "", 4096},
		{"pureftpd_guesses_total", "", "", 3},
		{"pureftpd_logins_unseen_total", "", "", 1},
		{"pureftpd_logins_delayed_total", "", "", 0},
		{"pureftpd_connections_refused_total", "reason", "banned", 3},
		{"pureftpd_limits_hit_total", "limit", "bans", 0},
	} {
		var labels []string
		if test.label != "" {
			labels = []string{test.label, test.value}
		}
		if got := value(t, families, test.name, labels...); got != test.want {
			t.Errorf("%s %q is %v; want %v", test.name, labels, got, test.want)
		}
	}
}

// BenchmarkMetrics is what one request costs the server.
func BenchmarkMetrics(b *testing.B) {
	p := allParts(b)
	b.ReportAllocs()
	for b.Loop() {
		b.SetBytes(int64(len(p.metricsText())))
	}
}
