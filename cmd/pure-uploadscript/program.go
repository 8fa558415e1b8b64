package main

import (
	"context"
	"errors"
	"fmt"
	"os/exec"
	"strings"
	"syscall"
	"time"
)

// errLate says that the program was ended because its time was over.
var errLate = errors.New("it took too long and was ended")

// A program is the administrator's.
type program struct {
	path        string
	limit       time.Duration // 0 means none
	environment []string
}

// run runs the program for a file and waits until it has ended. Processes that it leaves behind are its own affair, unless its
// time is over: then they are ended with it.
func (p program) run(ctx context.Context, file string, variables []string) error {
	if p.limit > 0 {
		limited, cancel := context.WithTimeoutCause(ctx, p.limit, errLate)
		defer cancel()
		ctx = limited
	}
	cmd := exec.CommandContext(ctx, p.path, file) // its standard files are the null device
	cmd.Dir = "/"
	cmd.Env = append(p.environment[:len(p.environment):len(p.environment)], variables...)
	cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true} // to end it with all it has started
	cmd.Cancel = func() error { return syscall.Kill(-cmd.Process.Pid, syscall.SIGKILL) }
	if err := cmd.Start(); err != nil {
		return err
	}
	err := cmd.Wait()
	if ctx.Err() != nil && err != nil {
		return context.Cause(ctx)
	}
	if err != nil {
		return fmt.Errorf("%s: %w", p.path, err)
	}
	return nil
}

// environment is what programs inherit: all but what they are told of a file.
func environment(inherited []string) []string {
	var kept []string
	for _, entry := range inherited {
		if name, _, _ := strings.Cut(entry, "="); !isOurs(name) {
			kept = append(kept, entry)
		}
	}
	return kept
}

func isOurs(name string) bool {
	switch name {
	case "UPLOAD_SIZE", "UPLOAD_PERMS", "UPLOAD_UID", "UPLOAD_GID", "UPLOAD_USER", "UPLOAD_GROUP", "UPLOAD_VUSER":
		return true
	}
	return false
}
