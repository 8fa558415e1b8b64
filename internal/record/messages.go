package record

import (
	"strconv"
	"time"
)

// Messages that log readers match word for word. The comment names the level each is written at.
const (
	Logout            = "Logout."                                       // Info
	AnonymousLogin    = "Anonymous user logged in"                      // Info
	TooManyFailures   = "Too many authentication failures"              // Error
	NoAnonymousSetup  = "Unable to set up secure anonymous FTP"         // Error
	PrivateSystem     = "This is a private system - No anonymous login" // Debug
	LineTooLong       = "Line too long"                                 // Warning
	newConnectionFrom = "New connection from "                          // Info
)

// AppendLogin appends that user logged in (Info).
func AppendLogin(b []byte, user string) []byte {
	return append(append(b, user...), " is now logged in"...)
}

// AppendVirtualHostLogin appends that an anonymous user logged in to the virtual host at address
// (Info).
func AppendVirtualHostLogin(b []byte, address string) []byte {
	return append(append(b, AnonymousLogin+" the virtual FTP: "...), address...)
}

// AppendAuthFailed appends that user gave a wrong password or does not exist (Warning); fail2ban
// counts these.
func AppendAuthFailed(b []byte, user string) []byte {
	return appendBracketed(append(b, "Authentication failed for user "...), user)
}

// AppendLowUID appends that user was refused for having a uid below lowest (Warning).
func AppendLowUID(b []byte, user string, lowest uint32) []byte {
	b = appendBracketed(append(b, "Can't login as "...), user)
	b = append(b, ": account disabled (uid < "...)
	return append(strconv.AppendUint(b, uint64(lowest), 10), ')')
}

// AppendTooManyFromAddress appends that address already has limit sessions (Warning, outside any
// session).
func AppendTooManyFromAddress(b []byte, limit int, address string) []byte {
	b = append(b, "Too many connections ("...)
	b = strconv.AppendInt(b, int64(limit), 10)
	return appendBracketed(append(b, ") from this IP: "...), address)
}

// AppendUploaded appends that size bytes of path were received in elapsed (Notice).
func AppendUploaded(b []byte, path string, size int64, elapsed time.Duration) []byte {
	return appendMoved(b, path, " uploaded", size, elapsed)
}

// AppendDownloaded appends that size bytes of path were sent in elapsed (Notice).
func AppendDownloaded(b []byte, path string, size int64, elapsed time.Duration) []byte {
	return appendMoved(b, path, " downloaded", size, elapsed)
}

// appendMoved appends the transfer line with the two blanks that its readers expect.
func appendMoved(b []byte, path, what string, size int64, elapsed time.Duration) []byte {
	b = append(append(b, path...), what...)
	b = append(b, "  ("...)
	b = strconv.AppendInt(b, size, 10)
	b = append(b, " bytes, "...)
	seconds := max(elapsed, time.Microsecond).Seconds()
	b = strconv.AppendFloat(b, float64(size)/seconds/1024, 'f', 2, 64)
	return append(b, "KB/sec)"...)
}

// AppendDeleted appends that path was deleted (Notice).
func AppendDeleted(b []byte, path string) []byte {
	return append(append(b, "Deleted "...), path...)
}

// AppendRenamed appends that from became to, both as the client wrote them (Notice).
func AppendRenamed(b []byte, from, to string) []byte {
	b = appendBracketed(append(b, "File successfully renamed or moved: "...), from)
	return appendBracketed(append(b, "->"...), to)
}

// AppendRestart appends that a transfer begins at offset (Notice).
func AppendRestart(b []byte, offset int64) []byte {
	return strconv.AppendInt(append(b, "Restarting at "...), offset, 10)
}

// AppendNoDirectory appends that dir could not become the current directory, and why (Info).
func AppendNoDirectory(b []byte, dir, why string) []byte {
	b = append(append(b, "Can't change directory to "...), dir...)
	return append(append(b, ": "...), why...)
}

// AppendCommand appends the trace of a command (Debug): verb in lower case, `<*>` for a secret
// argument.
func AppendCommand(b []byte, verb, arg string, secret bool) []byte {
	start := len(b) + len("Command [")
	b = appendBracketed(append(b, "Command "...), verb)
	for i := start; i < len(b); i++ {
		if 'A' <= b[i] && b[i] <= 'Z' {
			b[i] += 'a' - 'A'
		}
	}
	if secret {
		arg = "<*>"
	}
	return appendBracketed(append(b, ' '), arg)
}

func appendBracketed(b []byte, s string) []byte {
	return append(append(append(b, '['), s...), ']')
}
