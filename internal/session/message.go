package session

import (
	"errors"
	"strings"
	"unicode/utf8"

	"pureftpd/internal/ftp"
)

// Bounds of what the administrator can tell a client before it has heard it.
const (
	maxMessage  = 1000 // bytes of one message
	maxMessages = 8    // that wait
)

// What is wrong with a message.
var (
	ErrMessage  = errors.New("a message is text of 1 to 1000 bytes, without control characters but line breaks")
	ErrMessages = errors.New("eight messages wait already: the client has sent no command that is answered with one")
)

// Message has a text shown to the user. FTP lets a server speak only when it is asked, so it goes out with the next reply that
// programs do not read: see withMessages. It may be called from any goroutine.
func (s *Session) Message(text string) error {
	text = strings.TrimRight(text, "\n")
	if text == "" || len(text) > maxMessage || !utf8.ValidString(text) ||
		strings.ContainsFunc(text, func(r rune) bool { return r != '\n' && r < ' ' || r >= 0x7f && r < 0xa0 }) {
		return ErrMessage
	}
	l := &s.live
	l.mu.Lock()
	defer l.mu.Unlock()
	if len(l.messages) == maxMessages {
		return ErrMessages
	}
	l.messages = append(l.messages, text)
	l.mail.Store(true)
	return nil
}

// withMessages puts the messages that wait ahead of a reply's own lines: of 200, 221, 226, 230 and 250, whose text is for people.
// Programs read numbers and names in the others, and in the 250 of MLST.
func (s *Session) withMessages(r ftp.Reply) ftp.Reply {
	if !s.live.mail.Load() || r.Body != "" {
		return r
	}
	switch r.Code {
	case ftp.CodeOK, ftp.CodeClosing, ftp.CodeDataDone, ftp.CodeLoggedIn, ftp.CodeFileOK:
	default:
		return r
	}
	l := &s.live
	l.mu.Lock()
	defer l.mu.Unlock()
	var lines []string
	for _, text := range l.messages {
		lines = append(lines, "Message from the administrator:")
		lines = append(lines, strings.Split(text, "\n")...)
	}
	l.messages = nil
	l.mail.Store(false)
	r.Before = append(lines, r.Before...)
	return r
}
