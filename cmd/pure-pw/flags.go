package main

import (
	"slices"

	"pureftpd/internal/getopt"
)

// A flag is one row of the options.
type flag struct {
	short byte   // its letter, 0 if it has none
	long  string // its name, empty if it has none; only ours have one
	arg   getopt.Arg
	value string // what the value is called in the help
	help  string // one line, lower case, without a full stop

	// set notes the option in o. An error without a status is statusOption's.
	set func(o *options, value string) error
}

// letters are the options of the original, which every command takes; those that mean nothing to it are ignored.
func letters() []flag {
	return slices.Concat(fileFlags(), accountFlags(), limitFlags(), addressFlags(), costFlags())
}

// valued returns the row of an option that needs a value.
func valued(short byte, value, help string, set func(*options, string) error) flag {
	return flag{short: short, arg: getopt.Required, value: value, help: help, set: set}
}

func fileFlags() []flag {
	return []flag{
		valued('f', "FILE", "the text file", func(o *options, value string) error {
			o.text = path{given: true, path: value}
			return nil
		}),
		valued('F', "FILE", "the database that -m builds", func(o *options, value string) error {
			o.database = path{given: true, path: value}
			return nil
		}),
		{short: 'm', help: "build the database afterwards", set: func(o *options, _ string) error {
			o.rebuild = true
			return nil
		}},
		{short: 'h', help: "this help", set: (*options).setUsage},
	}
}

func accountFlags() []flag {
	return []flag{
		valued('u', "USER", "system user, by name or number", (*options).setUser),
		valued('g', "GROUP", "system group, by name or number", (*options).setGroup),
		valued('d', "DIR", "home, which the user cannot leave", (*options).setJail),
		valued('D', "DIR", "home, which the user can leave", (*options).setHome),
		valued('c', "TEXT", "the user's real name", (*options).setGecos),
	}
}

func limitFlags() []flag {
	return []flag{
		valued('t', "KB", "download bandwidth in KB/s", setRate(downloadRate)),
		valued('T', "KB", "upload bandwidth in KB/s", setRate(uploadRate)),
		valued('n', "N", "quota: number of files", setQuota(maxFiles, 1)),
		valued('N', "MB", "quota: size in MB", setQuota(maxBytes, megabyte)),
		valued('q', "N", "upload ratio", setRatio(uploadRatio)),
		valued('Q', "N", "download ratio", setRatio(downloadRatio)),
		valued('y', "N", "sessions at once", (*options).setSessions),
		valued('z', "HHMM-HHMM", "time of day", (*options).setHours),
	}
}

func addressFlags() []flag {
	return []flag{
		valued('r', "LIST", "allowed clients", setAddresses(clientAllow)),
		valued('R', "LIST", "denied clients", setAddresses(clientDeny)),
		valued('i', "LIST", "allowed addresses of the server", setAddresses(localAllow)),
		valued('I', "LIST", "denied addresses of the server", setAddresses(localDeny)),
	}
}

func costFlags() []flag {
	return []flag{
		valued('C', "N", "logins at once that hashing allows for", (*options).setLogins),
		valued('M', "MB", "memory that these may take together", (*options).setMemory),
	}
}

// commonFlags are the options of ours that every command takes.
func commonFlags() []flag {
	return []flag{
		{long: "quiet", help: "not a word that is no error", set: func(o *options, _ string) error {
			o.quiet = true
			return nil
		}},
		{long: "help", help: "this help", set: (*options).setUsage},
	}
}

// passwordFlags are the options of the commands that give an account a password. Only one of them may be given.
func passwordFlags() []flag {
	return []flag{
		{long: "password-stdin", help: "read the password, once, from standard input",
			set: func(o *options, _ string) error { return o.setPassword(fromInput, "") }},
		{long: "password-file", arg: getopt.Required, value: "FILE",
			help: "read the password from the first line of FILE",
			set:  func(o *options, value string) error { return o.setPassword(fromFile, value) }},
		{long: "password-hash", arg: getopt.Required, value: "HASH",
			help: `take this hash, which others can see meanwhile; "-" reads it from standard input`,
			set:  func(o *options, value string) error { return o.setPassword(fromHash, value) }},
		{long: "generate", help: "make a strong password and print it",
			set: func(o *options, _ string) error { return o.setPassword(fromChance, "") }},
	}
}

// jsonFlags are the options of the commands that show accounts.
func jsonFlags(help string) []flag {
	return []flag{{long: "json", help: help, set: func(o *options, _ string) error {
		o.json = true
		return nil
	}}}
}

// getoptTable is what package getopt has to know about flags.
func getoptTable(flags []flag) []getopt.Option {
	table := make([]getopt.Option, len(flags))
	for i, f := range flags {
		table[i] = getopt.Option{Short: f.short, Long: f.long, Arg: f.arg, Example: f.value, Ours: f.long != ""}
	}
	return table
}
