package main

import (
	"fmt"
	"strings"
)

// results holds every sample, by scenario and server, one per round.
type results struct {
	scenarios []scenario
	servers   []server
	samples   map[string]map[string][]sample
}

// report is the whole Markdown document.
func report(facts string, r *results, targets []target) string {
	var b strings.Builder
	b.WriteString("# Speed\n\n")
	b.WriteString(facts)
	b.WriteString("\n## Targets\n\n")
	b.WriteString(r.targetTable(targets))
	b.WriteString("\n## Measurements\n\nMedian (lowest–highest) over the rounds; in bold the " +
		"median of the rounds' ratios to " + r.servers[0].name + ".\n\n")
	b.WriteString(r.table())
	b.WriteString("\n## Settings\n\n")
	for _, s := range r.servers {
		fmt.Fprintf(&b, "- **%s**: %s.\n", s.name, s.note)
	}
	return b.String()
}

// table has a row for each metric of each scenario and a column for each server.
func (r *results) table() string {
	rows := [][]string{{"scenario", "per operation"}}
	for _, s := range r.servers {
		rows[0] = append(rows[0], s.name)
	}
	for _, sc := range r.scenarios {
		title := sc.title
		for _, m := range sc.metrics {
			row := []string{title, m.name}
			for _, s := range r.servers {
				row = append(row, r.cell(sc, m, s.name))
			}
			rows, title = append(rows, row), ""
		}
	}
	return markdown(rows)
}

// values are a metric's, one per round; nil if the server did not take part.
func (r *results) values(sc string, m metric, server string) []float64 {
	var values []float64
	for _, s := range r.samples[sc][server] {
		values = append(values, m.value(s))
	}
	return values
}

// cell shows a summary and, in all columns but the first, the ratio to the first.
func (r *results) cell(sc scenario, m metric, server string) string {
	values := r.values(sc.name, m, server)
	if len(values) == 0 {
		return "–"
	}
	s := summarize(values)
	text := fmt.Sprintf(m.format, s.median)
	if len(values) > 1 {
		text += fmt.Sprintf(" ("+m.format+"–"+m.format+")", s.low, s.high)
	}
	base := r.values(sc.name, m, r.servers[0].name)
	if server == r.servers[0].name || len(base) != len(values) {
		return text
	}
	return text + fmt.Sprintf(" **×%.2f**", pairedRatio(values, base).median)
}

// markdown writes rows, the first of them the head.
func markdown(rows [][]string) string {
	var b strings.Builder
	for i, row := range rows {
		b.WriteString("| " + strings.Join(row, " | ") + " |\n")
		if i == 0 {
			b.WriteString(strings.Repeat("|---", len(row)) + "|\n")
		}
	}
	return b.String()
}
