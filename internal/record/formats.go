package record

import (
	"slices"
	"time"
)

// A format is a kind of transfer log.
type format struct {
	name   string
	append func(b []byte, t Transfer, local *time.Location) []byte
	header func(now time.Time) []byte // what a new file begins with; nil: nothing
}

// formats are all kinds of transfer logs there are.
func formats() []format {
	return []format{
		{name: "clf", append: appendCLF},
		{name: "stats", append: appendStats},
		{name: "w3c", append: appendW3C, header: w3cHeader},
		{name: "xferlog", append: appendXferlog},
		{name: "json", append: appendJSON},
	}
}

// Formats names the kinds of transfer logs.
func Formats() []string {
	var names []string
	for _, f := range formats() {
		names = append(names, f.name)
	}
	return names
}

func formatNamed(name string) (format, bool) {
	all := formats()
	i := slices.IndexFunc(all, func(f format) bool { return f.name == name })
	if i < 0 {
		return format{}, false
	}
	return all[i], true
}
