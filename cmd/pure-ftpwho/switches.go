package main

import (
	"bufio"

	"pureftpd/internal/getopt"
)

const help = `Usage: pure-ftpwho [OPTION]

Shows who is connected to the FTP servers of this machine. The last form that is given counts.

-n -H --numeric        addresses instead of names
-v    --verbose        also the local address, and how much was moved
-s    --shell          one line for each session, fields parted by |
-x    --xml            XML
-p    --plist          property list, as Apple has them
-w    --html           web page
-W    --html-fragment  part of a web page
-c -C --cgi            the same for a web server; with GATEWAY_INTERFACE in the environment a page
      --json           JSON
      --top            live: sort, filter and end sessions
      --dir DIR        ask the servers with sockets in this directory
-h    --help           print this text and exit
`

// options is the table that getopt reads. The original knows the letters only.
func options() []getopt.Option {
	return []getopt.Option{
		{Short: 'n', Long: "numeric"}, {Short: 'H'}, {Short: 'v', Long: "verbose"},
		{Short: 's', Long: "shell"}, {Short: 'x', Long: "xml"}, {Short: 'p', Long: "plist"},
		{Short: 'w', Long: "html"}, {Short: 'W', Long: "html-fragment"}, {Short: 'c', Long: "cgi"}, {Short: 'C'},
		{Long: "json"}, {Long: "top"}, {Long: "dir", Arg: getopt.Required, Example: "/var/run/pure-ftpd"},
		{Short: 'h', Long: "help"},
	}
}

// A request is what the command line asks for.
type request struct {
	help, top, numeric, verbose bool

	dir  string // "": the usual ones
	form func(*bufio.Writer, []row)
}

// write prints rows in the form that was asked for.
func (r request) write(out *bufio.Writer, rows []row) {
	switch {
	case r.form != nil:
		r.form(out, rows)
	case r.verbose:
		writeTable(out, rows, longTable())
	default:
		writeTable(out, rows, shortTable())
	}
}

// parse reads the command line. As in the original a switch that is not known asks for help, and words are ignored.
func parse(args []string, cgi bool) request {
	var r request
	if cgi {
		r.form = writeCGIPage
	}
	table := options()
	for _, token := range getopt.Split(args, table) {
		switch {
		case token.Err != nil:
			return request{help: true}
		case token.Option == getopt.Word:
			continue
		}
		o := table[token.Option]
		switch {
		case o.Short == 'n' || o.Short == 'H':
			r.numeric = true
		case o.Short == 'v':
			r.verbose = true
		case o.Short == 's':
			r.form = writeShell
		case o.Short == 'x':
			r.form = writeXML
		case o.Short == 'p':
			r.form = writePlist
		case o.Short == 'w':
			r.form = writePage
		case o.Short == 'W':
			r.form = writeFragment
		case o.Short == 'c' || o.Short == 'C':
			r.form = writeCGIFragment
		case o.Short == 'h':
			return request{help: true}
		case o.Long == "json":
			r.form = writeJSON
		case o.Long == "top":
			r.top = true
		case o.Long == "dir":
			r.dir = token.Value
		}
	}
	return r
}
