// Package dialogue replays conversations with an FTP server that are written down as text.
//
// A dialogue is a txtar archive: what the client says and what it must hear, then the options,
// users and files it starts with and the files it must leave. README.md in this folder tells how
// to write one. The same file is replayed against our server and against the original; where the
// two differ on purpose the file says so, line by line, and names the row of docs/differences.md
// that tells why.
//
// [Parse] reads a dialogue and [Play] replays its conversation over connections that its caller
// makes. Neither knows how a server is started: that is package harness.
package dialogue
