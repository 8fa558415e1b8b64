package harness

import (
	"errors"
	"fmt"
	"io/fs"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"
)

const (
	startLimit = 20 * time.Second // from starting a server to its first connection
	stopLimit  = 10 * time.Second // from asking it to stop to killing it
)

// A Config says how to start a server. Placeholders are replaced in options, users and files; see
// [Server.Expand].
type Config struct {
	Binary  string
	Staged  bool     // in a system of its own
	Inetd   bool     // one process for each connection, on its standard input
	Options []string // words; what they do not set is set for a test's needs
	Users   string   // lines of a passwd file; "": only ann, in the home
	Setup   []string // lines that make what Files cannot hold
	Files   map[string]string
}

// A Server is a running server. The test's clean-up stops it.
type Server struct {
	Dir  string // its files: home/ and whatever the test gave it
	Log  *Journal
	port int // of control connections; passive ones follow

	config Config
	uid    int // of virtual users and their files
	gid    int
	words  []string // of the command line, without the program
	main   *process // nil with Inetd
	inetd  *inetd
}

// Start starts a server. It takes connections when Dial has made the first one.
func Start(t testing.TB, ports *Ports, config Config) *Server {
	t.Helper()
	s := &Server{config: config, uid: os.Getuid(), gid: os.Getgid()}
	if s.uid == 0 {
		s.uid, s.gid = 2101, 2101
	}
	var err error
	if s.port, err = ports.Take(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { ports.Give(s.port) })
	if s.Dir, err = os.MkdirTemp("", "pure-ftpd-"); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { s.removeAll(t) })
	if err := s.prepare(); err != nil {
		t.Fatal(err)
	}
	s.words = s.commandLine()
	if config.Staged {
		if s.Log, err = Listen(filepath.Join(s.Dir, "log")); err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { s.Log.Close() })
	}
	t.Cleanup(func() {
		if err := s.stop(); err != nil {
			t.Error(err)
		}
		if t.Failed() {
			b, _ := os.ReadFile(filepath.Join(s.Dir, "stderr"))
			t.Logf("%s %s\nits standard error: %.4000s", config.Binary, strings.Join(s.words, " "), b)
		}
	})
	if config.Inetd {
		s.inetd, err = s.startInetd()
	} else {
		s.main, err = s.startProcess(nil)
	}
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// removeAll removes the server's files, among them folders it could not enter.
func (s *Server) removeAll(t testing.TB) {
	filepath.WalkDir(s.Dir, func(path string, d fs.DirEntry, err error) error {
		if d != nil && d.IsDir() {
			os.Chmod(path, 0o755)
		}
		return nil
	})
	if err := os.RemoveAll(s.Dir); err != nil {
		t.Error(err)
	}
}

// Expand replaces $DIR, the folder of the server's files, $PORT, its control port, $PASSIVE, its
// range of passive ports, and $UID and $GID, whose files the virtual users' are.
func (s *Server) Expand(text string) string {
	return strings.NewReplacer(
		"$DIR", s.Dir, "$PORT", strconv.Itoa(s.port),
		"$PASSIVE", fmt.Sprintf("%d:%d", s.port+1, s.port+blockSize-1),
		"$UID", strconv.Itoa(s.uid), "$GID", strconv.Itoa(s.gid),
	).Replace(text)
}

// commandLine returns the options and, where they do not say otherwise, those a test needs. `!X`
// leaves such a one away.
func (s *Server) commandLine() []string {
	var given []string
	for _, word := range s.config.Options {
		given = append(given, s.Expand(word))
	}
	if len(given) == 1 && given[0][0] != '-' && given[0][0] != '!' {
		return given // a configuration file stands alone
	}
	words := given
	for _, def := range []struct{ flag, value string }{
		{"H", ""},
		{"S", "127.0.0.1,$PORT"},
		{"p", "$PASSIVE"},
		{"l", "puredb:$DIR/users.pdb"},
		{"g", "$DIR/pid"},
	} {
		if mentions(given, def.flag) {
			continue
		}
		words = append(words, "-"+def.flag)
		if def.value != "" {
			words = append(words, s.Expand(def.value))
		}
	}
	kept := words[:0]
	for _, word := range words {
		if word[0] != '!' {
			kept = append(kept, word)
		}
	}
	return kept
}

func mentions(words []string, flag string) bool {
	for _, word := range words {
		if strings.HasPrefix(word, "-"+flag) || word == "!"+flag {
			return true
		}
	}
	return false
}

// Dial opens a control connection: from a local address if one is given, to the address the
// server listens on if it is not 127.0.0.1. It waits for a server that is starting.
func (s *Server) Dial(from, to string) (net.Conn, error) {
	if to == "" {
		to = "127.0.0.1"
	}
	var d net.Dialer
	if from != "" {
		d.LocalAddr = &net.TCPAddr{IP: net.ParseIP(from)}
	}
	limit := time.After(startLimit)
	for {
		conn, err := d.Dial("tcp", net.JoinHostPort(to, strconv.Itoa(s.port)))
		if !errors.Is(err, syscall.ECONNREFUSED) || s.main == nil {
			return conn, err
		}
		select {
		case <-s.main.ended:
			return nil, fmt.Errorf("the server has ended: %w", s.main.err)
		case <-limit:
			return nil, err
		case <-time.After(5 * time.Millisecond): // it tells nobody when it begins to listen
		}
	}
}

// stop ends the server and all its processes.
func (s *Server) stop() error {
	if s.inetd != nil {
		return s.inetd.stop()
	}
	if s.main == nil {
		return nil
	}
	return s.main.stop()
}

// command returns the server's command, staged if it is to be.
func (s *Server) command() *exec.Cmd {
	if !s.config.Staged {
		return exec.Command(s.config.Binary, s.words...)
	}
	args := []string{
		"--mount", "--propagation", "private",
		"sh", "-eu", "-c", stage, "stage", s.Dir, s.config.Binary,
	}
	return exec.Command("unshare", append(args, s.words...)...)
}
