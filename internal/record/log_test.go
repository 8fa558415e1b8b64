package record

import (
	"bytes"
	"errors"
	"io"
	"net"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"testing/synctest"
	"time"
)

// daemon is a log daemon at path.
func daemon(t *testing.T, path string) *net.UnixConn {
	t.Helper()
	conn, err := net.ListenUnixgram("unixgram", &net.UnixAddr{Name: path, Net: "unixgram"})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { conn.Close() })
	return conn
}

// receive returns the text of the next datagram.
func receive(t *testing.T, conn *net.UnixConn) string {
	t.Helper()
	conn.SetReadDeadline(time.Now().Add(10 * time.Second))
	b := make([]byte, 2*maxMessage)
	n, err := conn.Read(b)
	if err != nil {
		t.Fatal(err)
	}
	priority, _, _ := strings.Cut(string(b[:n]), ">")
	_, text, _ := strings.Cut(string(b[:n]), "pure-ftpd: ")
	return priority + ">" + text
}

func TestSyslogDaemonIsRestarted(t *testing.T) {
	path := filepath.Join(t.TempDir(), "log")
	var out bytes.Buffer
	log := Open(Config{Facility: FTP, Socket: path, Stderr: &out, Verbose: true})
	first := daemon(t, path)
	log.WriteString(Debug, "one")
	if got, want := receive(t, first), "<95>(?@?) [DEBUG] one"; got != want {
		t.Errorf("datagram %q; want %q", got, want)
	}
	first.Close()
	os.Remove(path)
	second := daemon(t, path)
	log.Session(client).WriteString(Error, "two")
	if got, want := receive(t, second), "<91>(?@192.0.2.7) [ERROR] two"; got != want {
		t.Errorf("datagram %q; want %q", got, want)
	}
	second.Close()
	os.Remove(path)
	log.WriteString(Notice, "three")
	if err := log.Close(); err != nil {
		t.Error(err)
	}
	equal(t, texts(&out), "(?@?) [NOTICE] the log goes to standard error until there is a log daemon: dial unixgram "+path+
		": connect: no such file or directory", "(?@?) [NOTICE] three")
	if log.Lost() != 0 {
		t.Errorf("%d lines lost; want none", log.Lost())
	}
}

// A gate is a slow standard error: a write waits until the gate opens.
type gate struct {
	bytes.Buffer
	open chan struct{}
}

func (g *gate) Write(b []byte) (int, error) { <-g.open; return g.Buffer.Write(b) }

func TestFullQueueDropsAndReports(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		out := &gate{open: make(chan struct{})}
		log := Open(Config{Output: Stderr, Stderr: out})
		log.WriteString(Info, "at the gate")
		synctest.Wait()
		for range maxQueue + 3 {
			log.WriteString(Info, "queued")
		}
		if log.Lost() != 3 {
			t.Errorf("%d lines lost; want 3", log.Lost())
		}
		close(out.open)
		log.Close()
		lines := texts(&out.Buffer)
		if len(lines) != maxQueue+2 || lines[1] != "(?@?) [WARNING] 3 log lines were lost" {
			t.Errorf("%d lines, the second %q", len(lines), lines[1])
		}
	})
}

// A flaky standard error fails as often as it says.
type flaky struct {
	bytes.Buffer
	failures int
}

func (f *flaky) Write(b []byte) (int, error) {
	if f.failures--; f.failures >= 0 {
		return 0, errors.New("disk full")
	}
	return f.Buffer.Write(b)
}

func TestUndeliveredLinesAreReported(t *testing.T) {
	out := &flaky{failures: 2}
	log := Open(Config{Output: Stderr, Stderr: out})
	for _, text := range []string{"one", "two", "three"} {
		log.WriteString(Info, text)
	}
	log.Close()
	equal(t, texts(&out.Buffer), "(?@?) [INFO] three", "(?@?) [WARNING] 2 log lines were lost")
}

func TestCloseDoesNotWaitForASlowDaemon(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		slow := writerFunc(func(b []byte) (int, error) { time.Sleep(time.Second); return len(b), nil })
		log := Open(Config{Output: Stderr, Stderr: slow})
		for range 100 {
			log.WriteString(Info, "slow")
		}
		start := time.Now()
		log.Close()
		if took := time.Since(start); took > closeLimit+2*time.Second {
			t.Errorf("Close took %v; want about %v", took, closeLimit)
		}
		if log.Lost() == 0 {
			t.Error("no line counted as lost")
		}
	})
}

type writerFunc func([]byte) (int, error)

func (f writerFunc) Write(b []byte) (int, error) { return f(b) }

func TestNoneIsSilent(t *testing.T) {
	log := Open(Config{Output: None, Verbose: true, Stderr: writerFunc(func([]byte) (int, error) {
		t.Error("a line was written")
		return 0, io.EOF
	})})
	log.WriteString(Error, "x")
	log.Session(client).Connected()
	if log.Enabled(Error) {
		t.Error("Enabled(Error) = true; want false")
	}
	log.Close()
	log.Close() // a second Close and a late line are harmless
	log.WriteString(Error, "late")
}

func BenchmarkSessionLine(b *testing.B) {
	log := Open(Config{Output: Stderr, Stderr: io.Discard})
	defer log.Close()
	s := log.Session(client)
	b.ReportAllocs()
	for b.Loop() {
		s.Write(Notice, AppendDeleted(nil, "/home/ann//a.txt"))
	}
}
