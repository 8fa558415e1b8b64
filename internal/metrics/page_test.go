package metrics

import (
	"math"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/prometheus/common/expfmt"
	"github.com/prometheus/common/model"
)

func TestPage(t *testing.T) {
	var p Page
	p.Begin("x_total", CounterKind, "What \\ x is,\nin lines.")
	p.Count(3, "a", `quoted "b" and \`+"\n", "c", "ä")
	p.Sample(0.25)
	p.Begin("silent", GaugeKind, "It has no value.")
	p.Begin("y", GaugeKind, "y.")
	p.Sample(1e300)
	p.Sample(math.Inf(1), "a", "b")
	h := NewHistogram(10*time.Millisecond, time.Second)
	for _, d := range []time.Duration{0, 10 * time.Millisecond, 10*time.Millisecond + 1, time.Hour} {
		h.Observe(d)
	}
	p.Begin("z_seconds", HistogramKind, "z.")
	p.Histogram(h, "a", "b")
	const want = `# HELP x_total What \\ x is,\nin lines.
# TYPE x_total counter
x_total{a="quoted \"b\" and \\\n",c="ä"} 3
x_total 0.25
# HELP y y.
# TYPE y gauge
y 1e+300
y{a="b"} +Inf
# HELP z_seconds z.
# TYPE z_seconds histogram
z_seconds_bucket{a="b",le="0.01"} 2
z_seconds_bucket{a="b",le="1"} 3
z_seconds_bucket{a="b",le="+Inf"} 4
z_seconds_sum{a="b"} 3600.020000001
z_seconds_count{a="b"} 4
`
	if got := string(p.Bytes()); got != want {
		t.Errorf("the page is\n%s; want\n%s", got, want)
	}
}

// FuzzPage has Prometheus' parser read back what was written, whatever the label and the number.
func FuzzPage(f *testing.F) {
	f.Add("", 0.0)
	f.Add("a\"b\\c\nd", -1.5)
	f.Add("\x00 ä", math.Inf(-1))
	f.Add("\\n", float64(1<<53))
	f.Fuzz(func(t *testing.T, label string, value float64) {
		label = strings.ToValidUTF8(label, "?")
		var p Page
		p.Begin("x", GaugeKind, label)
		p.Sample(value, "a", label)
		parser := expfmt.NewTextParser(model.LegacyValidation)
		families, err := parser.TextToMetricFamilies(strings.NewReader(string(p.Bytes())))
		if err != nil {
			t.Fatalf("%v in %q", err, p.Bytes())
		}
		m := families["x"].GetMetric()[0]
		if got := m.GetGauge().GetValue(); got != value && !(math.IsNaN(got) && math.IsNaN(value)) {
			t.Errorf("%v is read as %v", value, got)
		}
		if got := m.GetLabel()[0].GetValue(); got != label {
			t.Errorf("the label %q is read as %q", label, got)
		}
	})
}

// TestHistogramInParallel loses nothing, and costs no memory.
func TestHistogramInParallel(t *testing.T) {
	h := NewHistogram(time.Millisecond, time.Second)
	var all sync.WaitGroup
	for range 8 {
		all.Go(func() {
			for range 1000 {
				h.Observe(time.Second)
			}
		})
	}
	all.Wait()
	if counts, sum := h.read(); counts[1] != 8000 || sum != 8000*time.Second {
		t.Errorf("%v and %v; want 8000 times a second", counts, sum)
	}
	if n := testing.AllocsPerRun(100, func() { h.Observe(time.Minute) }); n != 0 {
		t.Errorf("counting takes memory %v times", n)
	}
}
