//go:build privileged

package faults

import (
	"bytes"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
)

// plant makes what lies in the root, anew.
func (c *canary) plant(t *testing.T) {
	t.Helper()
	entries, err := os.ReadDir(c.root)
	if err != nil {
		t.Fatal(err)
	}
	for _, e := range entries {
		if err := os.RemoveAll(filepath.Join(c.root, e.Name())); err != nil {
			t.Fatal(err)
		}
	}
	for _, l := range c.links() {
		path := filepath.Join(c.root, l.name)
		if l.to == "" {
			err = os.Mkdir(path, 0o755)
		} else {
			err = os.Symlink(l.to, path)
		}
		if err := errors.Join(err, os.Lchown(path, userID, userID)); err != nil {
			t.Fatal(err)
		}
	}
	write(t, filepath.Join(c.root, "own.txt"), []byte("my own"))
	mkdir(t, filepath.Join(c.root, "owndir"))
}

// run sends one line of a probe, and returns all that came back.
func (c *client) run(line string) (string, error) {
	if command, ok := strings.CutSuffix(line, " >"); ok {
		got, r, err := c.get(command)
		return string(got) + r.text, err
	}
	if command, ok := strings.CutSuffix(line, " <"); ok {
		r, err := c.put(command, []byte("an intruder"))
		return r.text, err
	}
	r, err := c.do(line)
	if err == nil && strings.Contains(line, "\n") { // two lines have two replies
		var second reply
		second, err = c.read()
		r.text += second.text
	}
	return r.text, err
}

// fits reports whether a probe makes sense with a name: a line end within it makes two commands of it, and a
// transfer's reply would be taken for the other's.
func fits(line, name string) bool {
	return !strings.Contains(name, "\n") || !strings.HasSuffix(line, ">") && !strings.HasSuffix(line, "<")
}

// testEscapes goes through all commands with all names, for each kind of root and of upload.
func testEscapes(t *testing.T, l *lab) {
	for _, test := range []struct {
		name    string
		home    string // behind the path of the root
		options []string
		only    kind // of the probes
	}{
		{"home with a root", "/./", nil, 0},
		{"-A", "", []string{"-A"}, 0},
		{"-A -0", "/./", []string{"-A", "-0"}, uploads},
		{"-r", "/./", []string{"-r"}, uploads},
	} {
		t.Run(test.name, func(t *testing.T) {
			c := newCanary(t)
			users := fmt.Sprintf("%s:%s:%d:%d::%s%s::::::::::::\n", user, password, userID, userID, c.root, test.home)
			s := l.startFor(t, c.root, users, append(test.options, "-f", "none")...)
			c.probe(t, s.login(t), test.only)
		})
	}
	t.Run("no root", func(t *testing.T) { testControl(t, l) })
}

// probe runs the probes of a kind in one session. It looks at the outside after each that may change something.
func (c *canary) probe(t *testing.T, in *client, only kind) {
	for _, p := range probes() {
		if p.kind&only != only {
			continue
		}
		targets := c.files()
		if p.kind&folders != 0 {
			targets = append(targets, c.folders()...)
		}
		c.plant(t)
		for _, target := range targets {
			c.try(t, in, p, target)
			if p.kind&reads == 0 {
				c.intact(t, p.name+" "+target)
				c.plant(t)
			}
			in.expect(t, 250, "CWD /") // failed ones in a row would end the session
		}
		c.intact(t, p.name)
	}
	c.sameContent(t)
	in.alive(t)
}

// try runs the commands of a probe with one name.
func (c *canary) try(t *testing.T, in *client, p probe, target string) {
	t.Helper()
	for _, line := range p.commands {
		if !fits(line, target) {
			continue
		}
		line = strings.ReplaceAll(line, "%s", target)
		text, err := in.run(line)
		if err != nil {
			t.Fatalf("%.150q: %v", line, err)
		}
		silent(t, line, strings.ReplaceAll(text, target, ""))
	}
}

// sameContent checks the files outside byte for byte.
func (c *canary) sameContent(t *testing.T) {
	t.Helper()
	want := bytes.Repeat([]byte(canarySecret), canarySize/len(canarySecret)+1)[:canarySize]
	for _, name := range []string{"prey.txt", canaryMarker, "sub/prey.txt"} {
		holds(t, filepath.Join(c.top, "outside", name), want)
	}
}

// testControl proves that the prey can be reached: without a root, and by the names that are real.
func testControl(t *testing.T, l *lab) {
	c := newCanary(t)
	c.plant(t)
	users := fmt.Sprintf("%s:%s:%d:%d::%s::::::::::::\n", user, password, userID, userID, c.root)
	in := l.startFor(t, c.root, users).login(t)
	for _, line := range []string{
		"RETR ../../outside/prey.txt >", "RETR fileabs >", "SIZE filenested", "MDTM filerel", "LIST abs/ >", "LIST rel/* >",
		"MLSD nested >", "LIST -R via/ >", "STAT far/", "MLSD sub/deep/rel >", "MLSD up2/outside >", "LIST dots/ >",
		"MLSD slash" + c.top + "/outside >", "NLST twin >",
	} {
		if text, err := in.run(line); err != nil || tells(text) == "" {
			t.Errorf("without a root %q does not tell of the prey: %.200q, %v", line, text, err)
		}
	}
	in.expect(t, 550, "SITE CHMOD 600 missing")
	in.expect(t, 200, "SITE CHMOD 600 fileabs")
	if c.look(t)[filepath.Join(c.top, "outside", "prey.txt")] == c.before[filepath.Join(c.top, "outside", "prey.txt")] {
		t.Error("the canary does not notice a chmod")
	}
}

// testProc puts the proc file system into the root. Its links lead from any process to any place.
func testProc(t *testing.T, l *lab) {
	c := newCanary(t)
	c.plant(t)
	proc := filepath.Join(c.root, "proc")
	mount(t, "proc", proc, "")
	s := l.start(t, c.root)
	in := s.login(t)
	outside := filepath.Join(c.top, "outside")
	var doors []string
	for _, door := range []string{"proc/self", "proc/thread-self", "proc/1", fmt.Sprintf("proc/%d", s.pid)} {
		doors = append(doors, door+"/root"+outside, door+"/cwd/.."+outside, door+"/cwd"+outside, "/"+door+"/root/"+outside)
		for fd := range 12 {
			doors = append(doors, fmt.Sprintf("%s/fd/%d/../../outside", door, fd), fmt.Sprintf("%s/fd/%d", door, fd))
		}
	}
	for _, door := range append(doors, "self"+outside, "fds/5/../../outside") {
		for _, form := range []string{
			"CWD %s", "RETR %s/prey.txt >", "STOR %s/prey.txt <", "STOR %s/new.txt <", "DELE %s/prey.txt", "MKD %s/made",
			"SIZE %s/prey.txt", "MLSD %s >", "LIST %s/ >", "SITE CHMOD 700 %s/prey.txt", "MFMT 20200101000000 %s/prey.txt",
		} {
			line := strings.ReplaceAll(form, "%s", door)
			text, err := in.run(line)
			if err != nil {
				t.Fatalf("%q: %v", line, err)
			}
			silent(t, line, text)
		}
		c.intact(t, door)
		in.expect(t, 250, "CWD /")
	}
	for _, name := range []string{"proc/self/environ", "proc/self/maps", "proc/self/status", "proc/1/status", "proc/version"} {
		if got, r, err := in.get("RETR " + name); err != nil || r.ok() || len(got) > 0 {
			t.Errorf("RETR %s: %d bytes, %q, %v; want a refusal", name, len(got), r, err)
		}
	}
	in.alive(t)
}

// mount puts a file system into a folder, which is made, until the test ends.
func mount(t *testing.T, kind, dir, options string) {
	t.Helper()
	if err := os.MkdirAll(dir, 0o755); err != nil {
		t.Fatal(err)
	}
	if err := syscall.Mount("none", dir, kind, syscall.MS_NOSUID|syscall.MS_NODEV, options); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := syscall.Unmount(dir, 0); err != nil {
			t.Errorf("unmount %s: %v", dir, err)
			syscall.Unmount(dir, syscall.MNT_DETACH)
		}
	})
}
