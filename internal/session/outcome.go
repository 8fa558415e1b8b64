package session

import (
	"errors"
	"fmt"
	"syscall"
	"time"

	"pureftpd/internal/ftp"
	"pureftpd/internal/quota"
	"pureftpd/internal/record"
	"pureftpd/internal/transfer"
)

// downloadFailed says why a download did not reach its end.
func (s *Session) downloadFailed(name string, result transfer.Result, elapsed time.Duration) ftp.Reply {
	return s.transferFailed(name, result, elapsed, ftp.CodeDataAborted)
}

// uploadFailed says why an upload did not reach its end. A data connection that broke is 451 there, as in the original.
func (s *Session) uploadFailed(name string, result transfer.Result, elapsed time.Duration) ftp.Reply {
	r := s.transferFailed(name, result, elapsed, ftp.CodeLocalError)
	r.Before = append(s.usageLines(), r.Before...)
	return r
}

// transferFailed says why a transfer did not reach its end. An ABOR gets its own reply when its turn comes (RFC 959, 4.1.3).
func (s *Session) transferFailed(name string, result transfer.Result, elapsed time.Duration, broken int) ftp.Reply {
	code, why := failure(result, broken)
	switch {
	case errors.Is(result.Err, errTooLong):
		s.tally.limit(LimitTransfer)
		s.ending = true
		text := "Timeout: " + why + ", this session ends"
		s.logTimeout(text)
		return ftp.Say(ftp.CodeNotAvailable, text)
	case errors.Is(result.Err, transfer.ErrTruncated):
		s.logBroken(record.Warning, name, fmt.Sprintf("%v: taken for broken off", result.Err))
	case result.Cause() == transfer.Stalled:
		s.logBroken(record.Info, name, why)
	case result.Cause() == transfer.SourceFailed || result.Cause() == transfer.SinkFailed:
		s.logBroken(record.Error, name, result.Err.Error())
	}
	return ftp.Say(code, s.withRate([]string{fmt.Sprintf("%s after %d bytes", why, result.Wire)}, result.Wire, elapsed)...)
}

// outcome sorts the end of a transfer. placing is what went wrong when an upload was put in place.
func outcome(result transfer.Result, placing error) Outcome {
	if result.Err == nil && placing != nil {
		if errors.Is(placing, quota.ErrExceeded) {
			return QuotaFull
		}
		return fileOutcome(placing)
	}
	switch result.Cause() {
	case transfer.Complete:
		return Completed
	case transfer.Stalled:
		return Stalled
	case transfer.SourceFailed, transfer.SinkFailed:
		return fileOutcome(result.Err)
	case transfer.NoRoom:
		if errors.Is(result.Err, quota.ErrExceeded) {
			return QuotaFull
		}
		return fileOutcome(result.Err) // of the ledger
	}
	for _, known := range []struct {
		err error
		Outcome
	}{{errAborted, Aborted}, {errGone, Disconnected}, {errTooLong, Stalled}, {errShutdown, Shutdown}, {errKicked, Kicked}} {
		if errors.Is(result.Err, known.err) {
			return known.Outcome
		}
	}
	return Broken
}

// fileOutcome tells a full disk from other faults of a file.
func fileOutcome(err error) Outcome {
	if errors.Is(err, syscall.ENOSPC) || errors.Is(err, syscall.EDQUOT) {
		return DiskFull
	}
	return FileFailed
}

// failure is the reply code of a failed transfer and what the client may read of the cause. A data connection that broke
// or stood still has the code broken.
func failure(result transfer.Result, broken int) (code int, why string) {
	switch result.Cause() {
	case transfer.Stalled:
		return broken, "Timeout: no data moved for too long; aborted"
	case transfer.PeerReset:
		if errors.Is(result.Err, transfer.ErrTruncated) {
			return broken, "The data connection ended in the middle of TLS (no close_notify); aborted"
		}
		return broken, "The data connection broke: " + brokenBy(result.Err) + "; aborted"
	case transfer.SourceFailed:
		if errors.Is(result.Err, transfer.ErrShrunk) {
			return ftp.CodeLocalError, "The file became shorter while it was sent; aborted"
		}
		return ftp.CodeLocalError, "Cannot read the file: " + reason(result.Err) + "; aborted"
	case transfer.SinkFailed:
		if errors.Is(result.Err, syscall.ENOSPC) || errors.Is(result.Err, syscall.EDQUOT) {
			return ftp.CodeNoSpace, "Cannot write the file: " + reason(result.Err) + "; aborted"
		}
		return ftp.CodeLocalError, "Cannot write the file: " + reason(result.Err) + "; aborted"
	}
	for _, known := range []error{errAborted, errGone, errTooLong, errShutdown, errKicked} {
		if errors.Is(result.Err, known) {
			return ftp.CodeDataAborted, "Transfer " + known.Error()
		}
	}
	return ftp.CodeDataAborted, "Transfer aborted"
}
