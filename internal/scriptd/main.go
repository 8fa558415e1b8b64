package scriptd

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/signal"
	"strings"
	"syscall"

	sdaemon "github.com/coreos/go-systemd/v22/daemon"

	"pureftpd/internal/background"
	"pureftpd/internal/linemsg"
	"pureftpd/internal/pidfile"
)

// The exit statuses, which are the original's.
const (
	exitOK      = 0   // also after the help that follows an unknown option
	exitUsage   = 254 // no socket or program, or a bad number
	exitFailure = 255 // the socket cannot be had, or a later step fails
)

// programUmask is the one that programs start with.
const programUmask = 0o077

// A Kind says what makes a daemon this one and not another.
type Kind struct {
	Name string // of the command
	// Variables maps the keys of a question to the environment of the program. A value that is empty is left out.
	Variables []Variable
	// Check refuses a question before a program is run for it; nil takes all.
	Check func(linemsg.Message) error
	// Failure is what a client gets if its program cannot be run or is ended; nil is the empty answer.
	Failure []byte
}

// A Variable is what a program finds a value of the question in.
type Variable struct{ Key, Name string }

// Main is the whole program. It returns the exit status.
func (k Kind) Main(args []string, stdout, stderr io.Writer) int {
	syscall.Umask(0) // modes are given in full
	r, err := k.parse(args)
	var wrong *mistake
	switch {
	case errors.As(err, &wrong):
		fmt.Fprintf(stderr, "%s: %v\n", k.Name, wrong)
		fallthrough
	case err == nil && r.help:
		if err := k.printHelp(stdout); err != nil {
			return exitFailure
		}
		return exitOK
	case err != nil:
		k.complain(stderr, err)
		return exitUsage
	case r.background && !background.Active():
		err = background.Start()
	default:
		if err = k.run(r, stderr); err != nil {
			err = errors.Join(err, background.Fail(err))
		}
	}
	if err != nil {
		k.complain(stderr, err)
		return exitFailure
	}
	return exitOK
}

// complain writes each of several errors on a line.
func (k Kind) complain(w io.Writer, err error) {
	for line := range strings.Lines(err.Error()) {
		fmt.Fprintf(w, "%s: %s\n", k.Name, strings.TrimSuffix(line, "\n"))
	}
}

// run serves until a signal.
func (k Kind) run(r request, stderr io.Writer) (err error) {
	signals := make(chan os.Signal, 2)
	signal.Notify(signals, syscall.SIGTERM, syscall.SIGINT, syscall.SIGQUIT, syscall.SIGXCPU)
	defer signal.Stop(signals)
	signal.Notify(make(chan os.Signal, 1), syscall.SIGPIPE) // who reads standard error may go; a caught signal is not inherited
	report := background.Reporter(k.Name, stderr)
	syscall.Umask(socketUmask)
	s, err := listen(context.Background(), r.socket)
	syscall.Umask(0)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, s.close()) }()
	pid, err := pidfile.Write(r.pidFile)
	switch {
	case err == nil:
		defer func() { err = errors.Join(err, ignoreDenied(pid.Remove())) }()
	case r.pidGiven:
		return err
	default:
		report(err.Error()) // who is not root has no place for it
	}
	if err := os.Chdir("/"); err != nil { // keeps no file system from being unmounted
		return err
	}
	if err := become(r.uid, r.gid, report); err != nil {
		return err
	}
	if err := background.CheckProgram(r.program); err != nil {
		report(err.Error()) // it may come later; until then every answer is empty
	}
	syscall.Umask(programUmask)
	if _, err := sdaemon.SdNotify(true, sdaemon.SdNotifyReady); err != nil { // and programs learn nothing of it
		return fmt.Errorf("notify systemd: %w", err)
	}
	if err := background.Ready(); err != nil {
		return err
	}
	d := &daemon{
		kind: k, report: report, slots: make(chan struct{}, r.parallel),
		program: program{path: r.program, limit: r.limit, environment: k.environment(os.Environ())},
	}
	return d.serveUntilSignal(s, signals)
}

// environment is what programs inherit: all but what this daemon may set.
func (k Kind) environment(inherited []string) []string {
	var kept []string
	for _, entry := range inherited {
		name, _, _ := strings.Cut(entry, "=")
		ours := false
		for _, v := range k.Variables {
			ours = ours || v.Name == name
		}
		if !ours {
			kept = append(kept, entry)
		}
	}
	return kept
}

// ignoreDenied is for the end: who has become another user may no longer be allowed to remove what root made. The next
// start does.
func ignoreDenied(err error) error {
	if errors.Is(err, os.ErrPermission) {
		return nil
	}
	return err
}
