package main

import "pureftpd/internal/getopt"

const help = `Usage: pure-quotacheck -u USER -d DIRECTORY [-g GROUP]

Counts what is in a user's directory and writes the numbers into .ftpquota there.

-d, --directory DIRECTORY  the top of what the user sees over FTP
-g, --group GROUP          count in the name of this group, if it is not the user's own
-h, --help                 print this text and exit
-u, --user USER            count in the name of this user
    --verbose              tell what was counted, and what the file said before
`

// options is the table that getopt reads. The original knows the letters only.
func options() []getopt.Option {
	return []getopt.Option{
		{Short: 'd', Long: "directory", Arg: getopt.Required, Example: "/home/ann"},
		{Short: 'g', Long: "group", Arg: getopt.Required, Example: "ftpgroup"},
		{Short: 'u', Long: "user", Arg: getopt.Required, Example: "ftpuser"},
		{Short: 'h', Long: "help"},
		{Long: "verbose", Ours: true},
	}
}

// A request is what the command line asks for.
type request struct {
	help      bool
	verbose   bool
	directory string
	user      string
	group     string // empty if it is the user's
}

// A mistake is one in the form of the command line. It is answered with the help.
type mistake struct{ error }

// parse reads the command line up to the first thing that ends the matter.
func parse(args []string) (request, error) {
	var r request
	directories, groups := 0, 0
	table := options()
	if len(args) == 0 {
		return request{help: true}, nil
	}
	for _, token := range getopt.Split(args, table) {
		switch {
		case token.Err != nil:
			return r, &mistake{token.Err}
		case token.Option == getopt.Word:
			return r, fail(exitUsage, "unexpected argument %s", token.Name)
		}
		switch table[token.Option].Long {
		case "directory":
			if directories++; directories > 1 {
				return r, fail(exitUsage, "there is a directory already: %s", r.directory)
			}
			r.directory = token.Value
		case "group":
			if groups++; groups > 1 {
				return r, fail(exitUsage, "there is a group already: %s", r.group)
			}
			r.group = token.Value
		case "user":
			r.user = token.Value
		case "verbose":
			r.verbose = true
		case "help":
			return request{help: true}, nil
		}
	}
	if directories == 0 {
		return r, fail(exitUsage, "no directory was given (-d)")
	}
	return r, nil
}
