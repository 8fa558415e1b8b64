// Command pure-ftpctl steers the FTP servers of this machine while they run: it lists and ends sessions, talks to users, changes
// bandwidths, follows a dialogue, and stops servers in order.
//
// It asks the control sockets, so who may do what is the servers' decision. Its subcommands are a table (command.go), from which
// help and shell completion are made as well; the switches are read as all our tools read theirs, so no library of commands is
// used for what the table does.
package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/signal"
	"strings"
	"syscall"
)

const (
	exitFailure = 1
	exitUsage   = 2 // the command line is wrong
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), syscall.SIGINT, syscall.SIGTERM, syscall.SIGHUP)
	defer stop()
	os.Exit(run(ctx, os.Args[1:], os.Stdout, os.Stderr))
}

// A mistake is one in the command line.
type mistake struct{ error }

func wrong(format string, args ...any) error { return &mistake{fmt.Errorf(format, args...)} }

// run does what the arguments say and returns the exit status.
func run(ctx context.Context, args []string, stdout, stderr io.Writer) int {
	inv, err := parse(args)
	if err == nil {
		inv.out = stdout
		err = inv.command.run(ctx, inv)
	}
	if err == nil {
		return 0
	}
	for line := range strings.Lines(err.Error() + "\n") {
		fmt.Fprint(stderr, "pure-ftpctl: ", printable(strings.TrimSuffix(line, "\n")), "\n")
	}
	if _, ok := errors.AsType[*mistake](err); ok {
		return exitUsage
	}
	return exitFailure
}

// printable keeps control characters, which may come from clients of the server, from the terminal.
func printable(text string) string {
	return strings.Map(func(r rune) rune {
		if r < ' ' || r >= 0x7f && r < 0xa0 {
			return '?'
		}
		return r
	}, text)
}
