//go:build privileged

package identity

import (
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"syscall"
	"testing"
)

// These tests need root and a binary without cgo:
//
//	CGO_ENABLED=0 go test -tags privileged ./internal/identity

// alone runs body in a process of its own, which the change of identity may spoil. attr says how
// that process starts.
func alone(t *testing.T, attr *syscall.SysProcAttr, body func(t *testing.T)) {
	t.Helper()
	if os.Getenv("IDENTITY_ALONE") == t.Name() {
		body(t)
		return
	}
	cmd := exec.Command("/proc/self/exe", "-test.run=^"+t.Name()+"$", "-test.count=1")
	cmd.Env = append(os.Environ(), "IDENTITY_ALONE="+t.Name())
	cmd.SysProcAttr = attr
	cmd.Dir = "/"
	if out, err := cmd.CombinedOutput(); err != nil {
		t.Errorf("%v\n%s", err, out)
	}
}

// dropped is alone after a successful Drop.
func dropped(t *testing.T, c Config, body func(t *testing.T)) {
	t.Helper()
	alone(t, nil, func(t *testing.T) {
		if err := Drop(c); err != nil {
			t.Fatalf("Drop: %v", err)
		}
		body(t)
		mustRest(t)
	})
}

// mustRest fails unless every thread is at rest.
func mustRest(t *testing.T) {
	t.Helper()
	status, err := ReadStatus()
	if err != nil {
		t.Fatal(err)
	}
	if err := status.AtRest(); err != nil {
		t.Error(err)
	}
}

// open is the folder the tests create files in: writable for everybody.
func open(t *testing.T) string {
	t.Helper()
	dir, err := os.MkdirTemp("/tmp", "identity")
	if err == nil {
		err = os.Chmod(dir, 0o777)
	}
	if err != nil {
		t.Fatal(err)
	}
	return dir
}

// create makes a file that its group may read.
func create(path string) error { return os.WriteFile(path, []byte("x"), 0o640) }

// owner says whose a file is.
func owner(t *testing.T, path string) (uid, gid uint32) {
	t.Helper()
	info, err := os.Lstat(path)
	if err != nil {
		t.Fatal(err)
	}
	stat := info.Sys().(*syscall.Stat_t)
	return stat.Uid, stat.Gid
}

// wantDenied fails unless err is a refusal for lack of permission.
func wantDenied(t *testing.T, what string, err error) {
	t.Helper()
	if !errors.Is(err, os.ErrPermission) {
		t.Errorf("%s: err = %v, want a permission error", what, err)
	}
}

// clean removes the folder of open and the files in it.
func clean(t *testing.T, dir string) {
	t.Helper()
	names, _ := filepath.Glob(filepath.Join(dir, "*"))
	for _, name := range names {
		_ = os.Remove(name)
	}
	_ = os.Remove(dir)
}
