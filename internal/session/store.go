package session

import (
	"context"
	"fmt"
	"path"
	"time"

	"pureftpd/internal/ftp"
	"pureftpd/internal/record"
	"pureftpd/internal/transfer"
)

// stor receives a file (RFC 959, 4.1.3), from a restart marker on if one was set (RFC 3659, 5.4).
func (s *Session) stor(ctx context.Context, name string) (ftp.Reply, error) {
	return s.upload(ctx, upload{name: ftp.Simplify(name), offset: s.takeRestart()})
}

// appe receives data that goes to the end of a file (RFC 959, 4.1.3).
func (s *Session) appe(ctx context.Context, name string) (ftp.Reply, error) {
	s.takeRestart()
	return s.upload(ctx, upload{name: ftp.Simplify(name), append: true})
}

// stou receives a file under a name that no other file has (RFC 959, 4.1.3). The name stands in the 150 reply as
// RFC 1123 (4.1.2.9) wants it.
func (s *Session) stou(ctx context.Context, _ string) (ftp.Reply, error) {
	s.takeRestart()
	now := time.Now()
	name := fmt.Sprintf("pureftpd.%08x.%02x.%04x", now.Unix(), now.Nanosecond()/1000&0xff, 0)
	return s.upload(ctx, upload{name: name, unique: true})
}

// An upload is what one STOR, APPE or STOU asks for.
type upload struct {
	name   string // as the client may read it
	offset int64  // where in the file the data goes
	append bool   // to the end of the file instead
	unique bool   // STOU: tell the name, and never overwrite
}

// upload checks what may be checked without side effects, opens the data connection, and only then touches a file.
func (s *Session) upload(ctx context.Context, u upload) (ftp.Reply, error) {
	if s.ascii && u.offset > 1 {
		return ftp.Reply{}, errRestartASCII
	}
	if s.account.Anonymous && !s.cfg.AnonUpload {
		return ftp.Reply{}, refuse(ftp.CodeUnavailable, nil, "Anonymous users may not upload here")
	}
	if s.diskFull(path.Dir(s.path(u.name))) {
		s.tally.limit(LimitDisk)
		return ftp.Reply{}, refuse(ftp.CodeQuotaExceeded, nil, "The disk is too full for uploads")
	}
	if err := s.checkName(u.name, writing); err != nil {
		return ftp.Reply{}, err
	}
	conn, err := s.connect(ctx, func() error { return s.foresee(u) })
	if err != nil {
		return ftp.Reply{}, err
	}
	var t *target
	if s.private && !u.unique {
		err = s.foresee(u) // the file is not touched before there is TLS; only STOU must, to tell its name in the mark
	} else {
		t, err = s.openTarget(u)
	}
	if err != nil {
		conn.Abort(err)
		_ = conn.Close() // nothing was transferred
		return ftp.Reply{}, err
	}
	conn.SetStall(s.idle)
	s.mark(s.uploadOpening(conn, t))
	data, err := s.dress(ctx, conn)
	if err != nil {
		return ftp.Reply{}, s.abandon(t, err)
	}
	if t == nil {
		if t, err = s.openTarget(u); err != nil {
			conn.Abort(err)
			_ = data.Close() // as above
			return ftp.Reply{}, err
		}
	}
	return s.receive(ctx, conn, data, t), nil
}

// uploadOpening is the mark ahead of an upload. STOU tells the name there.
func (s *Session) uploadOpening(conn *transfer.Conn, t *target) ftp.Reply {
	mark := s.opening(conn, 0)
	if t != nil && t.unique {
		mark.Before = append([]string{"FILE: " + t.name}, mark.Before...)
	}
	return mark
}

// receive moves the data and says how that went: 226 means that every byte is written and the file was closed.
func (s *Session) receive(ctx context.Context, conn *transfer.Conn, data stream, t *target) ftp.Reply {
	if t.offset > 0 && !s.ascii && !t.append {
		s.logRestart(t.name, t.offset)
	}
	flow := s.member.Load().Upload()
	job := transfer.Job{File: t.file, Offset: t.offset, ASCII: s.ascii, Progress: new(transfer.Progress), Pace: flow}
	if t.counted {
		job.Room = &room{s, t}
	}
	s.moving(Uploading, t.name, &job)
	begun := time.Now()
	w := s.watch(ctx, aborting(conn, flow), s.transferStatus("Receiving", t.name, job.Progress))
	result := s.parts.Copier.Receive(data, job)
	w.stop()
	flow.Done()
	s.moved(Uploading, result.Wire)
	if result.Err == nil && s.truncated(data) {
		result.Err = &transfer.PeerError{Op: "read", Err: transfer.ErrTruncated}
		data.Break()
	}
	if t.atomic() && result.Err == nil && s.control.hungUp() {
		// A client that dies in the middle ends its data connection like one that has finished. It has no control
		// connection any more, and its half file must not replace a whole one.
		s.gone, result.Err = true, errGone
	}
	elapsed := time.Since(begun)
	err := s.finish(t, &result)
	s.tally.transfer(Upload, outcome(result, err), elapsed)
	_ = data.Close() // the client has finished sending, or the transfer failed anyway
	if err == nil || !t.atomic() && result.Cause() != transfer.NoRoom {
		s.received += result.File
		s.logMoved(record.Upload, t.name, result.File, elapsed)
		s.logTransfer(t.name, record.Transfer{Duration: elapsed, Bytes: result.File, Upload: true, Complete: result.Err == nil})
	}
	if refusal := s.quotaRefusal(t.name, err); refusal != nil {
		return s.replyFor(refusal)
	}
	if refusal := s.foreign("replace", t.name, err); refusal != nil {
		return s.replyFor(refusal)
	}
	switch {
	case result.Err != nil:
		return s.uploadFailed(t.name, result, elapsed)
	case err != nil:
		s.logf(record.Error, "%s: %v", s.logPath(t.name), err)
		return ftp.Say(ftp.CodeLocalError, "The upload could not be put in place: "+reason(err)+"; the old file stays")
	}
	lines := s.usageLines()
	if t.renamed {
		lines = append(lines, "File received as "+t.name)
	} else {
		lines = append(lines, "File received")
	}
	return ftp.Say(ftp.CodeDataDone, s.withRate(lines, result.Wire, elapsed)...)
}
