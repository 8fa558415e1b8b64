package record

import "time"

// An Event is what a line tells, as a word that programs look for in JSON lines.
type Event string

// The events. A line without one tells something that only people need to know.
const (
	Connect        Event = "connect"
	Login          Event = "login"
	LoginFailed    Event = "login-failed"  // a wrong password or an unknown name: what fail2ban counts
	LoginRefused   Event = "login-refused" // with the cause
	LoginLocked    Event = "login-locked"  // the session ends for too many failures
	SessionEnd     Event = "logout"
	SessionTimeout Event = "timeout"
	Upload         Event = "upload"
	Download       Event = "download"
	TransferBroken Event = "transfer-broken" // with the cause
	Restart        Event = "restart"
	Failed         Event = "failed" // what the system refused to do with a file, with the cause
	Delete         Event = "delete"
	Rename         Event = "rename"
	NoDirectory    Event = "no-directory"
	Protected      Event = "tls"
	Overlong       Event = "line-too-long"
	TooMany        Event = "too-many-connections"
	Command        Event = "command"
	Reply          Event = "reply"
)

// Events lists all of them.
func Events() []Event {
	return []Event{
		Connect, Login, LoginFailed, LoginRefused, LoginLocked, SessionEnd, SessionTimeout, Upload, Download, TransferBroken, Restart,
		Failed, Delete, Rename, NoDirectory, Protected, Overlong, TooMany, Command, Reply,
	}
}

// A Detail is what a line says in its text, in fields of its own for JSON lines. What is empty is left out.
type Detail struct {
	Event   Event
	Login   string        // the name that logged in or tried to
	Address string        // the client's, where the line belongs to no session
	Cause   string        // why, in the words of the log
	Root    string        // what the user sees as "/", as the system names it
	Path    string        // absolute, below Root; as the client wrote it where nothing was done
	To      string        // the new name of what is renamed
	Moved   bool          // Bytes and Elapsed count, though they may be 0
	Bytes   int64         // that were moved; with Restart, those left out
	Elapsed time.Duration // that it took
	Verb    string        // of a command, in lower case
}

// tell puts a detail into a line, if somebody reads it.
func (x *line) tell(l *Log, d Detail) {
	if l.details {
		kept := d
		x.detail = &kept
	}
}
