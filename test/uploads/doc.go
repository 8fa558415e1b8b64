// Package uploads plays an upload's way from a client to an administrator's program: servers with -o, pure-uploadscript, and what
// becomes of the events when either is late, slow or killed. With the build tag privileged both are ours; with the tag oracle, and
// Debian's package, each is ours and the original's in turn.
//
// Both programs want files in /var/run that are root's. So the tests run again in name spaces of their own, with an /etc, a /run and
// a spool of their own and nothing but loopback.
package uploads
