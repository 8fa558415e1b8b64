// Package unixauth logs in the accounts of the system, out of /etc/passwd, /etc/group, /etc/shadow
// and /etc/shells, and answers questions about their names and groups.
//
// It reads these files itself, without the C library: accounts that only other sources of
// nsswitch.conf know (LDAP, SSSD, systemd-userdb, NIS) do not exist here; PAM, in its helper
// process, reaches them. Files are read again when they have changed, so an edit counts from the
// next login on. A file that cannot be read means that nobody logs in (auth.ErrBroken), not that
// the user is unknown; only a missing /etc/shells has a meaning of its own, which is the C
// library's: /bin/sh and /bin/csh.
//
// A login needs a password that matches, an account and a password that have not expired, and a
// shell that is listed or is "ftp" in any case. The package refuses no uid, not even that of root:
// the least uid is the session's to know. /etc/ftpusers is not read.
package unixauth
