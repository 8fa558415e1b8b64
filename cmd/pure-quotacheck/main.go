// Command pure-quotacheck counts what a user has stored and writes the number into the quota file of the user's directory.
//
// It does so in the user's name and sees the directory as the user's sessions do. It may run at any time, also while
// sessions use the quota.
package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/signal"
	"path/filepath"
	"syscall"
)

// The exit statuses, which are the original's.
const (
	exitOK       = 0
	exitUsage    = 255 // no directory, or too many of anything
	exitBadID    = 254 // no such user or group, or root
	exitEnter    = 253 // the directory cannot be entered, or the identity not be taken on
	exitTraverse = 252 // something in the directory cannot be read
	exitWrite    = 251 // the quota file cannot be written
)

func main() {
	syscall.Umask(0) // modes are given in full
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	context.AfterFunc(ctx, stop) // who asks twice does not want to wait for the lock
	c := command{
		name:   filepath.Base(os.Args[0]),
		users:  systemUsers(),
		root:   os.Geteuid() == 0,
		stdout: os.Stdout,
		stderr: os.Stderr,
	}
	os.Exit(c.run(ctx, os.Args[1:]))
}

// A command is what a run needs of the system.
type command struct {
	name   string
	users  users
	root   bool // take on the user's identity
	stdout io.Writer
	stderr *os.File
}

// A failure ends the program with an exit status of its own.
type failure struct {
	status int
	text   string
}

func (f *failure) Error() string { return f.text }

func fail(status int, format string, args ...any) error {
	return &failure{status, fmt.Sprintf(format, args...)}
}

// run does what the command line says and returns the exit status.
func (c *command) run(ctx context.Context, args []string) int {
	r, err := parse(args)
	var wrong *mistake
	switch {
	case errors.As(err, &wrong):
		c.complain("%s: %v", c.name, wrong)
		fallthrough
	case err == nil && r.help:
		if _, err := io.WriteString(c.stdout, help); err != nil {
			return exitUsage
		}
		return exitOK
	case err == nil:
		err = c.recount(ctx, r)
	}
	var f *failure
	switch {
	case err == nil:
		return exitOK
	case errors.As(err, &f):
		c.complain("%s: %s", c.name, f.text)
		return f.status
	}
	c.complain("%s: %v", c.name, err)
	return exitUsage
}

// complain writes a line to standard error. If that is closed nobody is listening.
func (c *command) complain(format string, args ...any) {
	_, _ = fmt.Fprintf(c.stderr, format+"\n", args...)
}

// reason is the cause of an error, in the words of the system where it is the system's.
func reason(err error) string {
	var errno syscall.Errno
	text := err.Error()
	if errors.As(err, &errno) {
		text = errno.Error()
	}
	if first := text[:min(len(text), 1)]; first >= "a" && first <= "z" {
		return string(first[0]-'a'+'A') + text[1:]
	}
	return text
}
