package record

import (
	"bytes"
	"net/netip"
	"strconv"
	"time"
)

// maxMessage is the longest message in bytes; what is longer is cut, so that a line fits a
// datagram and a reader's buffer.
const maxMessage = 4607

// A line is one message and what surrounds it.
type line struct {
	when    time.Time
	level   Level
	user    string // "" before login
	host    string // "" outside a session
	message string
	addHost bool // message ends with the host

	// For JSON lines.
	address netip.Addr // of the client
	session uint64     // 0 outside a session
	detail  *Detail
}

// A header says how lines begin on the way to the log daemon.
type header struct {
	facility Facility
	pid      int // 0: none
	location *time.Location
}

// appendDatagram appends what the log daemon receives: priority, time, program and text.
func (h *header) appendDatagram(b []byte, l *line) []byte {
	b = append(b, '<')
	b = strconv.AppendUint(b, uint64(h.facility)*8+uint64(levels[l.level].severity), 10)
	b = append(b, '>')
	return h.appendPlain(b, l)
}

// appendPlain appends what a person reads on standard error: a datagram without its priority.
func (h *header) appendPlain(b []byte, l *line) []byte {
	b = l.when.In(h.location).AppendFormat(b, time.Stamp)
	b = append(b, " pure-ftpd"...)
	if h.pid != 0 {
		b = append(b, '[')
		b = strconv.AppendInt(b, int64(h.pid), 10)
		b = append(b, ']')
	}
	b = append(b, ": "...)
	return appendLine(b, l)
}

// appendLine appends `(USER@HOST) [TAG] MESSAGE`, with `?` for what is not known.
func appendLine(b []byte, l *line) []byte {
	b = append(b, '(')
	b = appendOr(b, l.user)
	b = append(b, '@')
	b = appendOr(b, l.host)
	b = append(b, ") ["...)
	b = append(b, levels[l.level].tag...)
	b = append(b, "] "...)
	start := len(b)
	b = appendClean(b, l.message)
	if l.level != Warning {
		disarm(b[start:])
	}
	if l.addHost {
		b = appendOr(b, l.host)
	}
	return b[:min(len(b), start+maxMessage)]
}

// disarm spoils what would make a line that is no warning look like one to fail2ban: a name that a client made up, such as
// "x@192.0.2.1) [WARNING] Authentication failed for user [y", must not have somebody else's address banned.
func disarm(message []byte) {
	tag := []byte("[" + levels[Warning].tag + "]")
	for {
		i := bytes.Index(message, tag)
		if i < 0 {
			return
		}
		message[i] = '_'
		message = message[i+len(tag):]
	}
}

func appendOr(b []byte, s string) []byte {
	if s == "" {
		return append(b, '?')
	}
	return appendClean(b, s)
}

// appendClean appends s with each control character made a `_`: a line is one line, whatever a
// client sent.
func appendClean(b []byte, s string) []byte {
	start := len(b)
	b = append(b, s[:min(len(s), maxMessage)]...)
	for i := start; i < len(b); i++ {
		if b[i] < ' ' || b[i] == 0x7f {
			b[i] = '_'
		}
	}
	return b
}

// cleanHost makes each character of a looked-up name that no host name has a `_`, and drops the
// dot of the DNS root.
func cleanHost(name string) string {
	b := []byte(name)
	if n := len(b); n > 1 && b[n-1] == '.' {
		b = b[:n-1]
	}
	for i, c := range b {
		letter := 'a' <= c && c <= 'z' || 'A' <= c && c <= 'Z'
		digit := '0' <= c && c <= '9'
		if !letter && !digit && c != '.' && c != ':' && c != '-' {
			b[i] = '_'
		}
	}
	return string(b)
}
