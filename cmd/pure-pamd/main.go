// Command pure-pamd asks PAM on behalf of pure-ftpd. PAM needs the C library and runs modules that may crash, hang or start
// programs; the server is one static file that may start none. So the server starts this helper before it gives up that right,
// and shares a socket with it.
//
// The helper asks PAM in a process of its own for each login (worker.go), which it ends when its time is over (serve.go). It ends
// when the server's end of the socket closes. It is built with the tag pam where the headers of libpam are there (pam.go), and says
// at its start that it is of no use where they were not (nopam.go).
package main

import (
	"fmt"
	"io"
	"os"
)

const (
	linkFD   = 3 // the descriptor of the socket shared with the server, or of the pipe to the helper
	exitLine = 2 // the command line makes no sense
)

const usage = `pure-pamd asks PAM on behalf of pure-ftpd, which starts it: it is of no use by itself.
`

func main() { os.Exit(run(os.Args, os.Stdout, os.Stderr)) }

// run does what the command line says and returns the exit status.
func run(argv []string, stdout, stderr io.Writer) int {
	var err error
	switch {
	case len(argv) == 3 && argv[1] == "serve":
		err = serveLink(argv[2])
	case len(argv) == 2 && argv[1] == "ask":
		err = askOnce(os.Stdin)
	case len(argv) == 2 && (argv[1] == "-h" || argv[1] == "--help"):
		fmt.Fprint(stdout, usage)
	default:
		fmt.Fprint(stderr, usage)
		return exitLine
	}
	if err != nil {
		fmt.Fprintln(stderr, "pure-pamd:", err)
		return 1
	}
	return 0
}
