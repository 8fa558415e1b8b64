//go:build oracle

package oracle

import (
	"bytes"
	"errors"
	"flag"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"pureftpd/test/dialogue"
	"pureftpd/test/harness"
)

// The tests need root, and the original:
//
//	go test -tags oracle ./test/oracle/ -original FOLDER
var original = flag.String("original", "", "the `folder` that fetch.sh unpacked the original into")

// A maker is one of the two sets of programs.
type maker struct {
	name              string
	pw, server, authd string // programs
}

// makers returns ours, built for the purpose, and the original.
func makers(t *testing.T) (ours, theirs maker) {
	t.Helper()
	if os.Getuid() != 0 || *original == "" {
		t.Fatal("needs root, and the folder of the original: -original FOLDER")
	}
	dir := t.TempDir()
	build := func(name string) string {
		path, err := harness.Build(dir, name)
		must(t, err)
		return path
	}
	root, err := filepath.Abs(filepath.Join(*original, "root/usr"))
	must(t, err)
	return maker{dialogue.Ours, build("pure-pw"), build("pure-ftpd"), build("pure-authd")},
		maker{dialogue.Original, root + "/bin/pure-pw", root + "/sbin/pure-ftpd", root + "/sbin/pure-authd"}
}

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// run runs pure-pw, with the password secret for whatever it asks, and returns what it prints.
func (m maker) run(t *testing.T, args ...string) string {
	t.Helper()
	var stderr bytes.Buffer
	if m.name == dialogue.Ours {
		args = append(slices.Clone(args), "--quiet") // what other servers of this machine read is of no interest
	}
	cmd := exec.Command(m.pw, args...)
	cmd.Stdin = strings.NewReader("secret\nsecret\n")
	cmd.Stderr = &stderr
	out, err := cmd.Output()
	if err != nil || stderr.Len() > 0 {
		t.Fatalf("pure-pw (%s) %q: %v\n%s", m.name, args, err, &stderr)
	}
	return string(out)
}

// folder makes a place that the users of a server may enter.
func folder(t *testing.T) string {
	t.Helper()
	dir, err := os.MkdirTemp("", "exchange-")
	must(t, err)
	t.Cleanup(func() {
		if err := os.RemoveAll(dir); err != nil {
			t.Error(err)
		}
	})
	for _, name := range []string{"", "/one", "/all", "/moved"} {
		must(t, errors.Join(os.MkdirAll(dir+name, 0o755), os.Chown(dir+name, 2101, 2101)))
	}
	return dir
}

// users makes accounts with everything an account can have, and returns the names of both files.
func (m maker) users(t *testing.T, dir string) (text, database string) {
	t.Helper()
	text, database = filepath.Join(dir, m.name+".passwd"), filepath.Join(dir, m.name+".pdb")
	add := func(login string, args ...string) {
		t.Helper()
		m.run(t, append([]string{"useradd", login, "-f", text, "-u", "2101", "-g", "2101", "-C", "64"}, args...)...)
	}
	add("one", "-d", dir+"/one")
	add("two", "-d", dir+"/one")
	add("all", "-D", dir+"/all", "-c", "All Limits", "-t", "200", "-T", "100", "-n", "3", "-N", "1", "-q", "1", "-Q", "5", "-y", "4",
		"-z", "0000-2359", "-r", "127.0.0.0/8,localhost", "-R", "192.0.2.0/24", "-i", "127.0.0.1", "-I", "192.0.2.1")
	m.run(t, "usermod", "one", "-f", text, "-d", dir+"/moved")
	m.run(t, "usermod", "one", "-f", text, "-n", "1", "-N", "1") // the original keeps no quota of files alone
	m.run(t, "userdel", "two", "-f", text)
	m.run(t, "passwd", "all", "-f", text, "-F", database, "-m")
	return text, database
}

// login is what each of the accounts of users must be able to do, and must not.
const login = `
C: USER one
S: 220 *
S: 331 *
C: PASS secret
S: 230 *
C: PWD
S: 257 "/" *
C: EPSV
S: 229 *
D: open
C: STOR first
S: 150 *
D> x
D: close
S: 226 *
C: EPSV
S: 229 *
D: open
C: STOR second
S: 552 *
C2: USER all
S2: 220 *
S2: 331 *
C2: PASS secret
S2: 230-*1:5*
S2: 230-*3 files*
S2: 230 *1024 *
C2: MKD sub
S2: 257 *
C3: USER all
S3: 220 *
S3: 331 *
C3: PASS wrong
C4: USER two
S4: 220 *
S4: 331 *
C4: PASS secret
S3: 530 *
S4: 530 *
`

// serve starts a server with a source of accounts and logs all of them in.
func (m maker) serve(t *testing.T, ports *harness.Ports, dir, method, path string) {
	t.Helper()
	// The original leaves an empty file of an upload that it refuses.
	for _, name := range []string{"/moved/first", "/moved/second", "/moved/.ftpquota", "/all/sub", "/all/.ftpquota"} {
		must(t, os.RemoveAll(dir+name))
	}
	script, err := dialogue.ParseScript(login)
	must(t, err)
	t.Run(m.name+"-serves-"+method, func(t *testing.T) { // the server ends with it
		s := harness.Start(t, ports, harness.Config{Binary: m.server, Staged: true, Options: []string{"-l", method + ":" + path}})
		if err := dialogue.Play(script.For(m.name), s.Dial, s.Expand); err != nil {
			t.Errorf("%s: %v", path, err)
		}
	})
}

// TestExchange has each side make accounts, and the other one read, index, serve and change them.
func TestExchange(t *testing.T) {
	ours, theirs := makers(t)
	var ports harness.Ports
	for _, test := range []struct{ from, to maker }{{ours, theirs}, {theirs, ours}} {
		t.Run("by-"+test.from.name, func(t *testing.T) {
			t.Parallel() // most of the time goes into the pauses after a wrong password
			dir := folder(t)
			text, database := test.from.users(t, dir)
			same := func(text, database string) {
				t.Helper()
				for _, args := range [][]string{{"list", "x", "-f", text}, {"show", "one", "-f", text}, {"show", "all", "-f", text}} {
					if a, b := test.from.run(t, args...), test.to.run(t, args...); a != b {
						t.Errorf("pure-pw %q prints\n%s\nby %s, and by %s\n%s", args, a, test.from.name, test.to.name, b)
					}
				}
				again := database + ".again"
				test.to.run(t, "mkdb", again, "-f", text)
				a, err := os.ReadFile(database)
				must(t, err)
				b, err := os.ReadFile(again)
				must(t, err)
				if !bytes.Equal(a, b) {
					t.Errorf("%s: the database of %s differs from that of %s", filepath.Base(text), test.from.name, test.to.name)
				}
			}
			same(text, database)
			test.to.serve(t, &ports, dir, "puredb", database)
			test.from.serve(t, &ports, dir, "puredb", database+".again")
			ours.serve(t, &ports, dir, "purepw", text)

			// The other side changes what this one made, and hands it back.
			test.to.run(t, "usermod", "all", "-f", text, "-c", "Changed", "-z", "", "-y", "")
			test.to.run(t, "passwd", "one", "-f", text, "-F", database, "-m", "-C", "64")
			same(text, database)
			test.from.serve(t, &ports, dir, "puredb", database)
		})
	}
}
