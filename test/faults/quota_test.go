//go:build privileged

package faults

import (
	"errors"
	"fmt"
	"io/fs"
	"math"
	"math/rand/v2"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"pureftpd/test/harness"
)

// The quota and the ratio of the user whose sessions the tests let loose.
const (
	mostFiles = 14
	mostBytes = 150_000
	mostPart  = 40_000 // bytes of one upload
	ratioUp   = 2
	ratioDown = 3
)

// limited is a line of a passwd file for a user with a quota and a ratio.
func limited(home string) string {
	return fmt.Sprintf("%s:%s:%d:%d::%s/./:::%d:%d::%d:%d:::::\n",
		user, password, userID, userID, home, ratioUp, ratioDown, mostFiles, mostBytes)
}

// testQuota lets many sessions of one user do what they like, and counts afterwards.
func testQuota(t *testing.T, l *lab) {
	check, err := harness.Build(folder(t), "pure-quotacheck")
	if err != nil {
		t.Fatal(err)
	}
	t.Run("in turn", func(t *testing.T) { testQuotaInTurn(t, l) })
	for _, options := range [][]string{nil, {"-0"}, {"-r"}, {"-0", "-r"}} {
		name := strings.Join(options, " ")
		t.Run("at once "+name, func(t *testing.T) { testQuotaAtOnce(t, l, options) })
		t.Run("killed "+name, func(t *testing.T) { testQuotaKilled(t, l, options, check) })
	}
}

// pool are the names that sessions quarrel about.
func pool() []string { return []string{"a", "b", "c", "d", "e", "f", "g", "h", "d/a", "d/b"} }

// A step is one thing a session does.
type step struct {
	verb   string
	name   string
	to     string // of a rename
	size   int    // of an upload
	offset int    // its restart marker
}

func anyStep(r *rand.Rand) step {
	names := pool()
	verbs := []string{"STOR", "STOR", "STOR", "STOR", "APPE", "APPE", "REST", "RETR", "DELE", "DELE", "MKD", "RMD", "RNFR"}
	s := step{verb: verbs[r.IntN(len(verbs))], name: names[r.IntN(len(names))], to: names[r.IntN(len(names))]}
	s.size = r.IntN(mostPart)
	if r.IntN(8) == 0 {
		s.size = 0
	}
	s.offset = r.IntN(mostPart / 2)
	return s
}

// take does the step and returns the code of the last reply.
func (c *client) take(s step) (int, error) {
	content := make([]byte, s.size)
	switch s.verb {
	case "STOR", "APPE":
		r, err := c.put(s.verb+" "+s.name, content)
		return r.code, err
	case "REST":
		if err := c.want(350, "REST "+strconv.Itoa(s.offset)); err != nil {
			return 0, err
		}
		r, err := c.put("STOR "+s.name, content)
		return r.code, err
	case "RETR":
		_, r, err := c.get("RETR " + s.name)
		return r.code, err
	case "RNFR":
		r, err := c.do("RNFR " + s.name)
		if err != nil || r.code != 350 {
			return r.code, err
		}
		r, err = c.do("RNTO " + s.to)
		return r.code, err
	}
	r, err := c.do(s.verb + " " + s.name)
	return r.code, err
}

// A ledger is the model: what is in the home, and what the replies must be. Directories have the size -1.
type ledger map[string]int

// purse is what one session may still download.
type purse struct{ up, down int }

func (l ledger) used() (files, bytes int) {
	for _, size := range l {
		files++
		bytes += max(size, 0)
	}
	return files, bytes
}

func (l ledger) isDir(name string) bool { size, ok := l[name]; return ok && size < 0 }

// reachable reports whether the parent of a name is a directory.
func (l ledger) reachable(name string) bool {
	dir, _, nested := strings.Cut(name, "/")
	return !nested || l.isDir(dir)
}

// play predicts the code of a step's last reply and does it to the model.
func (l ledger) play(s step, p *purse) int {
	size, exists := l[s.name]
	switch s.verb {
	case "STOR":
		return l.store(s.name, 0, s.size, p)
	case "APPE":
		code := l.store(s.name, max(size, 0), s.size, p)
		if code == 552 && exists {
			l[s.name] = size
		}
		return code
	case "REST":
		return l.store(s.name, min(s.offset, max(size, 0)), s.size, p)
	case "RETR":
		if !exists || size < 0 || (p.down+size)/ratioDown > p.up/ratioUp {
			return 550
		}
		p.down += size
		return 226
	case "DELE":
		if !exists || size < 0 {
			return 550
		}
		delete(l, s.name)
		return 250
	case "MKD":
		if files, _ := l.used(); files >= mostFiles {
			return 552
		}
		if exists || !l.reachable(s.name) {
			return 550
		}
		l[s.name] = -1
		return 257
	case "RMD":
		if !exists || size >= 0 || l.holds(s.name) {
			return 550
		}
		delete(l, s.name)
		return 250
	}
	return l.rename(s.name, s.to)
}

// holds reports whether a directory is not empty.
func (l ledger) holds(dir string) bool {
	for name := range l {
		if strings.HasPrefix(name, dir+"/") {
			return true
		}
	}
	return false
}

// store is an upload that begins at an offset of what is there.
func (l ledger) store(name string, offset, size int, p *purse) int {
	old, exists := l[name]
	files, bytes := l.used()
	switch {
	case !exists && files >= mostFiles:
		return 552
	case exists && old < 0 || !l.reachable(name):
		return 553
	}
	if bytes-max(old, 0)+offset+size > mostBytes {
		delete(l, name)
		if offset > 0 {
			l[name] = offset
		}
		return 552
	}
	l[name] = offset + size
	p.up += size
	return 226
}

func (l ledger) rename(from, to string) int {
	size, exists := l[from]
	target, taken := l[to]
	switch {
	case !exists:
		return 550
	case from == to:
		return 250
	case !l.reachable(to), strings.HasPrefix(to, from+"/"):
		return 451
	case taken && (size < 0) != (target < 0):
		return 451
	case taken && target < 0 && l.holds(to):
		return 451
	}
	delete(l, from)
	l[to] = size
	for name, n := range l {
		if rest, ok := strings.CutPrefix(name, from+"/"); ok && size < 0 {
			delete(l, name)
			l[to+"/"+rest] = n
		}
	}
	return 250
}

// testQuotaInTurn compares random steps of several sessions with the model, reply by reply.
func testQuotaInTurn(t *testing.T, l *lab) {
	home := folder(t) + "/home"
	s := l.startFor(t, home, limited(home))
	seed := rand.Uint64()
	r := rand.New(rand.NewPCG(seed, 1))
	var sessions [4]*client
	var purses [4]purse
	for i := range sessions {
		sessions[i] = s.login(t)
	}
	model := ledger{}
	for n := range 600 {
		i := r.IntN(len(sessions))
		step := anyStep(r)
		before, money := fmt.Sprint(model), purses[i]
		want := model.play(step, &purses[i])
		got, err := sessions[i].take(step)
		if err != nil || got != want {
			t.Fatalf("seed %d, step %d: %+v answered %d, %v; want %d, with %s and %+v", seed, n, step, got, err, want, before, money)
		}
		files, bytes := model.used()
		if got, want := s.booked(t), (books{files, bytes}); got != want {
			t.Fatalf("seed %d, step %d: after %+v (%d) the books say %+v, want %+v; before it %s", seed, n, step, want, got, want, before)
		}
	}
	if got, want := s.recount(t), s.booked(t); got != want {
		t.Errorf("seed %d: there are %+v, the books say %+v", seed, got, want)
	}
}

// books are what .ftpquota says.
type books struct{ files, bytes int }

// booked reads .ftpquota.
func (s *site) booked(t *testing.T) books {
	t.Helper()
	text, err := os.ReadFile(s.path(".ftpquota"))
	if err != nil {
		t.Fatal(err)
	}
	var b books
	if len(text) > 0 {
		if _, err := fmt.Sscanf(string(text), "%d %d\n", &b.files, &b.bytes); err != nil {
			t.Fatalf(".ftpquota holds %q: %v", text, err)
		}
	}
	return b
}

// recount counts what there is.
func (s *site) recount(t *testing.T) books {
	t.Helper()
	var b books
	err := filepath.WalkDir(s.home, func(path string, d fs.DirEntry, err error) error {
		if err != nil || path == s.home || d.Name() == ".ftpquota" {
			return err
		}
		b.files++
		if info, err := d.Info(); err == nil && !d.IsDir() {
			b.bytes += int(info.Size())
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return b
}

// riot lets sessions do steps until each has done its number or the server is gone. Some uploads are broken off.
func (s *site) riot(seed uint64, sessions, steps int) error {
	var running sync.WaitGroup
	errs := make([]error, sessions)
	for i := range sessions {
		r := rand.New(rand.NewPCG(seed, uint64(i)))
		running.Go(func() { errs[i] = s.rage(r, steps) })
	}
	running.Wait()
	return errors.Join(errs...)
}

// rage is one session of a riot. A step may fail as it likes; an error is a session that ended.
func (s *site) rage(r *rand.Rand, steps int) error {
	c, err := s.enter("127.0.0.1")
	if err != nil {
		return err
	}
	defer c.conn.Close()
	for range steps {
		step := anyStep(r)
		if step.verb == "APPE" && r.IntN(3) == 0 {
			err = c.breakOff("STOR "+step.name, step.size)
		} else {
			_, err = c.take(step)
		}
		if err != nil {
			return err
		}
	}
	return c.want(221, "QUIT")
}

// breakOff begins an upload and resets its connection.
func (c *client) breakOff(command string, size int) error {
	data, _, err := c.open(command)
	if data == nil {
		return err
	}
	_, _ = data.Write(make([]byte, size)) // the reply tells
	_ = data.SetLinger(0)
	_ = data.Close()
	_, err = c.read()
	return err
}

// testQuotaAtOnce lets ten sessions loose at the same names and compares the books with what there is. Meanwhile the books must
// never say more than is allowed; with -0 what is about to be replaced comes on top.
func testQuotaAtOnce(t *testing.T, l *lab, options []string) {
	home := folder(t) + "/home"
	s := l.startFor(t, home, limited(home), options...)
	seed := rand.Uint64()
	done := make(chan error, 1)
	go func() { done <- s.riot(seed, 10, 60) }()
	tick := time.NewTicker(time.Millisecond)
	defer tick.Stop()
	for running := true; running; {
		select {
		case err := <-done:
			if err != nil {
				t.Fatalf("seed %d: %v", seed, err)
			}
			running = false
		case <-tick.C:
			text, err := os.ReadFile(s.path(".ftpquota"))
			var b books
			if n, _ := fmt.Sscanf(string(text), "%d %d\n", &b.files, &b.bytes); err == nil && n == 2 &&
				!has(options, "-0") && (b.files > mostFiles || b.bytes > mostBytes) {
				t.Errorf("seed %d: the books say %+v", seed, b)
			}
		}
	}
	got, want := s.recount(t), s.booked(t)
	if got != want {
		t.Errorf("seed %d: there are %+v, the books say %+v", seed, got, want)
	}
	if got.files > mostFiles || got.bytes > mostBytes {
		t.Errorf("seed %d: there are %+v, more than allowed", seed, got)
	}
	if left := s.temps(t); len(left) > 0 {
		t.Errorf("seed %d: temporary files %q are left", seed, left)
	}
}

// testQuotaKilled kills the server in the middle of a riot: the books may be wrong by what each session was doing, no more,
// and pure-quotacheck puts them right.
func testQuotaKilled(t *testing.T, l *lab, options []string, check string) {
	const sessions = 5
	for range 4 {
		home := folder(t) + "/home"
		s := l.startFor(t, home, limited(home), options...)
		seed := rand.Uint64()
		done := make(chan error, 1)
		go func() { done <- s.riot(seed, sessions, math.MaxInt) }() // until the server is gone
		for begun := time.Now(); time.Since(begun) < time.Minute; time.Sleep(time.Millisecond) {
			if _, err := os.Stat(home + "/.ftpquota"); err == nil { // somebody has logged in
				break
			}
		}
		<-time.After(time.Duration(50+rand.IntN(400)) * time.Millisecond) // any moment will do
		s.kill(t)
		if err := <-done; err == nil || errors.As(err, new(net.Error)) && strings.Contains(err.Error(), "timeout") {
			t.Errorf("seed %d: the sessions of the killed server ended with %v", seed, err)
		}
		there, booked := s.recount(t), s.booked(t)
		if abs(there.files-booked.files) > sessions || abs(there.bytes-booked.bytes) > sessions*3*mostPart {
			t.Errorf("seed %d: there are %+v, the books say %+v", seed, there, booked)
		}
		cmd := exec.Command(check, "-u", strconv.Itoa(userID), "-g", strconv.Itoa(userID), "-d", home)
		cmd.SysProcAttr = &syscall.SysProcAttr{Credential: &syscall.Credential{Uid: userID, Gid: userID}}
		if out, err := cmd.CombinedOutput(); err != nil || len(out) > 0 {
			t.Errorf("pure-quotacheck: %v, %q", err, out)
		}
		if booked := s.booked(t); booked != there {
			t.Errorf("seed %d: pure-quotacheck finds %+v where there are %+v", seed, booked, there)
		}
	}
}

func abs(n int) int { return max(n, -n) }
