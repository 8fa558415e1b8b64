package main

import (
	"fmt"
	"os"
	"syscall"

	"golang.org/x/term"
)

// A terminal is what the server was started on in the foreground. SIGHUP says that it has gone as well as that the settings are to
// be read again: which, only a look at it tells.
type terminal struct{ there bool }

// ownTerminal finds the terminal, and tells a person at it how to do without.
func ownTerminal() terminal {
	t := terminal{hasTerminal()}
	if t.there && term.IsTerminal(int(os.Stderr.Fd())) {
		fmt.Fprintln(os.Stderr, "pure-ftpd: serves until Ctrl-C, or until this terminal is closed; with -B it goes on in the background")
	}
	return t
}

// lost reports whether the terminal was there and has gone.
func (t terminal) lost() bool { return t.there && !hasTerminal() }

// hasTerminal reports whether the process has a controlling terminal that somebody still holds open.
func hasTerminal() bool {
	f, err := os.OpenFile("/dev/tty", os.O_RDONLY|syscall.O_NOCTTY|syscall.O_NONBLOCK, 0)
	if err != nil {
		return false
	}
	_ = f.Close() // nothing was written
	return true
}
