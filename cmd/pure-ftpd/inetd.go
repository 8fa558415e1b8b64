package main

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/netip"
	"os"
	"path/filepath"
	"time"

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
		return err
	}
	defer p.close()
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
		return errors.Join(conn.SetWriteDeadline(time.Now().Add(5*time.Second)), say(conn, refusal), conn.Close())
	}
	p.handler.Open(conn).Serve(ctx)
	return nil
}

func say(conn net.Conn, text string) error {
	_, err := fmt.Fprintf(conn, "421 %s\r\n", text)
	return err
}

// sessionDir is where the processes of inetd mode count each other.
func sessionDir() string {
	if os.Geteuid() == 0 {
		return "/var/run/pure-ftpd"
	}
	return filepath.Join(os.TempDir(), fmt.Sprintf("pure-ftpd-%d", os.Geteuid()))
}
