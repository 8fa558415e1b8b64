package options

import (
	"path/filepath"
	"strings"
)

// A Control says where a running server is asked and steered, and who may do that beside root and the user who started it.
type Control struct {
	Off bool   // no socket at all
	Dir string // of the socket; empty means /var/run/pure-ftpd, or a directory of the user's
	// Viewers, Operators and Admins are groups, by name or number.
	Viewers, Operators, Admins []string
}

// setControlDir takes an absolute path: the server may leave its directory.
func setControlDir(b *build, value string) error {
	if !filepath.IsAbs(value) {
		return wrong("%q is not an absolute path", value)
	}
	b.opts.Control.Dir = value
	return nil
}

func showControlDir(o *Options) string {
	if o.Control.Dir == "" {
		return "the usual one"
	}
	return o.Control.Dir
}

// addGroup adds a group to a role.
func addGroup(field func(*Options) *[]string) func(*build, string) error {
	return func(b *build, value string) error {
		if value == "" || strings.ContainsAny(value, ":, \t") {
			return wrong("%q is no group; one is given at a time", value)
		}
		*field(b.opts) = append(*field(b.opts), value)
		return nil
	}
}

func showGroups(field func(*Options) *[]string) func(*Options) string {
	return func(o *Options) string { return orNone(strings.Join(*field(o), ", ")) }
}

// controlGroup is the row of a role.
func controlGroup(row setting, name string, field func(*Options) *[]string) setting {
	row.value, row.example, row.section = "GROUP", "staff", running
	row.again, row.ours = appends, true
	row.keywords = []keyword{{name: name, grammar: nospace(), example: "staff"}}
	row.set, row.show = addGroup(field), showGroups(field)
	return row
}

// checkTakeOver finds out whether the running server can be found at all.
func (b *build) checkTakeOver() {
	if b.opts.TakeOver && b.opts.Control.Off {
		b.contradiction("takeover", hinted("leave NoControl out", "the running server is found by its control socket"))
	}
}
