//go:build privileged

package main

import (
	"cmp"
	"errors"
	"flag"
	"fmt"
	"os"
	"os/exec"
	"os/user"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"syscall"
	"testing"
)

// These tests need root, a binary without cgo, and the user games, which Debian has:
//
//	CGO_ENABLED=0 go test -tags privileged ./cmd/pure-quotacheck
const someone = "games"

var oracle = flag.String("oracle", "", "run the original for TestLikeTheOriginal: the `program` of its package")

// program runs the program in a process of its own.
func program(t *testing.T, dir string, args ...string) (status int, output string) {
	t.Helper()
	return execute(t, "/proc/self/exe", dir, args)
}

// execute runs a program as pure-quotacheck.
func execute(t *testing.T, path, dir string, args []string) (status int, output string) {
	t.Helper()
	cmd := exec.Command(path, args...)
	cmd.Args[0] = "pure-quotacheck"
	cmd.Env = append(os.Environ(), asProgram+"=1")
	cmd.Dir = dir
	out, err := cmd.CombinedOutput()
	var exit *exec.ExitError
	if err != nil && !errors.As(err, &exit) {
		t.Fatal(err)
	}
	return cmd.ProcessState.ExitCode(), string(out)
}

// ids are the numbers of the user someone.
func ids(t *testing.T) (uid, gid int) {
	t.Helper()
	entry, err := user.Lookup(someone)
	must(t, err)
	return number(entry.Uid), number(entry.Gid)
}

// give makes someone the owner of a tree.
func give(t *testing.T, dir string) {
	t.Helper()
	uid, gid := ids(t)
	must(t, filepath.WalkDir(dir, func(path string, _ os.DirEntry, err error) error {
		return errors.Join(err, os.Lchown(path, uid, gid))
	}))
}

// originalTree is the tree on which the original was run for testdata/quotacheck.out.
func originalTree(t *testing.T) string {
	t.Helper()
	d := t.TempDir()
	for _, name := range []string{"a/b", "a/q", ".hid", "noaccess"} {
		must(t, os.MkdirAll(d+"/"+name, 0o755))
	}
	for name, size := range map[string]int{
		"f1": 1000, "a/f2": 24, "a/b/.dot": 1, "empty": 0, "a/q/.ftpquota": 7, "noaccess/x": 100,
		"a/.pureftpd-upload.1.2.3.4": 3,
	} {
		must(t, os.WriteFile(d+"/"+name, make([]byte, size), 0o644))
	}
	must(t, os.Link(d+"/f1", d+"/hard"))
	for name, target := range map[string]string{"sym": "f1", "symdir": "a", "out": "/etc/passwd", "dangling": "nowhere"} {
		must(t, os.Symlink(target, d+"/"+name))
	}
	must(t, syscall.Mkfifo(d+"/fifo", 0o644))
	must(t, syscall.Mknod(d+"/dev", syscall.S_IFCHR|0o644, 1<<8|3))
	give(t, d)
	must(t, os.Chmod(d+"/noaccess", 0))
	must(t, os.Chmod(d, 0o500))
	return d
}

// A step is one run in the transcript of the original.
type step struct {
	args, output string
	status       int
	after        []string // lines that describe the tree afterwards
}

func transcript(t *testing.T, dir string) (steps []step) {
	t.Helper()
	text, err := os.ReadFile("testdata/quotacheck.out")
	must(t, err)
	uid, gid := ids(t)
	all := strings.NewReplacer("-u 2001", fmt.Sprint("-u ", uid), "-g 2001", fmt.Sprint("-g ", gid), "ftpuser", someone,
		"DIR", dir, "\n[usage text on stdout]\n", help).Replace(string(text))
	for part := range strings.SplitSeq(all, "$ pure-quotacheck ") {
		args, rest, _ := strings.Cut(part, "\n")
		output, rest, ok := strings.Cut(rest, "[rc=")
		if !ok {
			continue
		}
		status, after, _ := strings.Cut(rest, "]\n")
		n, err := strconv.Atoi(status)
		must(t, err)
		steps = append(steps, step{args, output, n, strings.Split(after, "\n")})
	}
	return steps
}

// TestLikeTheOriginal replays what the original was seen to do, run for run: with ours, or with the original itself.
func TestLikeTheOriginal(t *testing.T) {
	d := originalTree(t)
	uid, gid := ids(t)
	e := d + "/e"
	before := map[int]func(){ // what was done to the tree before a run
		2: func() { must(t, os.WriteFile(d+"/.ftpquota", []byte("garbage line longer than the new one"), 0o600)) },
		17: func() {
			must(t, errors.Join(os.Remove(d+"/.ftpquota"), os.Symlink("/tmp/zzz", d+"/.ftpquota")))
		},
		18: func() { must(t, errors.Join(os.Remove(d+"/.ftpquota"), os.Mkdir(e, 0o755))) },
		19: func() { must(t, os.Chown(e, uid, gid)) },
		20: func() {
			must(t, errors.Join(os.Mkdir(e+"/l", 0o755), os.Symlink("../../e", e+"/l/loop"), os.Symlink(".", e+"/self")))
			give(t, e)
		},
	}
	steps := transcript(t, d)
	if len(steps) != 21 {
		t.Fatalf("the transcript has %d runs, want 21", len(steps))
	}
	usage := regexp.MustCompile(`^\d+ \d+$`)
	// The transcript is of 1.0.54. 1.0.50, which Debian has, passes over a directory that the user may not read.
	before1054 := map[string]string{"13 3128": "11 3028"}
	noAccess := os.FileMode(0o500)
	if *oracle != "" {
		noAccess = 0
	}
	for i, s := range steps {
		if prepare := before[i]; prepare != nil {
			prepare()
		}
		status, output := execute(t, cmp.Or(*oracle, "/proc/self/exe"), "/", strings.Fields(s.args))
		if status != s.status || (output == "") != (s.output == "") {
			t.Errorf("run %d, %s: status %d, output\n%s; want %d and, in other words,\n%s", i, s.args, status, output, s.status, s.output)
		}
		if usage.MatchString(s.after[0]) {
			dir := s.args[strings.LastIndexByte(s.args, ' ')+1:]
			want := s.after[0]
			if old, differs := before1054[want]; differs && *oracle != "" {
				want = old
			}
			if got := ledgerOf(t, dir); got != want+"\n" {
				t.Errorf("run %d, %s: the ledger says %q, want %q", i, s.args, got, want)
			}
		}
	}
	wantFile(t, e+"/.ftpquota", 0o600, uid, gid)
	wantFile(t, d+"/noaccess", os.ModeDir|noAccess, uid, gid)
	wantFile(t, d, os.ModeDir|0o700, uid, gid)
}

// wantFile checks mode and owner of a file.
func wantFile(t *testing.T, path string, mode os.FileMode, uid, gid int) {
	t.Helper()
	info, err := os.Lstat(path)
	must(t, err)
	stat := info.Sys().(*syscall.Stat_t)
	if info.Mode() != mode || int(stat.Uid) != uid || int(stat.Gid) != gid {
		t.Errorf("%s: %v, owner %d:%d; want %v, %d:%d", path, info.Mode(), stat.Uid, stat.Gid, mode, uid, gid)
	}
}

func TestCountsWithTheRightsOfTheUser(t *testing.T) {
	d := homeWith(t, "")
	give(t, d)
	must(t, os.Chown(d+"/d", 0, 0)) // root's, and closed: it is there, but what is in it cannot be seen
	must(t, os.Chmod(d+"/d", 0o700))
	status, output := program(t, "/", "-u", someone, "-d", d)
	if want := "pure-quotacheck: /d is not counted: Permission denied\n"; status != 0 || output != want {
		t.Errorf("status %d, %q; want 0, %q", status, output, want)
	}
	if got := ledgerOf(t, d); got != "2 100\n" {
		t.Errorf("the ledger says %q, want %q", got, "2 100\n")
	}
	wantFile(t, d+"/d", os.ModeDir|0o700, 0, 0)
}

func TestForeignHome(t *testing.T) {
	d := homeWith(t, "7 7\n")
	must(t, os.Chmod(d, 0o700))
	status, output := program(t, "/", "-u", someone, "-d", d)
	if want := "pure-quotacheck: cannot read all of " + d + ": Permission denied\n"; status != exitTraverse || output != want {
		t.Errorf("closed: status %d, %q; want %d, %q", status, output, exitTraverse, want)
	}
	must(t, os.Chmod(d, 0o755))
	status, output = program(t, "/", "-u", someone, "-d", d)
	want := "pure-quotacheck: cannot write .ftpquota: Permission denied\n"
	if status != exitWrite || output != want {
		t.Errorf("open: status %d, %q; want %d, %q", status, output, exitWrite, want)
	}
	if got := ledgerOf(t, d); got != "7 7\n" {
		t.Errorf("the ledger says %q, want %q", got, "7 7\n")
	}
}

func TestGroupOfTheCommandLine(t *testing.T) {
	uid, _ := ids(t)
	for _, args := range [][]string{{"-g", "daemon", "-u", someone}, {"-u", someone, "-g", "1"}} {
		d := t.TempDir()
		give(t, d)
		if status, output := program(t, d, append(args, "-d", ".")...); status != 0 || output != "" {
			t.Errorf("%q: status %d, %q", args, status, output)
		}
		wantFile(t, d+"/.ftpquota", 0o600, uid, 1)
	}
}

func TestNothingOfRootIsLeft(t *testing.T) {
	if os.Getenv(asProgram+"_BECOME") == "" {
		cmd := exec.Command("/proc/self/exe", "-test.run=^TestNothingOfRootIsLeft$", "-test.count=1")
		cmd.Env = append(os.Environ(), asProgram+"_BECOME=1")
		cmd.Dir = "/"
		if out, err := cmd.CombinedOutput(); err != nil {
			t.Errorf("%v\n%s", err, out)
		}
		return
	}
	uid, gid := ids(t)
	must(t, owner{uid: uid, gid: gid}.become([]int{gid, 1}))
	threads, err := filepath.Glob("/proc/self/task/*/status")
	must(t, err)
	if len(threads) < 2 {
		t.Errorf("only %d threads", len(threads))
	}
	for _, thread := range threads {
		status, err := os.ReadFile(thread)
		must(t, err)
		for _, want := range []string{
			fmt.Sprintf("Uid:\t%[1]d\t%[1]d\t%[1]d\t%[1]d\n", uid), fmt.Sprintf("Gid:\t%[1]d\t%[1]d\t%[1]d\t%[1]d\n", gid),
			fmt.Sprintf("Groups:\t1 %d \n", gid), "CapPrm:\t0000000000000000\n", "CapEff:\t0000000000000000\n",
		} {
			if !strings.Contains(string(status), want) {
				t.Errorf("%s does not say %q:\n%s", thread, want, status)
			}
		}
	}
}
