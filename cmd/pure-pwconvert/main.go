// Command pure-pwconvert prints the system's accounts as virtual users, in the form of pureftpd.passwd: whoever may
// log in with a shell and has a home keeps name, password and identity. Started by somebody who cannot read the shadow
// file, it prints no passwords.
//
// It reads the files of the system itself: accounts that come from a directory service are not seen.
package main

import (
	"bufio"
	"fmt"
	"io"
	"os"

	"pureftpd/internal/getopt"
)

const help = `Usage: pure-pwconvert > pureftpd.passwd

Prints the system's accounts as virtual users for pure-pw: all but root's, if the shell is listed in
/etc/shells or is "ftp", and the home directory exists. Passwords are printed for root only; "*" stands
for one that cannot be used.

-h	--help	print this text and exit
`

// exitFailure says that the accounts could not be read or printed.
const exitFailure = 1

func main() {
	etc := system{passwd: "/etc/passwd", shadow: "/etc/shadow", shells: "/etc/shells", isDir: isDir}
	os.Exit(run(os.Args[1:], etc, os.Stdout, os.Stderr))
}

// run does what the arguments say and returns the exit status.
func run(args []string, from system, stdout, stderr io.Writer) int {
	tell := func(what any) { fmt.Fprintln(stderr, "pure-pwconvert:", what) }
	for _, t := range getopt.Split(args, []getopt.Option{{Short: 'h', Long: "help"}}) {
		switch {
		case t.Err != nil: // the original ignores what it does not know, and so do scripts that use it
			tell(t.Err)
		case t.Option == getopt.Word:
			tell("unexpected argument " + getopt.Quote(t.Name) + "; there are none but -h")
		default:
			if _, err := io.WriteString(stdout, help); err != nil {
				tell(err)
				return exitFailure
			}
			return 0
		}
	}
	out := bufio.NewWriter(stdout)
	err := from.convert(out, func(remark error) { tell(remark) })
	if flushed := out.Flush(); err == nil {
		err = flushed
	}
	if err != nil {
		tell(err)
		return exitFailure
	}
	return 0
}
