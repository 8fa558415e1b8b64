package metrics

import (
	"math"
	"strconv"
	"strings"
)

// ContentType is what a Page is (version 0.0.4 of the text form).
const ContentType = "text/plain; version=0.0.4; charset=utf-8"

// A Kind says what may happen to the values of a metric.
type Kind string

// The kinds.
const (
	CounterKind   Kind = "counter" // they only grow, until the process ends
	GaugeKind     Kind = "gauge"   // they go up and down
	HistogramKind Kind = "histogram"
)

// A Page is a text of metrics. The zero Page is empty.
type Page struct {
	text []byte
	head []byte // of the metric, until its first sample
	name string
}

// Bytes is the text so far.
func (p *Page) Bytes() []byte { return p.text }

// Begin begins a metric. Its samples follow, all of them before the next Begin; a metric without any does not show.
func (p *Page) Begin(name string, kind Kind, help string) {
	p.name = name
	p.head = append(append(p.head[:0], "# HELP "...), name...)
	p.head = append(append(p.head, ' '), helpEscapes.Replace(help)...)
	p.head = append(append(p.head, "\n# TYPE "...), name...)
	p.head = append(append(p.head, ' '), kind...)
	p.head = append(p.head, '\n')
}

// Sample adds a value of the metric; labels are names and values by turns.
func (p *Page) Sample(value float64, labels ...string) { p.line("", value, labels, "") }

// Count adds a value that is whole.
func (p *Page) Count(n int64, labels ...string) { p.Sample(float64(n), labels...) }

// Histogram adds the durations of a histogram.
func (p *Page) Histogram(h *Histogram, labels ...string) {
	counts, sum := h.read()
	total := uint64(0)
	for i, bound := range h.bounds {
		total += counts[i]
		p.line("_bucket", float64(total), labels, formatFloat(bound.Seconds()))
	}
	total += counts[len(h.bounds)]
	p.line("_bucket", float64(total), labels, "+Inf")
	p.line("_sum", sum.Seconds(), labels, "")
	p.line("_count", float64(total), labels, "")
}

// line writes one line; le, if there is one, is the bound of a histogram's bucket.
func (p *Page) line(suffix string, value float64, labels []string, le string) {
	p.text = append(p.text, p.head...)
	p.head = p.head[:0]
	p.text = append(append(p.text, p.name...), suffix...)
	between := byte('{')
	for i := 0; i+1 < len(labels); i += 2 {
		p.label(between, labels[i], labels[i+1])
		between = ','
	}
	if le != "" {
		p.label(between, "le", le)
		between = ','
	}
	if between == ',' {
		p.text = append(p.text, '}')
	}
	p.text = append(append(append(p.text, ' '), formatFloat(value)...), '\n')
}

func (p *Page) label(before byte, name, value string) {
	p.text = append(append(append(p.text, before), name...), `="`...)
	p.text = append(append(p.text, labelEscapes.Replace(value)...), '"')
}

var (
	helpEscapes  = strings.NewReplacer(`\`, `\\`, "\n", `\n`)
	labelEscapes = strings.NewReplacer(`\`, `\\`, "\n", `\n`, `"`, `\"`)
)

func formatFloat(f float64) string {
	if f == math.Trunc(f) && math.Abs(f) < 1<<53 {
		return strconv.FormatInt(int64(f), 10)
	}
	return strconv.FormatFloat(f, 'g', -1, 64)
}
