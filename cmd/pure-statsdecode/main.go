// Command pure-statsdecode makes the times in a transfer log of the format "stats" readable: seconds since 1970 become
// year, month, day and time of day, in the zone of TZ.
package main

import (
	"bufio"
	"fmt"
	"io"
	"os"
	"time"
)

const usage = "Usage: pure-statsdecode FILE\n       pure-statsdecode -        reads standard input\n"

// Exit statuses, as the original has them.
const (
	exitUsage   = 1
	exitFailure = 255
)

func main() { os.Exit(run(os.Args[1:], os.Stdin, os.Stdout, os.Stderr)) }

func run(args []string, stdin io.Reader, stdout, stderr io.Writer) int {
	if len(args) != 1 {
		fmt.Fprint(stderr, usage)
		return exitUsage
	}
	in := stdin
	if args[0] != "-" {
		file, err := os.Open(args[0])
		if err != nil {
			fmt.Fprintln(stderr, "pure-statsdecode:", err)
			return exitFailure
		}
		defer func() { _ = file.Close() }() // only read
		in = file
	}
	if err := decode(bufio.NewWriter(stdout), bufio.NewReader(in), time.Local); err != nil {
		fmt.Fprintln(stderr, "pure-statsdecode:", err)
		return exitFailure
	}
	return 0
}
