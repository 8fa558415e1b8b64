package main

import (
	"context"
	"fmt"
	"os"
	"strings"
	"testing"

	"pureftpd/internal/quota"
	"pureftpd/internal/rootfs"
)

// homeWith is a directory with three files of 111 bytes in two directories, and a quota file.
func homeWith(t *testing.T, ledger string) string {
	t.Helper()
	dir := t.TempDir()
	must(t, os.MkdirAll(dir+"/d/e", 0o755))
	for name, size := range map[string]int{"/a": 100, "/d/b": 10, "/d/e/.c": 1} {
		must(t, os.WriteFile(dir+name, make([]byte, size), 0o644))
	}
	must(t, os.WriteFile(dir+"/.ftpquota", []byte(ledger), 0o600))
	return dir
}

func ledgerOf(t *testing.T, dir string) string {
	t.Helper()
	text, err := os.ReadFile(dir + "/.ftpquota")
	must(t, err)
	return string(text)
}

func TestRecount(t *testing.T) {
	for _, test := range []struct{ before, told string }{
		{"", "was: 0 files, 0 bytes"},
		{"5 111\n", "was: 5 files, 111 bytes"},
		{"11 3028\n", "was: 11 files, 3028 bytes"},
		{"garbage line longer than the new one", "was: damaged"},
	} {
		for _, verbose := range []bool{false, true} {
			dir := homeWith(t, test.before)
			args, want := []string{"-u", "ann", "-d", dir}, ""
			if verbose {
				args, want = append(args, "--verbose"), dir+": 5 files, 111 bytes ("+test.told+")\n"
			}
			status, stdout, stderr := check(t, t.Context(), args...)
			if status != 0 || stdout != want || stderr != "" || ledgerOf(t, dir) != "5 111\n" {
				t.Errorf("%q: status %d, output %q, %q, ledger %q; want %q", test.before, status, stdout, stderr, ledgerOf(t, dir), want)
			}
		}
	}
}

func TestRelativeDirectory(t *testing.T) {
	dir := homeWith(t, "")
	t.Chdir(dir + "/d")
	if status, _, stderr := check(t, t.Context(), "-u", "ann", "-d", ".."); status != 0 || ledgerOf(t, dir) != "5 111\n" {
		t.Errorf("status %d, %q, ledger %q", status, stderr, ledgerOf(t, dir))
	}
}

func TestModeOfAnExistingLedgerStays(t *testing.T) {
	dir := homeWith(t, "")
	must(t, os.Chmod(dir+"/.ftpquota", 0o644))
	check(t, t.Context(), "-u", "ann", "-d", dir)
	info, err := os.Stat(dir + "/.ftpquota")
	must(t, err)
	if info.Mode() != 0o644 {
		t.Errorf("mode = %v, want 0644", info.Mode())
	}
}

func TestInterruptedCountChangesNothing(t *testing.T) {
	dir := homeWith(t, "11 3028\n")
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	status, _, stderr := check(t, ctx, "-u", "ann", "-d", dir)
	if want := "pure-quotacheck: cannot read all of " + dir + ": Count: context canceled\n"; status != exitTraverse || stderr != want {
		t.Errorf("status %d, %q; want %d, %q", status, stderr, exitTraverse, want)
	}
	if got := ledgerOf(t, dir); got != "11 3028\n" {
		t.Errorf("the ledger says %q, want %q", got, "11 3028\n")
	}
}

// TestOwnerOpensClosedDirectories is about rights that the owner has taken from himself. (Root, should the tests run as
// root, needs no rights, but is given them as well.)
func TestOwnerOpensClosedDirectories(t *testing.T) {
	dir := homeWith(t, "")
	must(t, os.Chmod(dir+"/d/e", 0))
	must(t, os.Chmod(dir+"/d", 0o207))
	root, err := rootfs.NewCache().Open(rootfs.Options{Path: dir})
	must(t, err)
	defer root.Close()
	uid := uint32(os.Geteuid())
	got, err := quota.Count(t.Context(), tree{root, uid}, quota.Watch{})
	if want := (quota.Usage{Files: 5, Bytes: 111}); got != want || err != nil {
		t.Errorf("Count = %v, %v; want %v", got, err, want)
	}
	for name, want := range map[string]os.FileMode{"/d": 0o707, "/d/e": 0o500} {
		info, err := os.Stat(dir + name)
		must(t, err)
		if got := info.Mode().Perm(); got != want {
			t.Errorf("%s has the mode %o, want %o", name, got, want)
		}
	}
	must(t, os.Chmod(dir+"/d/e", 0o311))
	must(t, tree{root, uid + 1}.open("/d/e", 0o500)) // somebody else's
	info, err := os.Stat(dir + "/d/e")
	must(t, err)
	if got := info.Mode().Perm(); got != 0o311 {
		t.Errorf("a directory of another owner has the mode %o now, want 311", got)
	}
	must(t, os.Chmod(dir+"/d/e", 0o700)) // so that the test's directory can be removed
}

func TestNumber(t *testing.T) {
	for text, want := range map[string]int{
		"1": 1, "4294967294": 4294967294, "0": 0, "": 0, "-1": 0, "+1": 0, "1x": 0, "4294967295": 0, "4294967296": 0, " 1": 0,
	} {
		if got := number(text); got != want {
			t.Errorf("number(%q) = %d, want %d", text, got, want)
		}
	}
}

func TestGroups(t *testing.T) {
	for _, test := range []struct {
		args string
		want string
	}{
		{"-u ann -d /", "[1002 1003]"},
		{"-u ann -g 7 -d /", "[7 1002 1003]"},
		{"-g staff -u ann -d /", "[1003 1002]"},
		{"-g 0 -u ann -d /", "[1002 1003]"},
		{"-u 1001 -g 7 -d /", "[7 1002 1003]"},
	} {
		r, err := parse(strings.Fields(test.args))
		must(t, err)
		o, err := fakeUsers().owner(r)
		must(t, err)
		groups, err := fakeUsers().groupsOf(o)
		if got := fmt.Sprint(groups); got != test.want || err != nil {
			t.Errorf("%s: groups %s, %v; want %s", test.args, got, err, test.want)
		}
	}
	if groups, err := fakeUsers().groupsOf(owner{uid: 2999, gid: 1}); err == nil {
		t.Errorf("a uid that nobody has is in the groups %v", groups)
	}
}
