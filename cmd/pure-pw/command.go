package main

import (
	"os"
	"strings"
)

// A command is one row of the table: what follows "pure-pw" on the command line.
type command struct {
	name  string
	usage string // what may follow the name, for the help
	help  string // one line, lower case, without a full stop

	// run carries the command out. It writes what was asked for to inv.out and what else is worth knowing by
	// inv.warn. An error is returned, not printed: its status (fail, statusOf) becomes the exit status.
	run func(inv *invocation) error

	// wordless says that the word after the name is no login and may be missing.
	wordless bool

	// noLogin is the exit status if the login is missing; 0 means statusOption.
	noLogin status

	// changes says that the text file may be another afterwards: -m rebuilds the database then, and whether
	// running servers will see the change is told.
	changes bool

	// flags are the long options of this command, beside those that all commands have (commonFlags). A
	// command of which the options struct holds nothing may keep their values in variables that its run and
	// their set share.
	flags []flag
}

// commands returns the table, in the order of the help.
func commands() []command {
	return []command{
		useraddCommand(),
		usermodCommand(),
		userdelCommand(),
		passwdCommand(),
		showCommand(),
		listCommand(),
		mkdbCommand(),
		importCommand(),
		verifyCommand(),
	}
}

// findCommand finds a command by its name in any case.
func findCommand(name string) (command, bool) {
	for _, c := range commands() {
		if strings.EqualFold(c.name, name) {
			return c, true
		}
	}
	return command{}, false
}

// A system is the world around the program.
type system struct {
	in, out, err *os.File
	getenv       func(string) string
	conf         string // folder of the files that are used if none is named
	proc         string // where the kernel shows processes
}

// An invocation is one run of a command: what was asked for, and what it may touch.
type invocation struct {
	system
	command command
	word    string // the login; for mkdb the path of the database; may be empty if the command is wordless
	options options
	rebuilt bool // -m has built the database after the change
}

const (
	textName     = "pureftpd.passwd" // in system.conf
	databaseName = "pureftpd.pdb"
)

// text returns the path of the text file: that of -f, else of the environment, else the default.
func (inv *invocation) text() string {
	if inv.options.text.given {
		return inv.options.text.path
	}
	return inv.file("PURE_PASSWDFILE", textName)
}

// database returns the path of the database that -m builds: that of -F, else of the environment, else the default.
func (inv *invocation) database() string {
	if inv.options.database.given {
		return inv.options.database.path
	}
	return inv.defaultDatabase()
}

// defaultDatabase returns the path of the database if none is named.
func (inv *invocation) defaultDatabase() string { return inv.file("PURE_DBFILE", databaseName) }

// file returns the path in an environment variable, or else that of a name among the default files.
func (inv *invocation) file(variable, name string) string {
	if path := inv.getenv(variable); path != "" {
		return path
	}
	return inv.conf + "/" + name
}
