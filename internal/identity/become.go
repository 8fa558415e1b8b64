package identity

import (
	"fmt"
	"syscall"
)

// Become makes the whole process, and so the programs it runs, a user and a group for good, with no other group and, if the user
// is not root, no capability. It is for daemons that act as one user only; they do not call Drop.
func Become(uid, gid int) error {
	for _, step := range []struct {
		name string
		run  func() error
	}{
		{"setgroups", func() error { return syscall.Setgroups(nil) }},
		{"setresgid", func() error { return syscall.Setresgid(gid, gid, gid) }},
		{"setresuid", func() error { return syscall.Setresuid(uid, uid, uid) }},
	} {
		if err := step.run(); err != nil {
			return fmt.Errorf("become user %d, group %d: %s: %w", uid, gid, step.name, err)
		}
	}
	return nil
}
