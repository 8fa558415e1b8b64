package start

import (
	"context"
	"crypto/sha256"
	"crypto/tls"
	"fmt"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"pureftpd/test/harness"
)

// A trial is a server that was started with --try.
type trial struct {
	*process
	home, served            string // folders: of the user, and of the server
	address, name, password string
}

// trialURL finds what an instruction leads to.
var trialURL = regexp.MustCompile(`ftp://([^:/]+):([^@/]+)@([^/\s]+)`)

// try starts a server for the current folder, or for the one that the switches name as SERVED.
func try(t *testing.T, switches string) *trial {
	t.Helper()
	s := &trial{home: folder(t), served: folder(t)}
	put(t, filepath.Join(s.served, "hello.txt"), "hello\n")
	args := strings.Fields(strings.ReplaceAll(switches, "SERVED", s.served))
	s.process = launch(t, s.home, command{dir: s.served, args: args})
	s.instructions(t)
	return s
}

// instructions waits for what the server prints and reads it.
func (s *trial) instructions(t *testing.T) {
	t.Helper()
	await(t, "instructions", func() bool {
		select {
		case <-s.ended:
			t.Fatalf("the server ended: %s", s.stderr.String())
		default:
		}
		return strings.Contains(s.stdout.String(), "shown below")
	})
	parts := trialURL.FindStringSubmatch(s.stdout.String())
	if parts == nil {
		t.Fatalf("no address in %q", s.stdout.String())
	}
	s.name, s.password, s.address = parts[1], parts[2], parts[3]
}

// login opens a session with the password that was printed.
func (s *trial) login(t *testing.T) *harness.Client {
	t.Helper()
	c := greeted(t, s.address)
	c.Ask(331, "USER "+s.name)
	c.Ask(230, "PASS "+s.password)
	return c
}

// ends stops the server as Ctrl-C does, and looks for what it left behind.
func (s *trial) ends(t *testing.T, uploads ...string) {
	t.Helper()
	if err := s.Process.Signal(os.Interrupt); err != nil {
		t.Fatal(err)
	}
	s.endsWith(t, 0)
	if left := names(t, s.home); left != "" {
		t.Errorf("left behind at home: %s", left)
	}
	want := strings.Join(slices.Sorted(slices.Values(append(uploads, "hello.txt"))), " ")
	if left := names(t, s.served); left != want {
		t.Errorf("left behind in the folder: %s; want %s", left, want)
	}
}

// names lists a folder.
func names(t *testing.T, dir string) string {
	t.Helper()
	entries, err := os.ReadDir(dir)
	if err != nil {
		t.Fatal(err)
	}
	var names []string
	for _, entry := range entries {
		names = append(names, entry.Name())
	}
	return strings.Join(names, " ")
}

// TestTryOnItsPort does what a newcomer does. It does not run beside tests that use the same port.
func TestTryOnItsPort(t *testing.T) {
	s := try(t, "--try")
	if host, _, _ := net.SplitHostPort(s.address); host != "127.0.0.1" {
		t.Errorf("served at %s; want 127.0.0.1 only", s.address)
	}
	works(t, s.login(t))
	s.ends(t, "trip.txt")
	if !strings.Contains(s.stderr.String(), "trip.txt uploaded") { // all of the log is written at the end
		t.Errorf("shown: %q; want the upload", s.stderr.String())
	}
}

func TestTryElsewhereWhenThePortIsTaken(t *testing.T) {
	l, err := net.Listen("tcp", "127.0.0.1:2121")
	if err == nil { // else somebody has it already
		defer l.Close()
	}
	s := try(t, "--try")
	if strings.HasSuffix(s.address, ":2121") || strings.HasSuffix(s.address, ":0") {
		t.Errorf("served at %s", s.address)
	}
	works(t, s.login(t))
	s.ends(t, "trip.txt")
}

func TestTryWith(t *testing.T) {
	t.Parallel()
	for _, switches := range []string{
		"--try -S 127.0.0.1,PORT", "--try=SERVED -S 127.0.0.1,PORT", "--try SERVED -S 127.0.0.1,PORT", "--try -S ::1,PORT",
	} {
		t.Run(switches, func(t *testing.T) {
			t.Parallel()
			s := try(t, strings.ReplaceAll(switches, "PORT", port(t)))
			works(t, s.login(t))
			s.ends(t, "trip.txt")
		})
	}
}

// TestTryIPv6 asks for IPv6 and gives no address: this machine only is meant then, too.
func TestTryIPv6(t *testing.T) {
	t.Parallel()
	s := try(t, "--try -6")
	if host, _, _ := net.SplitHostPort(s.address); host != "::1" {
		t.Errorf("served at %s; want ::1", s.address)
	}
	works(t, s.login(t))
	s.ends(t, "trip.txt")
}

func TestTryRefusesAWrongPassword(t *testing.T) {
	t.Parallel()
	s := try(t, "--try -S 127.0.0.1,"+port(t))
	c := greeted(t, s.address)
	c.Ask(331, "USER "+s.name)
	c.Ask(530, "PASS wrong")
	c.Ask(530, "PWD")
	s.ends(t)
}

// TestTryByPasting runs the instructions for curl as they are printed. FILE is what the user puts in.
func TestTryByPasting(t *testing.T) {
	t.Parallel()
	if _, err := exec.LookPath("curl"); err != nil {
		return // TestTryWith has used the same addresses by other means
	}
	s := try(t, "--try -S 127.0.0.1,"+port(t))
	put(t, filepath.Join(s.home, "FILE"), "from curl\n")
	lines := 0
	for line := range strings.Lines(s.stdout.String()) {
		line = strings.TrimSpace(line)
		if !strings.HasPrefix(line, "curl ") {
			continue
		}
		lines++
		ctx, cancel := context.WithTimeout(t.Context(), patience)
		defer cancel()
		cmd := exec.CommandContext(ctx, "sh", "-c", line)
		cmd.Dir = s.home
		if out, err := cmd.CombinedOutput(); err != nil {
			t.Errorf("%s\n%v\n%s", line, err, out)
		}
	}
	if lines < 2 {
		t.Errorf("%d lines for curl in %q", lines, s.stdout.String())
	}
	if err := os.Remove(filepath.Join(s.home, "FILE")); err != nil {
		t.Error(err)
	}
	s.ends(t, "FILE")
}

func TestTryFails(t *testing.T) {
	t.Parallel()
	dir := folder(t)
	file := put(t, filepath.Join(dir, "file"), "")
	taken, err := net.Listen("tcp", "127.0.0.1:"+port(t))
	if err != nil {
		t.Fatal(err)
	}
	defer taken.Close()
	_, number, _ := net.SplitHostPort(taken.Addr().String())
	for _, test := range []struct {
		args   []string
		status int
		text   string
	}{
		{[]string{"--try=" + filepath.Join(dir, "nowhere")}, 1, "nowhere"},
		{[]string{"--try=" + file}, 1, "not a directory"},
		{[]string{"--try", "-S", "127.0.0.1," + number}, 1, "address already in use"},
		{[]string{"--try="}, 252, "--try=DIR"},
	} {
		t.Run(fmt.Sprint(test.args), func(t *testing.T) {
			launch(t, dir, command{args: test.args}).endsWith(t, test.status, test.text)
		})
	}
}

// TestTryOverTLS compares the certificate with the fingerprint that was printed, as a person would.
func TestTryOverTLS(t *testing.T) {
	t.Parallel()
	s := try(t, "--try -S 127.0.0.1,"+port(t))
	c := greeted(t, s.address)
	c.Ask(234, "AUTH TLS")
	secure := tls.Client(c, &tls.Config{InsecureSkipVerify: true}) // the fingerprint says whose it is
	if err := secure.Handshake(); err != nil {
		t.Fatal(err)
	}
	sum := sha256.Sum256(secure.ConnectionState().PeerCertificates[0].Raw)
	if print := strings.ReplaceAll(fmt.Sprintf("% X", sum[:]), " ", ":"); !strings.Contains(s.stdout.String(), print) {
		t.Errorf("%q does not tell the fingerprint %s", s.stdout.String(), print)
	}
	c = harness.NewClient(t, secure, 2*patience)
	c.Ask(331, "USER "+s.name)
	c.Ask(230, "PASS "+s.password)
	works(t, c)
	s.ends(t, "trip.txt")
}
