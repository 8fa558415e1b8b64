// Package background lets a program go on without the terminal it was called from (-B), as a process of its own whose start
// the calling process waits for: who called it learns whether it serves.
//
//	if daemonize && !background.Active() {
//		return background.Start() // nil once the other process serves
//	}
//	… open sockets …
//	err := background.Ready()
//
// It also holds what such daemons have in common when they run programs of the administrator: whom they tell of faults, and a look
// at the program before it is needed.
//
// Forking is not possible in a program with threads, so Start calls the same program again with the same arguments. The package
// knows nothing of what the program does.
package background

import (
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"strconv"
	"strings"
	"syscall"
)

// variable names the descriptor on which a background process reports its start to the process that was called.
const variable = "PURE_FTPD_DAEMON"

// reportDescriptor is what that descriptor is: the first after the standard ones.
const reportDescriptor = 3

// ready is the report of a successful start.
const ready = "ready"

// Active reports whether this process was made by Start and has not said yet how its start went.
func Active() bool { return os.Getenv(variable) != "" }

// Start starts the same program again in a session of its own, without a terminal, and waits until it is Ready or has
// failed: a failed start is an error here.
func Start() error {
	program, err := os.Executable()
	if err != nil {
		return fmt.Errorf("go to the background: %w", err)
	}
	r, w, err := os.Pipe()
	if err != nil {
		return fmt.Errorf("go to the background: %w", err)
	}
	defer func() { _ = r.Close() }() // only read
	child := exec.Command(program, os.Args[1:]...)
	child.Args[0] = os.Args[0] // its name may switch something on
	child.Env = append(os.Environ(), variable+"="+strconv.Itoa(reportDescriptor))
	child.ExtraFiles = []*os.File{w}
	child.SysProcAttr = &syscall.SysProcAttr{Setsid: true}
	if err := errors.Join(child.Start(), w.Close()); err != nil {
		return fmt.Errorf("go to the background: %w", err)
	}
	report, err := io.ReadAll(r)
	if err != nil {
		return fmt.Errorf("background process: %w", err)
	}
	if text := strings.TrimSpace(string(report)); text != ready {
		if text == "" {
			text = "it ended without a word"
		}
		return errors.New("background process: " + text)
	}
	return child.Process.Release()
}

// Ready tells the process that waits in Start that this one serves, and lets go of the directory it was started in. Outside
// the background it does nothing.
func Ready() error {
	if !Active() {
		return nil
	}
	if err := os.Chdir("/"); err != nil {
		return fmt.Errorf("go to the background: %w", err)
	}
	return report(ready)
}

// Fail tells the process that waits in Start why this one does not serve. Outside the background it does nothing.
func Fail(cause error) error {
	if !Active() {
		return nil
	}
	return report(cause.Error())
}

func report(text string) error {
	pipe := os.NewFile(reportDescriptor, "start report")
	_, err := pipe.WriteString(text)
	return errors.Join(err, pipe.Close(), os.Unsetenv(variable))
}
