package main

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"net/netip"
	"os"
	"os/signal"
	"syscall"
	"time"

	"pureftpd/internal/control"
	"pureftpd/internal/options"
	"pureftpd/internal/record"
	"pureftpd/internal/server"
)

// serveOne serves the one client that a super-server handed over. Its limits are counted together with those of the other
// processes.
func serveOne(ctx context.Context, o *options.Options, conn net.Conn) error {
	slots, err := server.NewSlots(sessionDir(), asRoot)
	if err != nil {
		return err
	}
	p, err := newParts(o, slots, nil)
	if err != nil {
		return errors.Join(err, refuseClient(conn, cannotStart))
	}
	defer p.close()
	r, err := openRemote(o, p, "inetd", nil)
	if err != nil {
		return err
	}
	defer r.close()
	if err := giveUpPrivilege(o, p.log); err != nil {
		return err
	}
	var from netip.Addr
	if t, ok := conn.RemoteAddr().(*net.TCPAddr); ok {
		from = t.AddrPort().Addr().Unmap()
	}
	refusal, err := slots.Enter(from, o.MaxClients, o.MaxClientsPerIP)
	if err != nil {
		refusal = "The server cannot count its sessions"
		p.log.WriteString(record.Error, err.Error())
	}
	if refusal != "" {
		p.log.WriteString(record.Warning, refusal+": ["+from.String()+"]")
		return refuseClient(conn, refusal)
	}
	signals := catchSignals(syscall.SIGHUP)
	defer signal.Stop(signals)
	ctx, end := context.WithCancel(ctx)
	defer end()
	r.reload = func() (control.Reload, error) { return control.Reload{}, errInetdReload }
	r.serve(r.drainSessions)
	done := make(chan struct{})
	go func() {
		defer close(done)
		open := p.handler().Open
		if implicitTLS(o, conn.LocalAddr()) {
			open = p.handler().OpenImplicit
		}
		open(conn).Serve(ctx)
	}()
	for running := true; running; {
		select {
		case <-done:
			running = false
		case s := <-signals:
			if s == syscall.SIGHUP { // for the servers that outlive a session: this one has read the settings for its only one
				p.log.WriteString(record.Notice, errInetdReload.Text)
				continue
			}
			end()
		}
	}
	return slots.Close()
}

// errInetdReload answers who wants settings read again that every session reads.
var errInetdReload = &control.Error{
	Status: http.StatusNotImplemented,
	Text:   "in inetd mode each session reads the configuration when it begins: there is nothing to reload",
}

// cannotStart is for the client of a server that cannot start: the cause is the administrator's to read.
const cannotStart = "The server cannot start: ask its administrator to run pure-ftpd --check"

// refuseClient tells a client that it is not served.
func refuseClient(conn net.Conn, text string) error {
	return errors.Join(conn.SetWriteDeadline(time.Now().Add(5*time.Second)), say(conn, text), conn.Close())
}

func say(conn net.Conn, text string) error {
	_, err := fmt.Fprintf(conn, "421 %s\r\n", text)
	return err
}

// sessionDir is where the processes of inetd mode count each other.
func sessionDir() string {
	return control.DefaultDir()
}

// clientOnInput is the connection that inetd, xinetd, tcpserver or systemd left on descriptor 0; nil if there is none. A Unix
// socket is none: sshd runs commands with one.
func clientOnInput() (net.Conn, error) {
	address, err := syscall.Getsockname(0)
	if _, local := address.(*syscall.SockaddrUnix); err != nil || local {
		return nil, nil //nolint:nilerr,nilnil // nobody handed a client over
	}
	if listening, err := syscall.GetsockoptInt(0, syscall.SOL_SOCKET, syscall.SO_ACCEPTCONN); err == nil && listening != 0 {
		return nil, errors.New("standard input is a listening socket: set \"wait = no\" (xinetd), \"nowait\" (inetd) " +
			"or \"Accept=yes\" (systemd), or use socket activation")
	}
	// One option of the listener that standalone mode has set there: urgent data stays in the stream.
	if err := syscall.SetsockoptInt(0, syscall.SOL_SOCKET, syscall.SO_OOBINLINE, 1); err != nil {
		return nil, fmt.Errorf("standard input: %w", err)
	}
	conn, err := net.FileConn(os.Stdin)
	if err != nil {
		return nil, fmt.Errorf("take the client from standard input: %w", err)
	}
	return conn, os.Stdin.Close()
}

// keepFromClient turns standard output and error away from a client that a super-server put there as well: it reads replies.
func keepFromClient() error {
	var client, here syscall.Stat_t
	if syscall.Fstat(0, &client) != nil || client.Mode&syscall.S_IFMT != syscall.S_IFSOCK {
		return nil
	}
	null, err := os.OpenFile(os.DevNull, os.O_RDWR, 0)
	if err != nil {
		return err
	}
	defer func() { _ = null.Close() }() // its copies stay
	for _, fd := range []int{1, 2} {
		if syscall.Fstat(fd, &here) == nil && here.Dev == client.Dev && here.Ino == client.Ino {
			if err := syscall.Dup3(int(null.Fd()), fd, 0); err != nil {
				return err
			}
		}
	}
	return nil
}

// tellClient answers the client on standard input, if there is one, that this start has failed.
func tellClient() {
	if conn, err := clientOnInput(); err == nil && conn != nil {
		_ = say(conn, cannotStart)
		_ = conn.Close()
	}
}
