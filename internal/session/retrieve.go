package session

import (
	"context"
	"fmt"
	"time"

	"pureftpd/internal/ftp"
	"pureftpd/internal/pace"
	"pureftpd/internal/record"
	"pureftpd/internal/rootfs"
	"pureftpd/internal/transfer"
)

// announcedSize is from how many bytes on the 150 reply tells the size.
const announcedSize = 4096

// retr sends a file (RFC 959, 4.1.3).
func (s *Session) retr(ctx context.Context, name string) (ftp.Reply, error) {
	restart := s.takeRestart()
	if err := s.mayDownload(); err != nil {
		return ftp.Reply{}, err
	}
	if s.ascii && restart > 1 {
		return ftp.Reply{}, errRestartASCII
	}
	if err := s.checkName(name, reading); err != nil {
		return ftp.Reply{}, err
	}
	f, err := s.root.OpenFile(s.path(name), rootfs.Read, 0)
	if err != nil {
		s.logFailed("Can't open "+name, name, err)
		return ftp.Reply{}, refuseFor(ftp.CodeUnavailable, "Cannot open "+name, err)
	}
	defer func() { _ = f.Close() }() // only read
	size := f.Initial().Size
	if err := s.checkSource(f.Initial(), restart); err != nil {
		return ftp.Reply{}, err
	}
	if !s.ratio.Allows(s.received, s.sent, size-restart) {
		return ftp.Reply{}, s.ratioRefusal()
	}
	conn, err := s.connect(ctx, nil)
	if err != nil {
		return ftp.Reply{}, err
	}
	if restart > 0 && !s.ascii {
		s.logRestart(name, restart)
	}
	return s.send(ctx, conn, name, transfer.Job{File: f, Offset: restart, Size: size - restart, ASCII: s.ascii}), nil
}

var errRestartASCII = refuse(ftp.CodeBadSequence, nil, "Only a transfer of TYPE I can restart")

// mayDownload refuses anonymous downloads while the machine is busy (-m).
func (s *Session) mayDownload() error {
	if !s.account.Anonymous || s.cfg.MaxLoad <= 0 {
		return nil
	}
	load, err := s.cfg.LoadAverage()
	if err != nil {
		s.logf(record.Error, "load average: %v", err)
	}
	if err != nil || load >= s.cfg.MaxLoad {
		s.tally.limit(LimitLoad)
		return refuse(ftp.CodeUnavailable, err, "The machine is too busy for anonymous downloads now", "Come back later")
	}
	return nil
}

// checkSource refuses a restart behind the end of a file, and what -s protects.
func (s *Session) checkSource(facts ftp.Facts, restart int64) error {
	switch {
	case restart > facts.Size:
		return refuse(ftp.CodeBadRestart, nil,
			fmt.Sprintf("The restart marker %d lies behind the end of the file: %d bytes", restart, facts.Size), "The next transfer starts at 0")
	case s.cfg.AntiWarez && s.account.Anonymous && facts.UID == s.account.UID:
		return refuse(ftp.CodeUnavailable, nil, "This file was uploaded by an anonymous user",
			"It can be downloaded once the administrator has looked at it")
	}
	return nil
}

// send moves the file and says how that went. A small file that fits into the socket is sent first and announced together
// with its end, in one packet; the order of two connections is nobody's promise.
func (s *Session) send(ctx context.Context, conn *transfer.Conn, name string, job transfer.Job) ftp.Reply {
	conn.SetStall(s.idle)
	s.say(s.opening(conn, job.Size))
	begun := time.Now()
	flow := s.member.Load().Download()
	if flow.Limited() {
		job.Pace = flow
	}
	data := stream(conn)
	result, done := s.trySend(conn, &job)
	if !done {
		job.Pace, job.Progress = flow, new(transfer.Progress)
		s.moving(Downloading, name, &job)
		_ = s.flush() // a broken control connection is the watcher's to notice
		var err error
		if data, err = s.dress(ctx, conn); err != nil {
			flow.Done()
			s.live.movement.Store(nil) // nothing has moved
			return s.replyFor(err)
		}
		begun = time.Now()
		w := s.watch(ctx, aborting(conn, flow), s.transferStatus("Sending", name, job.Progress))
		result = s.parts.Copier.Send(data, job)
		w.stop()
	}
	flow.Done()
	if err := data.Close(); err != nil && result.Err == nil {
		result.Err = &transfer.PeerError{Op: "close", Err: err}
	}
	elapsed := time.Since(begun)
	s.sent += result.Wire
	s.moved(Downloading, result.Wire)
	s.tally.transfer(Download, outcome(result, nil), elapsed)
	s.logMoved(record.Download, name, result.Wire, elapsed)
	s.logTransfer(name, record.Transfer{Duration: elapsed, Bytes: result.Wire, Complete: result.Err == nil})
	if result.Err != nil {
		return s.downloadFailed(name, result, elapsed)
	}
	if job.Size == 0 && job.Offset > 0 {
		return ftp.Say(ftp.CodeDataDone, "There is nothing more to send: the file ends there")
	}
	lines := []string{"File sent"}
	if job.ASCII {
		lines = []string{"Line ends were converted, as in every ASCII transfer", "File sent"}
	}
	return ftp.Say(ftp.CodeDataDone, s.withRate(lines, result.Wire, elapsed)...)
}

// trySend sends what can be sent without waiting: nothing under PROT P, where the client waits for the mark before it begins TLS.
func (s *Session) trySend(conn *transfer.Conn, job *transfer.Job) (transfer.Result, bool) {
	if s.private {
		return transfer.Result{}, false
	}
	return s.parts.Copier.TrySend(conn, job)
}

// aborting ends a transfer wherever it waits: for the peer, or for its turn.
func aborting(conn *transfer.Conn, flow *pace.Flow) func(error) {
	return func(cause error) {
		conn.Abort(cause)
		flow.Stop(cause)
	}
}

// ratioRefusal says how far the uploads of the session reach.
func (s *Session) ratioRefusal() error {
	s.tally.limit(LimitRatio)
	return refuse(ftp.CodeUnavailable, nil, "Upload first: this download is larger than your uploads allow",
		fmt.Sprintf("%d bytes downloaded and %d uploaded so far", s.sent, s.received),
		fmt.Sprintf("For every %d bytes uploaded %d may be downloaded", s.ratio.Upload, s.ratio.Download))
}

// opening is the mark ahead of a transfer.
func (s *Session) opening(conn *transfer.Conn, size int64) ftp.Reply {
	text := "Data connection accepted"
	if s.lease == nil {
		text = fmt.Sprintf("Connected to port %d", conn.Peer().Port())
	}
	if size > announcedSize {
		return ftp.Say(ftp.CodeOpening, text, fmt.Sprintf("%.1f kbytes follow", float64(size)/1024))
	}
	return ftp.Say(ftp.CodeOpening, text)
}

// transferStatus answers STAT while a transfer runs.
func (s *Session) transferStatus(doing, name string, p *transfer.Progress) func() ftp.Reply {
	return func() ftp.Reply { return s.status(fmt.Sprintf("%s %s: %d bytes so far", doing, name, p.Bytes())) }
}

// withRate adds how long a transfer took and how fast it was, in the units of Pure-FTPd.
func (s *Session) withRate(lines []string, bytes int64, elapsed time.Duration) []string {
	seconds := max(elapsed.Seconds(), 1e-6)
	rate := float64(bytes) / seconds
	switch {
	case rate > 512<<10:
		return append(lines, fmt.Sprintf("%.3f seconds, %.2f Mbytes per second", seconds, rate/(1<<20)))
	case rate > 512:
		return append(lines, fmt.Sprintf("%.3f seconds, %.2f Kbytes per second", seconds, rate/(1<<10)))
	case rate > 0.1:
		return append(lines, fmt.Sprintf("%.3f seconds, %.2f bytes per second", seconds, rate))
	}
	return lines
}
