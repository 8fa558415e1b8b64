// Command pure-uploadscript runs a program for each file that pure-ftpd has received.
//
//	pipe (pipe.go) → order and retries (runner.go) → which file, and what of it (file.go) → run the program (program.go)
//
// The record, the pipe and the server's end of it are package uploads'.
package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"os/signal"
	"path/filepath"
	"strings"
	"syscall"

	sdaemon "github.com/coreos/go-systemd/v22/daemon"

	"pureftpd/internal/background"
	"pureftpd/internal/identity"
	"pureftpd/internal/pidfile"
	"pureftpd/internal/uploads"
)

const name = "pure-uploadscript"

// The exit statuses, which are the original's.
const (
	exitOK      = 0 // also after the help that follows an unknown option or a missing -r
	exitFailure = 255
)

func main() { os.Exit(run(os.Args[1:], os.Stdout, os.Stderr)) }

// run is the whole program. It returns the exit status.
func run(args []string, stdout, stderr io.Writer) int {
	r, err := parse(args)
	var wrong *mistake
	switch {
	case errors.As(err, &wrong):
		fmt.Fprintf(stderr, "%s: %v\n", name, wrong)
		fallthrough
	case err == nil && r.help:
		if err := printHelp(stdout); err != nil {
			return exitFailure
		}
		return exitOK
	case err != nil:
	case os.Geteuid() != 0:
		err = errors.New("only root may read the pipe of the server: start as root, and give -u and -g for the program")
	case r.background && !background.Active():
		err = background.Start()
	default:
		if err = serve(r, stderr); err != nil {
			err = errors.Join(err, background.Fail(err))
		}
	}
	if err == nil {
		return exitOK
	}
	for line := range strings.Lines(err.Error()) {
		fmt.Fprintf(stderr, "%s: %s\n", name, strings.TrimSuffix(line, "\n"))
	}
	return exitFailure
}

// serve reads the pipe until a signal.
func serve(r request, stderr io.Writer) (err error) {
	signals := make(chan os.Signal, 2)
	signal.Notify(signals, syscall.SIGTERM, syscall.SIGINT, syscall.SIGQUIT, syscall.SIGHUP)
	defer signal.Stop(signals)
	signal.Notify(make(chan os.Signal, 1), syscall.SIGPIPE) // who reads standard error may go; a caught signal is not inherited
	report := background.Reporter(name, stderr)
	program, err := findProgram(r.program)
	if err != nil {
		return err
	}
	files := uploads.System()
	if err := files.Prepare(0); err != nil { // whoever comes first makes the pipe
		return err
	}
	end, err := files.OpenReader(0)
	if err != nil {
		return err
	}
	in := &pipe{end: end}
	defer func() { err = errors.Join(err, end.Close()) }()
	pid, err := pidfile.Write(r.pidFile)
	if err != nil {
		return err
	}
	defer func() {
		if failed := pid.Remove(); !errors.Is(failed, os.ErrPermission) { // who has become another user may not remove it
			err = errors.Join(err, failed)
		}
	}()
	if err := os.Chdir("/"); err != nil { // keeps no file system from being unmounted
		return err
	}
	if r.uid != 0 && !r.gidGiven {
		report("programs run with the rights of group 0: give a group, too (-g)")
	}
	if err := identity.Become(r.uid, r.gid); err != nil {
		return err
	}
	if err := background.CheckProgram(program); err != nil {
		report(err.Error()) // it may come later
	}
	if _, err := sdaemon.SdNotify(true, sdaemon.SdNotifyReady); err != nil { // and programs learn nothing of it
		return fmt.Errorf("notify systemd: %w", err)
	}
	if err := background.Ready(); err != nil {
		return err
	}
	w := newRunner(r, program, report)
	return untilSignal(in, w, signals)
}

// findProgram returns the full pathname of a program, which may be one that the shell would find: the process leaves its
// directory.
func findProgram(given string) (string, error) {
	path, err := exec.LookPath(given)
	if err == nil || errors.Is(err, exec.ErrDot) {
		return filepath.Abs(path)
	}
	return filepath.Abs(given) // told when it is needed
}

// untilSignal runs programs. The first signal ends the reading and lets running programs finish; a second one ends them.
func untilSignal(in *pipe, w *runner, signals <-chan os.Signal) error {
	ctx, stop := context.WithCancel(context.Background())
	defer stop()
	halt, end := context.WithCancel(context.Background())
	defer end()
	done := make(chan error, 1)
	go func() { done <- w.serve(ctx, halt, in) }()
	for cancel := stop; ; cancel = end {
		select {
		case err := <-done:
			return err
		case <-signals:
			cancel()
		}
	}
}
