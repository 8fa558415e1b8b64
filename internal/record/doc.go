// Package record writes what happened: to the system log, in the lines that log readers know,
//
//	<94>Nov 22 07:04:08 pure-ftpd: (ann@client.example) [INFO] Logout.
//
// fail2ban, logwatch and OSSEC match these lines, so the texts they read stand in messages.go and
// are contract; any other message is its caller's own.
//
// A [Log] takes lines from every session and hands them to one goroutine, which alone talks to
// the log daemon. A session therefore never waits for it: when the queue is full a line is
// dropped and counted, and the loss is written down once the daemon takes lines again. A
// [Session] holds its first lines back until the client's name is known, so that all its lines
// carry one host.
//
// A [Target] is a place for the same lines beside the log daemon, as text or as JSON objects with fields of their own (event.go).
//
// An [AltLog] is a file with a line for each transfer, in one of several formats. The formats are
// pure functions, a file each (clf.go, xferlog.go); formats.go lists them.
//
// The package does not know what a session, a reply or an account is, and imports only the
// standard library. It does not speak to log daemons over the
// network, nor over a stream socket.
package record
