package scriptd

import (
	"errors"
	"syscall"

	"pureftpd/internal/identity"
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
	return identity.Become(uid.number, gid.number)
}
