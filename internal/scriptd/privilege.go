package scriptd

import (
	"errors"
	"fmt"
	"syscall"
)

// become makes the process, and so the programs it runs, the user and group of -u and -g; root's default is root, with no
// other group. Who is not root can only stay what he is.
func become(uid, gid id, report func(string)) error {
	if syscall.Geteuid() != 0 {
		if uid.given && uid.number != syscall.Geteuid() || gid.given && gid.number != syscall.Getegid() {
			return errors.New("only root can become another user or group: leave -u and -g away, or start as root")
		}
		return nil
	}
	if uid.number != 0 && !gid.given {
		report("programs run with the rights of group 0: give a group, too (-g)")
	}
	for _, step := range []struct {
		name string
		run  func() error
	}{
		{"setgroups", func() error { return syscall.Setgroups(nil) }},
		{"setresgid", func() error { return syscall.Setresgid(gid.number, gid.number, gid.number) }},
		{"setresuid", func() error { return syscall.Setresuid(uid.number, uid.number, uid.number) }},
	} {
		if err := step.run(); err != nil {
			return fmt.Errorf("become user %d, group %d: %s: %w", uid.number, gid.number, step.name, err)
		}
	}
	return nil
}
