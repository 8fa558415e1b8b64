//go:build clients

package clients

import (
	"bytes"
	"context"
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"
)

// clientLimit is how long one run of a client may take.
const clientLimit = 60 * time.Second

// A trip is one client's work with one server. It has a folder at each end.
type trip struct {
	*testing.T
	*site
	way    way
	port   int    // of control connections
	dir    string // the client's working directory
	rc     string // its home
	remote string // the folder on the server, relative to the login's
	there  string // that folder on the disk
}

// trip makes the folders of a test. Its end removes them.
func (l *lab) trip(t *testing.T, w way) *trip {
	t.Helper()
	if w.tls.on() && *serverFlag != "" {
		t.Skip("another server may have other settings for TLS")
	}
	return tripTo(t, l.site(w), w)
}

// tripTo makes the folders of a test with a server.
func tripTo(t *testing.T, s *site, w way) *trip {
	t.Helper()
	there, err := os.MkdirTemp(s.home, "")
	if err == nil {
		err = os.Chmod(there, 0o755)
	}
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := os.RemoveAll(there); err != nil {
			t.Error(err)
		}
	})
	s.own(t, there)
	port := s.port
	if w.tls.implicit {
		port++
	}
	return &trip{
		T: t, site: s, way: w, port: port, dir: t.TempDir(), rc: t.TempDir(),
		remote: filepath.Base(there), there: there,
	}
}

// A call is the command line of a client.
type call struct {
	program string
	args    []string
	stdin   string
	env     []string
}

// start starts a client. Its output goes to the buffer.
func (tr *trip) start(ctx context.Context, c call) (*exec.Cmd, *bytes.Buffer) {
	tr.Helper()
	path, err := exec.LookPath(c.program)
	if err != nil {
		tr.Fatalf("packages.txt lists the packages to install: %v", err)
	}
	cmd := exec.CommandContext(ctx, path, c.args...)
	output := new(bytes.Buffer)
	cmd.Stdout, cmd.Stderr = output, output
	cmd.Stdin = strings.NewReader(c.stdin)
	cmd.Dir = tr.dir
	cmd.Env = append([]string{
		"HOME=" + tr.rc, "PATH=" + os.Getenv("PATH"), "LC_ALL=C.UTF-8", "TERM=dumb",
	}, c.env...)
	cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true, Pdeathsig: syscall.SIGKILL}
	cmd.Cancel = func() error { return syscall.Kill(-cmd.Process.Pid, syscall.SIGKILL) }
	if err := cmd.Start(); err != nil {
		tr.Fatal(err)
	}
	return cmd, output
}

// run runs a client to its end, which must be a good one, and returns what it printed.
func (tr *trip) run(c call) string {
	tr.Helper()
	output, err := tr.try(c)
	if err != nil {
		tr.Errorf("%s: %v", c.program, err)
	}
	return output
}

// try runs a client to its end.
func (tr *trip) try(c call) (string, error) {
	tr.Helper()
	ctx, cancel := context.WithTimeout(tr.Context(), clientLimit)
	defer cancel()
	cmd, output := tr.start(ctx, c)
	err := cmd.Wait()
	text := output.String()
	tr.Cleanup(func() {
		if tr.Failed() {
			tr.Logf("%s %.2000q\nits last words: %s", c.program, c.args, tail(text))
		}
	})
	return text, errors.Join(err, ctx.Err())
}

// interrupt runs a client until the file at path has grown to a size, and kills it. It returns
// when the server has noticed.
func (tr *trip) interrupt(c call, path string, size int64) {
	tr.Helper()
	ctx, cancel := context.WithTimeout(tr.Context(), clientLimit)
	defer cancel()
	cmd, output := tr.start(ctx, c)
	ended := make(chan error, 1)
	go func() { ended <- cmd.Wait() }()
	tick := time.NewTicker(2 * time.Millisecond)
	defer tick.Stop()
	for grown := int64(-1); grown < size; {
		select {
		case err := <-ended:
			tr.Fatalf("%s %q ended before it could be interrupted, with %d bytes done: %v\n%s",
				c.program, c.args, grown, err, tail(output.String()))
		case <-tick.C:
			if info, err := os.Stat(path); err == nil {
				grown = info.Size()
			}
		}
	}
	cancel()
	<-ended
	tr.quiet(tr.T)
}

// tail returns the last lines of a client's output.
func tail(text string) string {
	const most = 5000
	return text[max(0, len(text)-most):]
}

func (tr *trip) portText() string { return strconv.Itoa(tr.port) }

// save writes a file into the client's working directory.
func (tr *trip) save(name, text string) {
	tr.Helper()
	write(tr.T, filepath.Join(tr.dir, name), []byte(text))
}

// saved returns what a file in the client's working directory holds.
func (tr *trip) saved(name string) string {
	tr.Helper()
	return string(read(tr.T, filepath.Join(tr.dir, name)))
}
