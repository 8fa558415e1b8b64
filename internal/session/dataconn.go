package session

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/netip"
	"strings"

	"pureftpd/internal/ftp"
	"pureftpd/internal/record"
	"pureftpd/internal/tlsconf"
	"pureftpd/internal/transfer"
)

const lowestDataPort = 1024 // PORT to a well-known service is an attack, never a client

// port notes where the client awaits the data connection (RFC 959, 4.1.2).
func (s *Session) port(_ context.Context, arg string) (ftp.Reply, error) {
	s.dropDataConnection()
	target, err := ftp.ParsePort(arg)
	if err != nil {
		return ftp.Reply{}, refuse(ftp.CodeSyntaxArg, err, "PORT takes six numbers: h1,h2,h3,h4,p1,p2")
	}
	return s.active(target)
}

// eprt is PORT for every family (RFC 2428, 2).
func (s *Session) eprt(_ context.Context, arg string) (ftp.Reply, error) {
	s.dropDataConnection()
	target, err := ftp.ParseExtPort(arg)
	if errors.Is(err, ftp.ErrFamily) || err == nil && target.Addr().Is6() && !s.cfg.IPv6 {
		return ftp.Reply{}, refuse(ftp.CodeBadFamily, err, "Network protocol not supported, use "+s.families())
	}
	if err != nil {
		return ftp.Reply{}, refuse(ftp.CodeSyntaxArg, err, "EPRT takes |family|address|port|")
	}
	return s.active(target)
}

// families lists the protocol numbers of RFC 2428 that this server speaks.
func (s *Session) families() string {
	if s.cfg.IPv6 {
		return "(1,2)"
	}
	return "(1)"
}

// active checks and notes the address of an active data connection.
func (s *Session) active(target netip.AddrPort) (ftp.Reply, error) {
	switch {
	case s.extOnly:
		return ftp.Reply{}, refuse(ftp.CodeSyntaxArg, nil, "EPSV ALL was given: only EPSV opens data connections now")
	case target.Port() < lowestDataPort:
		return ftp.Reply{}, refuse(ftp.CodeSyntaxArg, nil, "Ports below 1024 are refused")
	case target.Addr() == s.dataPeer():
		s.remote = target
		return ftp.Say(ftp.CodeOK, "Data will be sent to that port"), nil
	case !s.fxp():
		return ftp.Reply{}, refuse(ftp.CodeSyntax, nil, fmt.Sprintf(
			"Data connections to %s are refused: you come from %s", target.Addr(), s.peer.Addr()))
	}
	s.remote = target
	addr := target.Addr()
	s.host = &addr
	return ftp.Say(ftp.CodeOK, "This is a transfer to a third party (FXP)", "Data will be sent to that port"), nil
}

// dataPeer is the address data connections are expected from.
func (s *Session) dataPeer() netip.Addr {
	if s.host != nil {
		return *s.host
	}
	return s.peer.Addr()
}

// fxp reports whether this user may have data connections with a third party.
func (s *Session) fxp() bool {
	return s.cfg.FXP == FXPEveryone || s.cfg.FXP == FXPUsers && !s.account.Anonymous
}

var (
	errNATMode  = refuse(ftp.CodeSyntax, nil, "Passive mode is switched off here, use PORT or EPRT")
	errOnlyEPSV = refuse(ftp.CodeSyntaxArg, nil, "EPSV ALL was given: only EPSV opens data connections now")
)

// pasv offers a port for the data connection (RFC 959, 4.1.2).
func (s *Session) pasv(ctx context.Context, _ string) (ftp.Reply, error) {
	if s.cfg.NATMode {
		return ftp.Reply{}, errNATMode
	}
	if s.extOnly {
		return ftp.Reply{}, errOnlyEPSV
	}
	if !s.local.Addr().Is4() {
		return ftp.Reply{}, refuse(ftp.CodeNoDataConn, nil, "PASV is for IPv4, use EPSV")
	}
	shown := s.local.Addr()
	if s.cfg.ForcePassive != nil {
		addr, err := s.cfg.ForcePassive(ctx)
		if err != nil {
			s.logf(record.Error, "address of -P: %v", err)
			return ftp.Reply{}, refuse(ftp.CodeNoDataConn, err, "The server cannot find its own public address")
		}
		shown = addr
	}
	if err := s.listen(ctx); err != nil {
		return ftp.Reply{}, err
	}
	text := ftp.AppendPort(append(make([]byte, 0, 64), "Entering Passive Mode ("...), shown, s.lease.Port())
	return ftp.Say(ftp.CodePassive, string(append(text, ')'))), nil
}

// epsv is PASV for every family (RFC 2428, 3).
func (s *Session) epsv(ctx context.Context, arg string) (ftp.Reply, error) {
	if s.cfg.NATMode {
		return ftp.Reply{}, errNATMode
	}
	if s.cfg.BrokenClients && s.local.Addr().Is4() {
		return ftp.Reply{}, refuse(ftp.CodeSyntax, nil, "EPSV is switched off here, use PASV")
	}
	if strings.EqualFold(arg, "ALL") {
		s.extOnly = true
		return ftp.Say(ftp.CodeOK, "From now on only EPSV opens data connections"), nil
	}
	if arg == "2" && !s.cfg.IPv6 {
		return ftp.Reply{}, refuse(ftp.CodeBadFamily, nil, "Network protocol not supported, use "+s.families())
	}
	if err := s.listen(ctx); err != nil {
		return ftp.Reply{}, err
	}
	return ftp.Say(ftp.CodeExtPassive, fmt.Sprintf("Entering Extended Passive Mode (|||%d|)", s.lease.Port())), nil
}

// boundByTLS reports whether a data connection is known by its TLS session, so that its address need not say whose it is.
func (s *Session) boundByTLS() bool {
	return s.private && s.cfg.DataFromAnywhere && s.cfg.DataBinding == tlsconf.BindRequire
}

// listen takes a pair of client address and port for the next data connection.
func (s *Session) listen(ctx context.Context) error {
	previous := s.lease
	s.lease = nil
	s.dropDataConnection()
	lease, err := s.parts.Passive.Reserve(ctx, transfer.Request{
		Local: s.local.Addr(), Client: s.dataPeer(), Any: s.fxp() || s.boundByTLS(), Previous: previous,
	})
	if err != nil {
		s.logf(record.Error, "passive port: %v", err)
		if errors.Is(err, transfer.ErrNoPort) {
			s.tally.limit(LimitPorts)
		}
		return refuse(ftp.CodeNoDataConn, err, "No passive port is free for your address now, try again")
	}
	s.lease = lease
	return nil
}

// dropDataConnection forgets whatever data connection was prepared.
func (s *Session) dropDataConnection() {
	if s.lease != nil {
		s.lease.Release()
		s.lease = nil
	}
	if s.opened != nil {
		s.opened.Abort(errSuperseded)
		_ = s.opened.Close() // never used
		s.opened = nil
	}
	s.remote = netip.AddrPort{}
}

var (
	errSuperseded = errors.New("another data connection was asked for")
	errNobodyCame = errors.New("the client did not connect in time")
)

// connect opens the data connection that PORT, EPRT, PASV or EPSV prepared. The watcher lets ABOR end the wait. Where it would
// have to wait, before runs first, if it is not nil: its error says that the transfer cannot succeed anyway.
func (s *Session) connect(ctx context.Context, before func() error) (*transfer.Conn, error) {
	if s.opened != nil {
		conn := s.opened
		s.opened = nil
		return conn, nil
	}
	if s.lease != nil {
		if conn, ok := s.lease.Arrived(); ok {
			return conn, nil
		}
	}
	if s.lease == nil && !s.remote.IsValid() {
		return nil, refuse(ftp.CodeNoDataConn, nil, "No data connection: send PASV, EPSV, PORT or EPRT first")
	}
	if before != nil {
		if err := before(); err != nil {
			return nil, err
		}
	}
	conn, err := s.awaitConn(ctx)
	if err == nil {
		return conn, nil
	}
	if s.gone {
		return nil, refuse(ftp.CodeNoDataConn, err, "No data connection")
	}
	if errors.Is(err, errAborted) {
		return nil, refuse(ftp.CodeDataAborted, err, "Aborted before a data connection was there")
	}
	return nil, s.noConnection(err)
}

// awaitConn waits for the client's connection, or for ours to be answered.
func (s *Session) awaitConn(ctx context.Context) (*transfer.Conn, error) {
	wait, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	w := s.watch(ctx, cancel, func() ftp.Reply { return s.status("Waiting for the data connection") })
	defer w.stop()
	if s.lease != nil {
		wait, stop := context.WithTimeoutCause(wait, min(s.cfg.PassiveWait, s.idle), errNobodyCame)
		defer stop()
		return s.lease.Accept(wait)
	}
	remote := s.remote
	s.remote = netip.AddrPort{}
	return s.parts.Dialer.Dial(wait, s.local.Addr(), remote)
}

// noConnection says which way the data connection failed and what the client can do about it.
func (s *Session) noConnection(err error) error {
	if s.lease != nil {
		s.tally.unopened[1].Add(1)
		port := s.lease.Port()
		s.logf(record.Warning, "nobody connected to passive port %d: %v", port, err)
		return refuse(ftp.CodeNoDataConn, err, fmt.Sprintf("No connection came to port %d: is it open in every firewall?", port))
	}
	s.tally.unopened[0].Add(1)
	return refuse(ftp.CodeNoDataConn, err, "Cannot connect to your port: "+reason(err)+"; try passive mode")
}

// esta opens the active data connection ahead of its use and tells its local end.
func (s *Session) esta(ctx context.Context, _ string) (ftp.Reply, error) {
	if s.cfg.NATMode || s.cfg.ForcePassive != nil {
		return ftp.Reply{}, refuse(ftp.CodeSyntax, nil, "Not behind address translation")
	}
	if !s.remote.IsValid() {
		return ftp.Reply{}, refuse(ftp.CodeNoDataPossible, nil, "Send PORT or EPRT first")
	}
	return s.openEarly(ctx, "Connected from ", (*transfer.Conn).LocalAddr)
}

// estp accepts the passive data connection ahead of its use and tells the client's end.
func (s *Session) estp(ctx context.Context, _ string) (ftp.Reply, error) {
	if s.lease == nil {
		return ftp.Reply{}, refuse(ftp.CodeNoDataPossible, nil, "Send PASV or EPSV first")
	}
	return s.openEarly(ctx, "Connected to ", (*transfer.Conn).RemoteAddr)
}

func (s *Session) openEarly(ctx context.Context, text string, end func(*transfer.Conn) net.Addr) (ftp.Reply, error) {
	conn, err := s.connect(ctx, nil)
	if err != nil {
		return ftp.Reply{}, err
	}
	s.opened = conn
	return ftp.Say(ftp.CodeDataOpen, text+"("+ftp.FormatExtended(addrPort(end(conn)))+")"), nil
}
