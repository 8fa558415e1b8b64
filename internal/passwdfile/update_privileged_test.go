//go:build privileged

package passwdfile

import (
	"os"
	"path/filepath"
	"syscall"
	"testing"
)

func TestUpdateKeepsOwner(t *testing.T) {
	path := filepath.Join(t.TempDir(), "users")
	write(t, path, "a\n")
	if err := os.Chown(path, 2001, 2002); err != nil {
		t.Fatal(err)
	}
	if err := Update(path, appendText("b\n")); err != nil {
		t.Fatalf("Update = %v", err)
	}
	info, err := os.Stat(path)
	if err != nil {
		t.Fatal(err)
	}
	if got := info.Sys().(*syscall.Stat_t); got.Uid != 2001 || got.Gid != 2002 {
		t.Errorf("owner after Update = %d:%d; want 2001:2002", got.Uid, got.Gid)
	}
}
