package options

import (
	"strings"
	"text/tabwriter"
)

// Report is the answer to --check: a table of every setting with its effective value and where
// that comes from, then the warnings.
func (o *Options) Report() string {
	var b strings.Builder
	table := tabwriter.NewWriter(&b, 0, 8, 2, ' ', 0)
	row := func(cells ...string) {
		_, _ = table.Write([]byte(strings.Join(cells, "\t") + "\n")) // a strings.Builder takes everything
	}
	row("SETTING", "VALUE", "ORIGIN")
	for _, e := range o.Effective() {
		row(e.Name, printable(e.Value), printable(e.Origin))
	}
	_ = table.Flush()
	for _, warning := range o.Warnings {
		b.WriteString("warning: " + printable(warning) + "\n")
	}
	return b.String()
}

// An Effective is a setting in force.
type Effective struct {
	Name   string // its long name
	Value  string // for people
	Origin string // where it was given, or "default"
}

// Effective lists all settings, in the order of -h.
func (o *Options) Effective() []Effective {
	var list []Effective
	for _, s := range settings() {
		if s.show != nil && s.missing == "" {
			list = append(list, Effective{s.long, s.show(o), originText(o.origins[s.long])})
		}
	}
	return list
}

// printable keeps what could disturb the table or the terminal out of it.
func printable(text string) string {
	return strings.Map(func(r rune) rune {
		if r < ' ' || r == 0x7f {
			return '?'
		}
		return r
	}, text)
}
