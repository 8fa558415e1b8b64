// Package harness starts FTP servers, ours and the original, for tests.
//
// A server is a child process. It listens on a loopback port of its own, serves users from a
// PureDB that the test wrote, and is killed, by its process number, when the test ends. A staged
// server lives in a mount name space of its own, with its own /etc, /run and /dev/log, so that
// system accounts, anonymous users and log lines can be tested without touching the machine; that
// needs root. The original is always staged.
package harness
