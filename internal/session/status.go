package session

import (
	"context"
	"fmt"
	"time"

	"pureftpd/internal/ftp"
)

// stat tells the state of the session (RFC 959, 4.1.3), or lists a path over the control connection.
func (s *Session) stat(ctx context.Context, arg string) (ftp.Reply, error) {
	if arg != "" {
		return s.listHere(ctx, arg)
	}
	return s.status("No transfer is running"), nil
}

// status is the reply to STAT without an argument; doing says what the data connection does.
func (s *Session) status(doing string) ftp.Reply {
	kind := "binary"
	if s.ascii {
		kind = "ASCII"
	}
	return ftp.Say(ftp.CodeSystemStatus, "Pure-FTPd",
		"Connected from "+s.peer.Addr().String(),
		"Logged in as "+s.account.Name,
		"Representation type: "+kind+", structure: file, mode: stream",
		fmt.Sprintf("Idle sessions end after %d seconds", int(s.idle/time.Second)),
		doing, "End of status")
}

// abor answers ABOR while no transfer runs; the watcher has ended the one that did (RFC 959, 4.1.3).
func (s *Session) abor(context.Context, string) (ftp.Reply, error) {
	return ftp.Say(ftp.CodeDataDone, "No transfer is running"), nil
}
