package main

import (
	"context"
	"io"
	"slices"
	"strings"

	"pureftpd/internal/getopt"
)

// A command is one row of the table: what follows "pure-ftpctl" on the command line.
type command struct {
	name  string
	words string // what may follow the name, for the help; completion reads ID, USER, ADDRESS and alternatives
	help  string // one line, lower case, without a full stop
	flags []flag // beside those of all commands

	least, most int // words; most -1 is any number
	run         func(context.Context, *invocation) error
	hidden      bool // for shells only
}

// A flag is one row of the options.
type flag struct {
	getopt.Option
	value string // what the value is called in the help
	help  string
}

// The options. Those that several commands have are the same for all of them.
var (
	dirFlag = flag{getopt.Option{Long: "dir", Arg: getopt.Required, Example: "/var/run/pure-ftpd"}, "DIR",
		"the servers with sockets in this directory"}
	serverFlag = flag{getopt.Option{Long: "server", Arg: getopt.Required, Example: "4711"}, "PID",
		"the server with this process number alone"}
	helpFlag = flag{getopt.Option{Short: 'h', Long: "help"}, "", "print help and exit"}

	userFlag = flag{getopt.Option{Short: 'u', Long: "user", Arg: getopt.Required, Example: "joe"}, "USER",
		"all sessions of a user"}
	addressFlag = flag{getopt.Option{Short: 'a', Long: "address", Arg: getopt.Required, Example: "192.0.2.1"}, "ADDRESS",
		"all sessions from an address"}
	allFlag     = flag{getopt.Option{Long: "all"}, "", "all of them"}
	jsonFlag    = flag{getopt.Option{Long: "json"}, "", "print JSON"}
	waitFlag    = flag{getopt.Option{Short: 'w', Long: "wait"}, "", "wait until it has ended"}
	keepFlag    = flag{getopt.Option{Long: "keep"}, "", "let sessions that run go on"}
	changedFlag = flag{getopt.Option{Long: "changed"}, "", "only those that somebody has set"}
)

// commonFlags are those of all commands.
func commonFlags() []flag { return []flag{dirFlag, serverFlag, helpFlag} }

// commands returns the table, in the order of the help.
func commands() []command {
	return []command{
		{name: "list", help: "list the sessions", flags: []flag{userFlag, addressFlag, jsonFlag}, run: list},
		{name: "status", help: "tell about the servers", flags: []flag{jsonFlag}, run: status},
		{name: "metrics", help: "print the counters of a server as Prometheus reads them", run: printMetrics},
		{name: "kick", words: "[ID...]", help: "end sessions at once, transfers too",
			flags: []flag{userFlag, addressFlag, allFlag}, most: -1, run: kick},
		{name: "message", words: "[ID...] TEXT", help: "show a text to users with their next command",
			flags: []flag{userFlag, addressFlag, allFlag}, least: 1, most: -1, run: message},
		{name: "limit", words: "session ID RATE | user USER RATE | server RATE",
			help: "change a bandwidth, that of running transfers too", least: 2, most: 3, run: limit},
		{name: "trace", words: "ID", help: "follow the dialogue of a session", least: 1, most: 1, run: trace},
		{name: "settings", words: "[NAME...]", help: "list the settings in force and where each was given",
			flags: []flag{changedFlag, jsonFlag}, most: -1, run: settings},
		{name: "logs", help: "list where the logs go, their last lines and what is wrong", flags: []flag{jsonFlag}, run: logs},
		{name: "drain", help: "accept nobody any more and end once transfers have", flags: []flag{allFlag, waitFlag}, run: drain},
		{name: "reload", help: "read the configuration again", flags: []flag{jsonFlag}, run: reload},
		{name: "bans", help: "list the addresses that are kept out", flags: []flag{jsonFlag}, run: bans},
		{name: "ban", words: "ADDRESS [for] TIME [REASON]", help: "keep an address or a network out for a time (30m, 12h, 7d), and end its sessions",
			flags: []flag{keepFlag}, least: 2, most: 4, run: ban},
		{name: "unban", words: "ADDRESS...", help: "let addresses in again", least: 1, most: -1, run: unban},
		{name: "completion", words: "bash | zsh | fish", help: "print what makes a shell complete the words of this command",
			least: 1, most: 1, run: completion},
		{name: "complete", most: -1, run: complete, hidden: true},
	}
}

// find returns the row of a command.
func findCommand(name string) (command, bool) {
	table := commands()
	if i := slices.IndexFunc(table, func(c command) bool { return c.name == name }); i >= 0 {
		return table[i], true
	}
	return command{}, false
}

// An invocation is one run of a command.
type invocation struct {
	command command
	words   []string
	values  map[string]string // of the options given, by long name
	out     io.Writer
}

// given reports whether an option was given.
func (inv *invocation) given(f flag) bool {
	_, ok := inv.values[f.Long]
	return ok
}

func (inv *invocation) value(f flag) string { return inv.values[f.Long] }

// parse reads the command line. The command is the first word.
func parse(args []string) (*invocation, error) {
	name := ""
	for _, t := range getopt.Split(args, options(commonFlags())) {
		if t.Err == nil && t.Option == getopt.Word {
			name = t.Name
			break
		}
	}
	inv := &invocation{values: make(map[string]string)}
	flags := commonFlags()
	known := false
	if inv.command, known = findCommand(name); known {
		flags = append(flags, inv.command.flags...)
	}
	if inv.command.name == "complete" {
		inv.words = args[slices.Index(args, "complete")+1:]
		return inv, nil
	}
	for _, t := range getopt.Split(args, options(flags)) {
		switch {
		case t.Err != nil && (known || name == ""):
			return nil, &mistake{t.Err}
		case t.Err != nil:
		case t.Option == getopt.Word:
			inv.words = append(inv.words, t.Name)
		default:
			inv.values[flags[t.Option].Long] = t.Value
		}
	}
	switch {
	case inv.given(helpFlag) || name == "" || name == "help":
		inv.command.run = printHelp
		return inv, nil
	case !known:
		return nil, unknown(name)
	}
	inv.words = inv.words[1:]
	c := inv.command
	if len(inv.words) < c.least || c.most >= 0 && len(inv.words) > c.most {
		return nil, wrong("write pure-ftpctl %s %s", c.name, c.words)
	}
	return inv, nil
}

func unknown(name string) error {
	var names []string
	for _, c := range commands() {
		if !c.hidden {
			names = append(names, c.name)
		}
	}
	if best := getopt.Nearest(name, names); best != "" {
		return wrong("there is no command %s; did you mean %s?", getopt.Quote(name), best)
	}
	return wrong("there is no command %s; there are %s", getopt.Quote(name), strings.Join(names, ", "))
}

// options is the table that getopt reads.
func options(flags []flag) []getopt.Option {
	var list []getopt.Option
	for _, f := range flags {
		list = append(list, f.Option)
	}
	return list
}
