package scriptd

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"syscall"
	"time"

	"pureftpd/internal/linemsg"
)

// A program is the administrator's.
type program struct {
	path        string
	limit       time.Duration // from its start to the end of its output, and to its own
	environment []string
}

// errLate says that the program was ended because its time was over.
var errLate = errors.New("it took too long and was ended")

// run starts the program, hands what it printed to relay, once, and waits until it has ended. The answer is there when the
// last process that holds the output has closed it, not when the program ends. Its exit status does not matter; only if it
// is stopped before its output is complete, relay is not called.
func (p program) run(ctx context.Context, variables []string, relay func([]byte)) error {
	late, cancel := context.WithTimeoutCause(ctx, p.limit, errLate)
	defer cancel()
	r, w, err := os.Pipe()
	if err != nil {
		return err
	}
	defer func() { _ = r.Close() }() // only read
	cmd := exec.CommandContext(late, p.path)
	cmd.Dir = "/"
	cmd.Env = append(p.environment[:len(p.environment):len(p.environment)], variables...)
	cmd.Stdout = w
	cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true} // to end it with all it has started
	cmd.Cancel = func() error { return syscall.Kill(-cmd.Process.Pid, syscall.SIGKILL) }
	if err := errors.Join(cmd.Start(), w.Close()); err != nil {
		return err
	}
	// A process that has left the group may hold the pipe for longer.
	defer context.AfterFunc(late, func() { _ = r.SetReadDeadline(time.Unix(1, 0)) })()
	answer, err := io.ReadAll(io.LimitReader(r, linemsg.MaxSize))
	if err == nil && late.Err() == nil { // a pipe whose writers were killed ends like any other
		relay(answer)
	}
	ended := cmd.Wait()
	if late.Err() != nil {
		return fmt.Errorf("%s: %w", p.path, context.Cause(late))
	}
	var status *exec.ExitError
	if errors.As(ended, &status) {
		ended = nil
	}
	return errors.Join(err, ended)
}
