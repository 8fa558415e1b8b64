package session

import (
	"errors"
	"io/fs"
	"strings"
	"syscall"

	"pureftpd/internal/ftp"
	"pureftpd/internal/record"
	"pureftpd/internal/rootfs"
)

// A replyError carries what the client may read apart from what the administrator needs.
type replyError struct {
	reply ftp.Reply
	cause error // nil: nothing more to know
}

func (e *replyError) Error() string {
	if e.cause != nil {
		return e.cause.Error()
	}
	return e.reply.Text
}

func (e *replyError) Unwrap() error { return e.cause }

// refuse makes an error of a reply. The cause, if any, is for the log and for errors.Is.
func refuse(code int, cause error, lines ...string) error {
	return &replyError{reply: ftp.Say(code, lines...), cause: cause}
}

// refuseFor makes an error whose reply says what was tried and, in the words of the system, why it failed.
func refuseFor(code int, what string, err error) error {
	return refuse(code, err, what+": "+reason(err))
}

// replyFor is the only place where an error becomes something a client reads.
func (s *Session) replyFor(err error) ftp.Reply {
	if e, ok := errors.AsType[*replyError](err); ok {
		return e.reply
	}
	s.logf(record.Error, "%v", err)
	if errors.Is(err, fs.ErrNotExist) {
		return ftp.Say(ftp.CodeUnavailable, "No such file or directory")
	}
	return ftp.Say(ftp.CodeLocalError, "Local error") // the cause is in the log, not on the wire
}

// reason is the part of an error that a client may read: the system's word for it and no pathname of ours.
func reason(err error) string {
	if errors.Is(err, rootfs.ErrNotRegular) {
		return "Not a regular file"
	}
	if errno, ok := errors.AsType[syscall.Errno](err); ok {
		text := errno.Error()
		return strings.ToUpper(text[:1]) + text[1:]
	}
	return "Local error"
}
