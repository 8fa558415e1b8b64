package options

import (
	"errors"
	"fmt"
	"slices"

	"pureftpd/internal/getopt"
)

// An order is a setting with the value it is to get, in the words of its switch, and where it was
// given.
type order struct {
	row     *setting
	value   string
	name    string // the switch or directive as it was written
	example string // how to write it right
	origin  Origin
}

// A build is an Options on its way: what it holds so far, and every mistake met.
type build struct {
	opts     *Options
	env      Env
	rows     []setting
	mistakes mistakes
	current  *order // the order being carried out
}

func newBuild(rows []setting, env Env) *build {
	return &build{opts: defaults(), env: env, rows: rows}
}

// row finds a setting by its long name.
func (b *build) row(long string) *setting {
	for i := range b.rows {
		if b.rows[i].long == long {
			return &b.rows[i]
		}
	}
	return nil
}

// errIgnored is a setter's answer if the value changed nothing.
var errIgnored = errors.New("ignored")

// apply carries out one order, or keeps its mistake.
func (b *build) apply(o order) {
	b.current = &o
	var err error
	if o.row.missing != "" {
		err = absent(o.row.missing)
	} else {
		err = o.row.set(b, o.value)
	}
	if o.row.short != 0 {
		b.opts.switches = append(b.opts.switches, "-"+string(o.row.short))
	} else {
		b.opts.switches = append(b.opts.switches, "--"+o.row.long)
	}
	if o.row.arg == getopt.Required {
		b.opts.switches = append(b.opts.switches, o.value)
	}
	switch {
	case errors.Is(err, errIgnored):
	case err != nil:
		b.blame(err, o)
	default:
		b.remember(o)
	}
}

// absent is the mistake of asking for a feature that is not there.
func absent(feature string) error {
	return hinted("leave it out", "%s is not available in this version", feature)
}

// blame keeps a mistake together with its place.
func (b *build) blame(err error, o order) {
	mistake, ok := errors.AsType[*Error](err)
	if !ok {
		mistake = &Error{Text: err.Error(), cause: err}
	}
	mistake.File, mistake.Line, mistake.Setting = o.origin.File, o.origin.Line, o.name
	if mistake.Hint == "" && o.example != "" {
		mistake.Hint = "write " + o.example
	}
	b.mistakes.add(mistake)
}

// remember notes where the effective value comes from.
func (b *build) remember(o order) {
	origins, long := b.opts.origins, o.row.long
	before := origins[long]
	switch {
	case len(before) == 0 || o.row.again == lastWins:
		origins[long] = []Origin{o.origin}
	case o.row.again == appends || o.row.again == mixed:
		origins[long] = append(slices.Clip(before), o.origin)
	}
	if len(before) == 1 && o.row.again == lastWins && o.origin.File == before[0].File &&
		o.origin.Line > before[0].Line {
		b.warn("takes the place of what line %d said", before[0].Line)
	}
	if o.row.decides != "" {
		origins[o.row.decides] = []Origin{o.origin}
	}
}

// warn keeps a remark on the order being carried out.
func (b *build) warn(format string, args ...any) {
	place := ""
	if b.current != nil {
		place = b.current.name + ": "
		if b.current.origin.File != "" {
			place = b.current.origin.String() + ": " + place
		}
	}
	b.opts.Warnings = append(b.opts.Warnings, place+fmt.Sprintf(format, args...))
}

// finish settles what can only be known when everything has been read.
func (b *build) finish() (*Options, error) {
	b.current = nil
	b.checkTLS()
	b.checkWeb()
	b.checkACME()
	b.checkTakeOver()
	if err := b.mistakes.err(); err != nil {
		return nil, err
	}
	if len(b.opts.Auth) == 0 {
		b.opts.Auth = []AuthMethod{{Method: "unix"}}
	}
	if b.opts.IPv4Only && b.opts.IPv6Only {
		b.warn("IPv4Only and IPv6Only together leave no address to listen on")
	}
	return b.opts, nil
}
