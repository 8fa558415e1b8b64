//go:build privileged

package main

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
)

// TestIdentity runs the daemon as another user: the socket stays root's, as does all that it made before.
func TestIdentity(t *testing.T) {
	dir := folder(t, `id -u; id -g; id -G; umask; grep -E '^(Cap(Prm|Eff)|Groups)' /proc/self/status`)
	cmd, stderr := begin(t, dir, "-u", "2101", "-g", "2102")
	const none = "0000000000000000"
	want := "2101\n2102\n2102\n0077\nGroups:\t \nCapPrm:\t" + none + "\nCapEff:\t" + none + "\n"
	if got := ask(t, dir, "a"); got != want {
		t.Errorf("the program says %q; want %q", got, want)
	}
	for name, mode := range map[string]os.FileMode{"s": os.ModeSocket | 0o600, "pid": 0o644} {
		info, err := os.Lstat(filepath.Join(dir, name))
		if err != nil {
			t.Fatal(err)
		}
		if uid := info.Sys().(*syscall.Stat_t).Uid; info.Mode() != mode || uid != 0 {
			t.Errorf("%s has mode %v and belongs to %d; want %v and root", name, info.Mode(), uid, mode)
		}
	}
	end(t, cmd, syscall.SIGTERM)
	if stderr.Len() > 0 {
		t.Errorf("standard error: %s", stderr.String())
	}
	again, _ := begin(t, dir) // the files that are left do not matter
	if got := ask(t, dir, "a"); !strings.HasPrefix(got, "0\n0\n0\n") {
		t.Errorf("the program says %q; want it to be root", got)
	}
	end(t, again, syscall.SIGTERM)
}

// TestGroupIsMissing says what the original keeps to itself.
func TestGroupIsMissing(t *testing.T) {
	dir := folder(t, "id -g")
	cmd, stderr := begin(t, dir, "-u", "2101")
	if got := ask(t, dir, "a"); got != "0\n" {
		t.Errorf("the program says %q; want group 0", got)
	}
	end(t, cmd, syscall.SIGTERM)
	if !strings.Contains(stderr.String(), "give a group") {
		t.Errorf("standard error: %s", stderr.String())
	}
}

// TestOnlyRootBecomesAnother starts the daemon as somebody else.
func TestOnlyRootBecomesAnother(t *testing.T) {
	dir := folder(t, "id -u")
	cmd := daemon(t, dir, "-s", "s", "-p", "pid", "-r", "/bin/true", "-u", "2103")
	binary, err := os.ReadFile(cmd.Path)
	if err == nil {
		cmd.Path = filepath.Join(dir, program) // the test program is where only root can go
		err = errors.Join(os.WriteFile(cmd.Path, binary, 0o755), os.Chmod(dir, 0o777))
	}
	if err != nil {
		t.Fatal(err)
	}
	cmd.SysProcAttr = &syscall.SysProcAttr{Credential: &syscall.Credential{Uid: 2101, Gid: 2102}}
	out, err := cmd.CombinedOutput()
	if cmd.ProcessState.ExitCode() != 255 || !strings.Contains(string(out), "only root can become another") {
		t.Errorf("%v: %s", err, out)
	}
	if _, err := os.Lstat(filepath.Join(dir, "s")); err == nil {
		t.Error("the socket is left")
	}
}
