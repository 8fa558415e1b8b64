package options

import (
	"math"
	"strconv"
)

// turnOn is the setter of a switch without a value.
func turnOn(field func(*Options) *bool) func(*build, string) error {
	return func(b *build, _ string) error {
		*field(b.opts) = true
		return nil
	}
}

// showYes shows a switch without a value.
func showYes(field func(*Options) *bool) func(*Options) string {
	return func(o *Options) string { return yes(*field(o)) }
}

func yes(is bool) string {
	if is {
		return "yes"
	}
	return "no"
}

// takeText is the setter of a file name or another text that is taken as it is.
func takeText(field func(*Options) *string) func(*build, string) error {
	return func(b *build, value string) error {
		if value == "" {
			return wrong("the value is empty")
		}
		*field(b.opts) = value
		return nil
	}
}

// showText shows a text.
func showText(field func(*Options) *string) func(*Options) string {
	return func(o *Options) string { return orNone(*field(o)) }
}

func orNone(value string) string {
	if value == "" {
		return "none"
	}
	return value
}

// sessions is the setter of a number of sessions, at least 1.
func sessions(field func(*Options) *int) func(*build, string) error {
	return func(b *build, value string) error {
		i, err := whole(value, 0)
		if err != nil {
			return err
		}
		if i.n == 0 {
			return wrong("%q is not at least 1", value)
		}
		*field(b.opts) = i.limit()
		return nil
	}
}

// limitText shows a number for which 0 means no limit.
func limitText(n int) string {
	if n == 0 {
		return "no limit"
	}
	return strconv.Itoa(n)
}

// id reads a uid or gid. A negative number wraps as in C: -1 is 4294967295.
func id(value string, base uint64) (uint32, error) {
	i, err := whole(value, base)
	if err != nil {
		return 0, err
	}
	if i.n > math.MaxUint32 {
		return 0, wrong("%s is larger than any uid or gid", value)
	}
	if i.negative {
		return -uint32(i.n), nil
	}
	return uint32(i.n), nil
}

// toggle completes a row without a value, given as name in the file.
func toggle(row setting, name string, field func(*Options) *bool) setting {
	row.keywords = []keyword{{name: name, grammar: boolean(), example: "yes"}}
	row.set, row.show = turnOn(field), showYes(field)
	return row
}

// choice completes a row that, given, picks one of several rules.
func choice[T comparable](row setting, name string, field func(*Options) *T, rule T) setting {
	row.keywords = []keyword{{name: name, grammar: boolean(), example: "yes"}}
	row.set = func(b *build, _ string) error {
		*field(b.opts) = rule
		return nil
	}
	row.show = func(o *Options) string { return yes(*field(o) == rule) }
	return row
}
