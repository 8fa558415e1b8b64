package options

import "pureftpd/internal/getopt"

// A setting is one row of the table: everything there is to know about a switch and the directives
// that stand for it.
type setting struct {
	short byte   // 0 if it has only a long name
	long  string // the switch, and the setting's name in reports
	value string // what stands for its value in the manual; empty if it takes none
	// example is a value that is right, shown when one was wrong.
	example  string
	help     string
	section  section
	again    again
	decides  string // another setting, by long name, whose value this one decides as well
	keywords []keyword

	missing string // the feature that has to land before the setting is accepted; empty once it has
	ours    bool   // unknown to the original
	arg     getopt.Arg

	set  func(b *build, value string) error // reads the value into b.opts
	show func(o *Options) string            // the effective value, for reports
}

// A keyword is a directive of the configuration file that stands for a switch.
type keyword struct {
	name    string
	grammar grammar
	example string // a value that is right
	prefix  string // put before the value: PureDB becomes -l puredb:FILE
}

// An again says what giving a setting more than once does.
type again uint8

const (
	sticky    again = iota // the same as once
	lastWins               // the last value counts
	firstWins              // the first value counts
	appends                // each adds to what was there
	mixed                  // one part of the value is firstWins, another lastWins
)

func (a again) String() string {
	return [...]string{
		"the same as once", "the last one counts", "the first one counts", "each one adds", "see the description",
	}[a]
}

// A section is a chapter of the manual.
type section string

const (
	running   section = "Starting and running"
	network   section = "Network"
	logins    section = "Logins and accounts"
	anonymous section = "Anonymous users"
	files     section = "Files and directories"
	limits    section = "Limits"
	logging   section = "Logs"
	security  section = "TLS"
)

// A Setting describes a row of the table to whoever writes a manual.
type Setting struct {
	Short, Long, Value, Example, Help, Section, Again string
	Missing                                           string // the feature that has not landed, if so
	Directives                                        []Directive
}

// A Directive is a line of the configuration file, or a file of Debian's folder, that stands for a
// setting.
type Directive struct{ Name, Form, Example string }

// Settings lists the table in the order of -h.
func Settings() []Setting {
	var list []Setting
	for _, row := range settings() {
		s := Setting{
			Long: "--" + row.long, Value: row.value, Example: row.example, Help: row.help,
			Section: string(row.section), Again: row.again.String(), Missing: row.missing,
		}
		if row.short != 0 {
			s.Short = "-" + string(row.short)
		}
		for _, k := range row.keywords {
			s.Directives = append(s.Directives, Directive{Name: k.name, Form: k.grammar.form, Example: k.example})
		}
		list = append(list, s)
	}
	return list
}
