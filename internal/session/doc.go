// Package session holds one client's conversation: its state, the table of verbs and what each of them does.
//
// It is told everything it needs in a Config and a Parts and knows nothing of switches, listeners or processes. One
// goroutine reads the control connection and owns the session's state; while a data connection is busy, a watcher
// reads ahead for ABOR, STAT and the end of the control connection (watch.go), and owns nothing but the input buffer.
//
// Every command gets exactly one final reply, because a handler returns it and the dispatcher sends it.
package session
