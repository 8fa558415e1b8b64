package transfer

import (
	"cmp"
	"errors"
	"fmt"
	"os"

	"golang.org/x/sys/unix"
)

// Errors a caller branches on.
var (
	// ErrNoPort says that no passive port could be had for this client within the time allowed.
	ErrNoPort = errors.New("no passive port is free")
	// ErrLost says that the lease was idle and its port has been given to another session.
	ErrLost = errors.New("passive port was given to another session")
	// ErrReleased says that the lease was used after Release.
	ErrReleased = errors.New("passive port was released")
	// ErrAborted is in every error that comes of Conn.Abort, beside the cause given to it.
	ErrAborted = errors.New("transfer aborted")
	// ErrStalled says that no byte moved for as long as SetStall allows.
	ErrStalled = errors.New("transfer stalled")
	// ErrShrunk says that the file became shorter while it was sent.
	ErrShrunk = errors.New("file became shorter while it was sent")
)

// A SourceError is a failure to read the file that is being sent. Its errno is visible to errors.Is.
type SourceError struct {
	Op  string // the system call
	Err error
}

func (e *SourceError) Error() string { return e.Op + " file: " + e.Err.Error() }

// Unwrap returns the errno, io.ErrUnexpectedEOF or ErrShrunk.
func (e *SourceError) Unwrap() error { return e.Err }

// A SinkError is a failure to write the file that is being received: a full disk (ENOSPC), an
// exceeded disk quota (EDQUOT), a broken device (EIO).
type SinkError struct {
	Op  string // the system call
	Err error
}

func (e *SinkError) Error() string { return e.Op + " file: " + e.Err.Error() }

// Unwrap returns the errno.
func (e *SinkError) Unwrap() error { return e.Err }

// A RoomError is the refusal of Job.Room to store what has come.
type RoomError struct{ Err error }

func (e *RoomError) Error() string { return "make room: " + e.Err.Error() }

// Unwrap returns what the Room said.
func (e *RoomError) Unwrap() error { return e.Err }

// A PeerError is a failure of the data connection itself: reset, closed by the peer, unreachable.
type PeerError struct {
	Op  string // the system call
	Err error
}

func (e *PeerError) Error() string { return e.Op + " data connection: " + e.Err.Error() }

// Unwrap returns the errno.
func (e *PeerError) Unwrap() error { return e.Err }

// A PortError is a port of the passive range that could not be opened; it is reported once for each
// port and the port is passed over for a while.
type PortError struct {
	Addr string // address and port
	Step string // socket, bind, listen
	Err  error
}

func (e *PortError) Error() string {
	return fmt.Sprintf("open passive port %s: %s: %v", e.Addr, e.Step, e.Err)
}

// Unwrap returns the errno.
func (e *PortError) Unwrap() error { return e.Err }

// A Cause says in one word how a transfer ended.
type Cause uint8

// The causes. Complete is the only success.
const (
	Complete     Cause = iota
	Aborted            // Abort was called: ABOR, a dead client, shutdown
	Stalled            // no progress for as long as SetStall allows
	PeerReset          // the data connection broke
	SourceFailed       // the file could not be read, or shrank
	SinkFailed         // the file could not be written
	NoRoom             // Job.Room refused to store it
)

func (c Cause) String() string {
	names := [...]string{
		Complete: "complete", Aborted: "aborted", Stalled: "stalled", PeerReset: "reset",
		SourceFailed: "source", SinkFailed: "sink", NoRoom: "room",
	}
	if int(c) < len(names) {
		return names[c]
	}
	return "unknown"
}

// causeOf sorts an error into a cause.
func causeOf(err error) Cause {
	if err == nil {
		return Complete
	}
	if _, ok := errors.AsType[*RoomError](err); ok {
		return NoRoom // whatever is in it
	}
	for _, is := range []struct {
		err   error
		cause Cause
	}{
		{ErrAborted, Aborted}, {ErrStalled, Stalled}, {os.ErrDeadlineExceeded, Stalled},
	} {
		if errors.Is(err, is.err) {
			return is.cause
		}
	}
	if _, ok := errors.AsType[*SourceError](err); ok {
		return SourceFailed
	}
	if _, ok := errors.AsType[*SinkError](err); ok {
		return SinkFailed
	}
	return PeerReset
}

// abortedBy makes the error of an Abort.
func abortedBy(cause error) error {
	if cause == nil || errors.Is(cause, ErrAborted) {
		return cmp.Or(cause, ErrAborted)
	}
	return fmt.Errorf("%w: %w", ErrAborted, cause)
}

// peerError wraps what a system call on the connection returned; EAGAIN and EINTR pass as they are.
func peerError(op string, err error) error {
	if err == nil || err == unix.EAGAIN || err == unix.EINTR {
		return err
	}
	return &PeerError{op, err}
}

// wireError wraps what a reader or writer laid over a connection returned. What the connection
// itself said comes through; the rest, such as a TLS alert, is a failure of the connection too.
func wireError(op string, err error) error {
	if _, ok := errors.AsType[*PeerError](err); ok || causeOf(err) != PeerReset {
		return err
	}
	return &PeerError{op, err}
}
