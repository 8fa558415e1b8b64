// Package identity decides in whose name the server's threads act.
//
// A server started as root calls Drop once, after its sockets are bound. From then on every thread
// is an unprivileged user that keeps the capabilities to change its file system identity and
// nothing else in force. A file operation on a user's behalf is a bracket, As: the thread takes on
// the user's fsuid, fsgid and groups, runs a function and gives them back. The few steps that need
// one capability more are a bracket too, With. The two nest, With outside:
//
//	identity.With(identity.ReadSearch, func() error {
//		return identity.As(who, func() error { … open the home … })
//	})
//
// Code that forgets the bracket acts as nobody, so it fails closed. A bracket that cannot be closed
// panics and keeps its thread locked: the identity stays with the one goroutine that has it and
// dies with it.
//
// Before Drop, and in a server that was started without privilege, both brackets only run their
// function: there is one identity, the process's own. The package knows nothing of accounts, paths
// or FTP. It is for Linux.
//
// What it does not protect from: the process keeps CAP_SETUID and CAP_SETGID, so code that an
// attacker brings to run in it may become any user. NoExec takes away other programs, the small
// permitted set the rest.
package identity
