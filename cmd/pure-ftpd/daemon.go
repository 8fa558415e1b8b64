package main

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

// daemonVariable names the descriptor on which a background server reports its start to the process that was called.
const daemonVariable = "PURE_FTPD_DAEMON"

// reportDescriptor is what that descriptor is: the first after the standard ones.
const reportDescriptor = 3

func isDaemon() bool { return os.Getenv(daemonVariable) != "" }

// startDaemon starts the same program again in a session of its own, without a terminal (-B), and waits until it serves or has
// failed: a failed start is an error here.
func startDaemon() error {
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
	child.Args[0] = os.Args[0] // its name may switch the virtual chroot on
	child.Env = append(os.Environ(), daemonVariable+"="+strconv.Itoa(reportDescriptor))
	child.ExtraFiles = []*os.File{w}
	child.SysProcAttr = &syscall.SysProcAttr{Setsid: true}
	if err := errors.Join(child.Start(), w.Close()); err != nil {
		return fmt.Errorf("go to the background: %w", err)
	}
	report, err := io.ReadAll(r)
	if err != nil {
		return fmt.Errorf("background server: %w", err)
	}
	if text := strings.TrimSpace(string(report)); text != "ready" {
		if text == "" {
			text = "it ended without a word"
		}
		return errors.New("background server: " + text)
	}
	return child.Process.Release()
}

// daemonReady tells the process that waits in startDaemon that this one serves, and lets go of the directory it was
// started in.
func daemonReady() error {
	if !isDaemon() {
		return nil
	}
	if err := os.Chdir("/"); err != nil {
		return fmt.Errorf("go to the background: %w", err)
	}
	return reportStart("ready")
}

// reportStart ends the wait of startDaemon with one word or an error text. Outside the background it does nothing.
func reportStart(text string) error {
	if !isDaemon() {
		return nil
	}
	report := os.NewFile(reportDescriptor, "start report")
	_, err := report.WriteString(text)
	return errors.Join(err, report.Close(), os.Unsetenv(daemonVariable))
}
