//go:build clients

package clients

import (
	"bytes"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// A manner is how a client moves a single file.
type manner int

const (
	whole   manner = iota
	slow           // at slowRate, or the first interruptAt bytes only: to be interrupted
	resumed        // from where an interrupted transfer ended
	lines          // as ASCII (RFC 959, 3.1.1.1)
)

// every returns all manners.
func every() []manner { return []manner{whole, slow, resumed, lines} }

// fast returns the manners of a client that nothing holds up: the test cuts the file to resume.
func fast() []manner { return []manner{whole, resumed, lines} }

const (
	largeSize   = 64 << 20
	resumeSize  = 6 << 20
	slowRate    = 4 << 20 // bytes a second
	interruptAt = 1 << 20
	textLines   = 20000
)

// A transfer is one file that a client is to move.
type transfer struct {
	manner manner
	local  string // on the disk
	remote string // relative to the login's folder
	done   int64  // bytes that an interrupted transfer has moved
}

// A mover is how a client moves single files in one direction. The zero mover moves none.
type mover struct {
	call    func(tr *trip, x transfer) call
	manners []manner
	resumes string // the command that tells, in the transcript, that a resumed transfer goes on
	keepsCR bool   // it leaves lines as they came
}

// An errand is one file's way with one client.
type errand struct {
	*trip
	mover
	transfer
	source string // the file
	target string // what it becomes, on the disk
}

// testLarge moves a file of largeSize.
func (l *lab) testLarge(t *testing.T) {
	l.eachFile(t, whole, noise(rand.NewChaCha8([32]byte{1}), largeSize), func(e *errand) {
		e.run(e.call(e.trip, e.transfer))
	})
}

// testLines moves a text as ASCII. Its lines end with LF alone on both sides.
func (l *lab) testLines(t *testing.T) {
	var text bytes.Buffer
	for i := range textLines {
		fmt.Fprintf(&text, "%d: %s\n", i, strings.Repeat("x", i%60))
	}
	l.eachFile(t, lines, text.Bytes(), func(e *errand) {
		output := e.run(e.call(e.trip, e.transfer))
		end := max(strings.LastIndex(output, "RETR"), strings.LastIndex(output, "STOR"), 0)
		before := output[:end]
		// ASCII is the default (RFC 959, 3.1.1.1), and some clients rely on it.
		if strings.LastIndex(before, "TYPE A") < strings.LastIndex(before, "TYPE I") {
			e.Error("the client asked for binary")
		}
		if e.keepsCR {
			e.dropCR()
		}
	})
}

// dropCR makes LF of the CR LF that must end every line.
func (e *errand) dropCR() {
	e.Helper()
	b := read(e.T, e.target)
	if n := bytes.Count(b, []byte("\r\n")); n != textLines {
		e.Errorf("%d of %d lines end with CR LF", n, textLines)
	}
	write(e.T, e.target, bytes.ReplaceAll(b, []byte("\r\n"), []byte("\n")))
}

// testResume interrupts transfers by killing the client, and lets the next client go on.
func (l *lab) testResume(t *testing.T) {
	l.eachFile(t, resumed, noise(rand.NewChaCha8([32]byte{2}), resumeSize), func(e *errand) {
		if slices.Contains(e.manners, slow) {
			x := e.transfer
			x.manner = slow
			e.interrupt(e.call(e.trip, x), e.target, interruptAt)
		} else {
			write(e.T, e.target, read(e.T, e.source)[:interruptAt])
			e.own(e.T, e.there)
		}
		info, err := os.Stat(e.target)
		if err != nil {
			e.Fatal(err)
		}
		if e.done = info.Size(); e.done >= resumeSize {
			e.Fatalf("nothing is left to resume after %d bytes", e.done)
		}
		if output := e.run(e.call(e.trip, e.transfer)); !strings.Contains(output, e.resumes) {
			e.Errorf("the client did not resume with %s", e.resumes)
		}
	})
}

// eachFile moves a file down and up with every client that knows the manner, and compares it.
func (l *lab) eachFile(t *testing.T, manner manner, data []byte, move func(*errand)) {
	source := filepath.Join(t.TempDir(), "source")
	write(t, source, data)
	want := hash(t, source)
	for _, c := range table() {
		for direction, m := range map[string]mover{"get": c.get, "put": c.put} {
			if !slices.Contains(m.manners, manner) {
				continue
			}
			for _, w := range append([]way{c.way}, c.tls[:min(1, len(c.tls))]...) {
				name := strings.Join([]string{c.name, w.String(), direction}, "/")
				t.Run(name, func(t *testing.T) {
					e := &errand{trip: l.trip(t, w), mover: m, source: source}
					e.manner = manner
					e.travel(direction, move)
					if got := hash(t, e.target); got != want {
						t.Errorf("the file is %s; want %s", got, want)
					}
					e.quiet(t)
				})
			}
		}
	}
}

// travel puts the file where a direction begins, and moves it.
func (e *errand) travel(direction string, move func(*errand)) {
	e.local, e.transfer.remote = filepath.Join(e.dir, "file"), e.remoteFile()
	from, to := filepath.Join(e.there, "file"), e.local
	if direction == "put" {
		from, to = to, from
	}
	link(e.T, e.source, from)
	e.target = to
	move(e)
}

// remoteFile returns the path of the file on the server.
func (e *errand) remoteFile() string { return e.trip.remote + "/file" }
