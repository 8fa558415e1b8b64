package harness

import (
	"fmt"
	"net"
	"os"
	"slices"
	"strings"
	"sync"
	"time"
)

// journalLimit is how long a line may take from a server to the journal.
const journalLimit = 10 * time.Second

// A Journal is a log daemon that remembers.
type Journal struct {
	conn *net.UnixConn
	done sync.WaitGroup

	mu    sync.Mutex
	lines []string
	more  chan struct{} // closed, and replaced, when a line comes
}

// Listen makes a journal behind the socket at path.
func Listen(path string) (*Journal, error) {
	conn, err := net.ListenUnixgram("unixgram", &net.UnixAddr{Name: path, Net: "unixgram"})
	if err != nil {
		return nil, err
	}
	if err := os.Chmod(path, 0o666); err != nil {
		conn.Close()
		return nil, err
	}
	j := &Journal{conn: conn, more: make(chan struct{})}
	j.done.Go(j.read)
	return j, nil
}

// Close ends the journal.
func (j *Journal) Close() error {
	err := j.conn.Close()
	j.done.Wait()
	return err
}

// read takes lines until Close.
func (j *Journal) read() {
	b := make([]byte, 64<<10)
	for {
		n, err := j.conn.Read(b)
		if err != nil {
			return
		}
		j.mu.Lock()
		j.lines = append(j.lines, strings.TrimRight(string(b[:n]), "\x00\n"))
		close(j.more)
		j.more = make(chan struct{})
		j.mu.Unlock()
	}
}

// Lines returns the lines that have come.
func (j *Journal) Lines() []string {
	j.mu.Lock()
	defer j.mu.Unlock()
	return slices.Clone(j.lines)
}

// Expect waits until lines have come that match the patterns in their order; others may stand
// between them. A pattern that begins with `<` is for the whole datagram, another one for what
// follows the program's name.
func (j *Journal) Expect(patterns []string, match func(pattern, s string) bool) error {
	limit := time.After(journalLimit)
	for {
		j.mu.Lock()
		lines, more := j.lines, j.more
		j.mu.Unlock()
		missing := missing(lines, patterns, match)
		if missing == "" {
			return nil
		}
		select {
		case <-more:
		case <-limit:
			return fmt.Errorf("no line %q in its place in the log:\n%s", missing, strings.Join(lines, "\n"))
		}
	}
}

// missing returns the first pattern that no line matches after the line of the one before it.
func missing(lines, patterns []string, match func(pattern, s string) bool) string {
	for _, line := range lines {
		if len(patterns) == 0 {
			break
		}
		if patterns[0] != "" && patterns[0][0] != '<' {
			_, line, _ = strings.Cut(line, ": ")
		}
		if match(patterns[0], line) {
			patterns = patterns[1:]
		}
	}
	if len(patterns) == 0 {
		return ""
	}
	return patterns[0]
}
