package session

import (
	"errors"
	"fmt"
	"math"
	"math/bits"
	pathpkg "path"
	"strings"

	"pureftpd/internal/account"
	"pureftpd/internal/ftp"
	"pureftpd/internal/quota"
	"pureftpd/internal/record"
	"pureftpd/internal/rootfs"
)

// quotaFile holds what the user has stored, in the top directory of his root. Its name is the original's.
const quotaFile = ".ftpquota"

// An allotment is what a user may store.
type allotment struct {
	limits quota.Limits
	ledger *quota.Ledger // what he has stored; nil until it could be opened
}

var (
	errBusy = errors.New("another session writes this file")
	// errBorder says that a rename would move files between what counts against the quota and what does not.
	errBorder = errors.New("a rename leads into or out of a shared directory")
)

// A ledgerError says that the quota could not be kept, because the ledger was not to be had. The deed was not done.
type ledgerError struct{ err error }

func (e *ledgerError) Error() string { return "quota: " + e.err.Error() }
func (e *ledgerError) Unwrap() error { return e.err }

// quotaOf is the account's quota, or the server's (-n) for what the account leaves open. Who is trusted has none.
func (s *Session) quotaOf(a account.Account) (limits quota.Limits, on bool) {
	if a.Anonymous || s.trusted {
		return quota.Limits{}, false
	}
	limits = quota.Limits{Files: a.Limits.MaxFiles, Bytes: a.Limits.MaxBytes}
	if !limits.Files.Set {
		limits.Files = s.cfg.MaxUserFiles
	}
	if !limits.Bytes.Set {
		limits.Bytes = s.cfg.MaxUserBytes
	}
	return limits, limits.Files.Set || limits.Bytes.Set
}

// allot gives the user his quota. A ledger that cannot be opened is no reason against the login: what needs it is refused.
func (s *Session) allot(limits quota.Limits) {
	s.allotment = &allotment{limits: limits}
	if _, err := s.ledger(); err != nil {
		s.logf(record.Error, "%s: %v; uploads are refused, pure-quotacheck may help", s.prefix+quotaFile, err)
	}
}

// ledger is the user's ledger, opened if need be.
func (s *Session) ledger() (*quota.Ledger, error) {
	a := s.allotment
	if a.ledger != nil {
		return a.ledger, nil
	}
	ledger, err := s.parts.Quotas.Open(func() (quota.File, error) {
		return s.root.OpenFile("/"+quotaFile, rootfs.Read|rootfs.Write|rootfs.Create|rootfs.Unowned, 0o600)
	})
	if err == nil {
		a.ledger = ledger
	}
	return ledger, err
}

// closeLedger gives the ledger back. What was booked is in the file already.
func (s *Session) closeLedger() {
	if s.allotment == nil || s.allotment.ledger == nil {
		return
	}
	if err := s.allotment.ledger.Close(); err != nil {
		s.logf(record.Error, "close %s: %v", s.prefix+quotaFile, err)
	}
	s.allotment.ledger = nil
}

// counted reports whether what lies at a path counts against the user's quota.
func (s *Session) counted(path string) bool {
	if s.allotment == nil {
		return false
	}
	outside, err := s.root.Outside(path)
	return err != nil || !outside // where the path leads nowhere, nothing will be done with it
}

// A deed changes what the user has stored and says by how much. It is told what was stored before.
type deed func(quota.Usage) (quota.Delta, error)

// book does a deed at a path and books what it did. The charge is what the deed may add at most; a deed that the limits leave
// no room for is not done. Errors of the deed come through as they are.
func (s *Session) book(path string, charge quota.Delta, do deed) error {
	return s.bookIf(s.counted(path), charge, do)
}

// bookIf is book for a deed of which is known whether it counts.
func (s *Session) bookIf(counted bool, charge quota.Delta, do deed) error {
	if !counted {
		_, err := do(quota.Usage{})
		return err
	}
	return s.bookCovered(charge, quota.Delta{}, func(u quota.Usage) (actual, covered quota.Delta, err error) {
		actual, err = do(u)
		return actual, quota.Delta{}, err
	})
}

// bookCovered is book for a deed that counts. So much of the charge as is covered takes the place of what will be deleted.
func (s *Session) bookCovered(
	charge, covered quota.Delta, do func(quota.Usage) (actual, covered quota.Delta, err error),
) error {
	for {
		ledger, err := s.ledger()
		done := false
		if err == nil {
			err = ledger.Cover(s.allotment.limits, charge, covered, func(u quota.Usage) (quota.Delta, quota.Delta, error) {
				done = true
				return do(u)
			})
		}
		switch {
		case err == nil || done || errors.Is(err, quota.ErrExceeded):
			return err
		case errors.Is(err, quota.ErrStale):
			s.closeLedger() // somebody replaced the file
		case charge == quota.Delta{}: // nothing is added: the user may clean up where nobody counts
			s.logf(record.Error, "%s: %v", s.prefix+quotaFile, err)
			_, _, err = do(quota.Usage{})
			return err
		default:
			return &ledgerError{err}
		}
	}
}

// usage is what the user has stored.
func (s *Session) usage() (quota.Usage, error) {
	for {
		ledger, err := s.ledger()
		if err != nil {
			return quota.Usage{}, &ledgerError{err}
		}
		u, err := ledger.Usage()
		switch {
		case err == nil:
			return u, nil
		case !errors.Is(err, quota.ErrStale):
			return quota.Usage{}, &ledgerError{err}
		}
		s.closeLedger()
	}
}

// usageLines tell what the user has stored and may store: a line for each limit there is, in the shape of Pure-FTPd.
func (s *Session) usageLines() []string {
	if s.allotment == nil {
		return nil
	}
	u, err := s.usage()
	if err != nil {
		return nil // it is in the log since the login, and in the reply to every upload
	}
	var lines []string
	if limit := s.allotment.limits.Files; limit.Set {
		lines = append(lines, fmt.Sprintf("%d files stored (%d%%), at most %d files", u.Files, percent(u.Files, limit.N), limit.N))
	}
	if limit := s.allotment.limits.Bytes; limit.Set {
		lines = append(lines, fmt.Sprintf("%d Kbytes stored (%d%%), at most %d Kb", u.Bytes/1024, percent(u.Bytes, limit.N), limit.N/1024))
	}
	return lines
}

// percent is n in hundredths of limit, rounded down. Nothing of nothing is all of it.
func percent(n, limit uint64) uint64 {
	if limit == 0 {
		return 100
	}
	high, low := bits.Mul64(n, 100)
	if high >= limit {
		return math.MaxUint64
	}
	quotient, _ := bits.Div64(high, low, limit)
	return quotient
}

// withUsage puts what the user has stored before the last line of a reply.
func (s *Session) withUsage(r ftp.Reply) ftp.Reply {
	r.Before = append(r.Before, s.usageLines()...)
	return r
}

// quotaRefusal makes a refusal of an error of book, or returns nil if the quota is not the reason. name is what was to be
// stored or changed.
func (s *Session) quotaRefusal(name string, err error) error {
	if errors.Is(err, errBusy) {
		return refuse(ftp.CodeFileBusy, err, "Another session is writing "+name+", try again later")
	}
	if errors.Is(err, quota.ErrExceeded) {
		s.tally.limit(LimitQuota)
		return refuse(ftp.CodeQuotaExceeded, err, append(s.usageLines(), "Quota exceeded: "+name+" is not stored")...)
	}
	if _, ok := errors.AsType[*ledgerError](err); ok {
		s.logf(record.Error, "%s: %v", s.prefix+quotaFile, err)
		return refuse(ftp.CodeQuotaExceeded, err, "Your quota cannot be read, so nothing can be stored: tell the administrator")
	}
	return nil
}

// bookkeeping reports whether a pathname names what the server itself keeps in a root with a quota.
func bookkeeping(name string) bool {
	if strings.Contains(name, quotaFile) {
		return true
	}
	for part := range strings.SplitSeq(name, "/") {
		if strings.HasPrefix(part, ftp.TempPrefix) {
			return true
		}
	}
	return false
}

// free reports whether no other session writes the file at a path, as far as can be seen: what is written now must not be
// deleted or replaced, or its bytes would be counted for ever. release ends the claim on it.
func (s *Session) free(path string, facts *ftp.Facts) (release func(), err error) {
	nothing := func() {}
	if !facts.IsRegular() {
		return nothing, nil
	}
	f, err := s.root.OpenFile(path, rootfs.Read, 0)
	if err != nil {
		return nothing, nil // not a file, or one that only its owner's mode protects
	}
	own, err := f.TryOwn()
	if err == nil && own {
		return func() { _ = f.Close() }, nil // only read
	}
	_ = f.Close() // only read
	if err != nil {
		return nothing, err
	}
	return nothing, errBusy
}

// worth is what an existing file counts: nothing if it is a link that leads nowhere, or out.
func (s *Session) worth(path string, facts *ftp.Facts) quota.Delta {
	if facts.IsSymlink() {
		target, err := s.root.Facts(path, true)
		if err != nil || !target.IsRegular() || s.leadsOut(path) {
			return quota.Delta{}
		}
		facts = &target
	}
	if facts.IsRegular() {
		return quota.Delta{Files: 1, Bytes: facts.Size}
	}
	if facts.IsDir() {
		return quota.Delta{Files: 1}
	}
	return quota.Delta{}
}

// leadsOut reports whether the link at a path leads out of what is counted.
func (s *Session) leadsOut(path string) bool {
	target, err := s.root.Readlink(path)
	if err != nil {
		return true
	}
	outside, err := s.root.Outside(ftp.Join(pathpkg.Dir(path), target))
	return err != nil || outside
}

// minus is a delta the other way.
func minus(d quota.Delta) quota.Delta { return quota.Delta{Files: -d.Files, Bytes: -d.Bytes} }
