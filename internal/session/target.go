package session

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"math/rand/v2"
	"path"
	"strconv"
	"syscall"

	"pureftpd/internal/account"
	"pureftpd/internal/ftp"
	"pureftpd/internal/quota"
	"pureftpd/internal/rootfs"
)

const (
	maxRenames   = 10000 // bounds the search for a free name under -r
	openAttempts = 8     // bounds how often a file may appear and vanish while it is opened
)

// A target is the open file an upload goes to.
type target struct {
	upload
	file    *rootfs.File
	offset  int64  // where the data begins
	path    string // of the open file
	final   string // where it belongs when the upload is complete (-0); "": it is there already
	keep    bool   // never overwrite: the name is chosen among those that are free (-r)
	renamed bool   // it was, and is not the one the client gave

	counted bool        // it counts against the user's quota
	made    bool        // the file is new
	frees   quota.Delta // what will be deleted for it when it is complete (-0)
	covered quota.Delta // how much of frees the file has taken the place of
}

// atomic reports whether the file gets its name only when it is complete.
func (t *target) atomic() bool { return t.final != "" }

// openTarget opens the file for an upload whose data connection is there.
func (s *Session) openTarget(u upload) (*target, error) {
	t := &target{upload: u, path: s.path(u.name), keep: u.unique || s.cfg.AutoRename && !u.append && u.offset == 0}
	err := s.beginCounting(t)
	switch {
	case err != nil:
	case s.cfg.AtomicUploads && !u.append:
		err = s.openAtomic(t)
	case t.keep:
		err = s.openFree(t)
	default:
		err = s.openInPlace(t)
	}
	if err == nil {
		return t, nil
	}
	if refusal := s.quotaRefusal(u.name, err); refusal != nil {
		return nil, refusal
	}
	if refusal := s.foreign("write", u.name, err); refusal != nil {
		return nil, refusal
	}
	if _, ok := errors.AsType[*replyError](err); ok {
		return nil, err
	}
	return nil, s.cannotWrite(u.name, err)
}

// beginCounting finds out whether the upload counts. A quota that nobody can read leaves no room.
func (s *Session) beginCounting(t *target) error {
	if t.counted = s.counted(t.path); !t.counted {
		return nil
	}
	_, err := s.usage()
	return err
}

// foresee finds the reasons to refuse an upload that can be seen without touching a file. There may be others.
func (s *Session) foresee(u upload) error {
	if u.unique {
		return nil
	}
	file := s.path(u.name)
	facts, err := s.root.Facts(file, false)
	if s.counted(file) && !s.allowsUpload(err != nil || s.cfg.AutoRename) {
		return s.quotaRefusal(u.name, quota.ErrExceeded)
	}
	switch {
	case errors.Is(err, fs.ErrNotExist):
		facts, err = s.root.Facts(path.Dir(file), true)
		if err == nil && !facts.IsDir() {
			err = syscall.ENOTDIR
		}
	case err == nil && facts.IsSymlink():
		err = syscall.ELOOP
	case err == nil && !s.cfg.AutoRename:
		if err := s.mayOverwrite(&facts, u.name); err != nil {
			return err
		}
		err = s.root.MayChange(file)
	}
	if refusal := s.foreign("write", u.name, err); refusal != nil {
		return refusal
	}
	if err != nil {
		return s.cannotWrite(u.name, err)
	}
	return nil
}

// allowsUpload reports whether the quota leaves room for an upload at all, as far as can be seen before it: for one more file,
// if it is a new one.
func (s *Session) allowsUpload(anew bool) bool {
	u, err := s.usage()
	limits := s.allotment.limits
	return err == nil && !(anew && limits.Files.Set && u.Files >= limits.Files.N)
}

func (s *Session) fileMode() uint32 { return 0o777 &^ s.cfg.FileMask }

// openInPlace opens the file itself, or makes it, and cuts it where the data is to begin.
func (s *Session) openInPlace(t *target) error {
	if !t.counted {
		return s.openToCut(t, rootfs.Write|rootfs.Create)
	}
	err := error(fs.ErrExist)
	for n := 0; n < openAttempts && errors.Is(err, fs.ErrExist); n++ {
		if err = s.openToCut(t, rootfs.Write); errors.Is(err, fs.ErrNotExist) {
			err = s.create(t, t.path)
		}
	}
	return err
}

// openToCut opens the file as it is.
func (s *Session) openToCut(t *target, flags rootfs.OpenFlag) error {
	f, err := s.root.OpenFile(t.path, flags, s.fileMode())
	if err != nil {
		return err
	}
	t.file = f
	if err := s.bookIf(t.counted, quota.Delta{}, func(u quota.Usage) (quota.Delta, error) { return s.cut(t, u) }); err != nil {
		return errors.Join(err, f.Close())
	}
	return nil
}

// cut takes off what the upload is to replace.
func (s *Session) cut(t *target, u quota.Usage) (quota.Delta, error) {
	facts := t.file.Initial()
	if t.counted {
		own, err := t.file.TryOwn()
		if err == nil && !own {
			err = errBusy
		}
		if err == nil {
			facts, err = t.file.Facts()
		}
		if err == nil && facts.Nlink == 0 {
			err = fs.ErrNotExist // another session deleted it in this moment
		}
		if err != nil {
			return quota.Delta{}, err
		}
	}
	if err := s.mayOverwrite(&facts, t.name); err != nil {
		return quota.Delta{}, err
	}
	if t.append {
		t.offset = facts.Size
		return quota.Delta{}, nil
	}
	t.offset = min(t.upload.offset, facts.Size)
	excess := facts.Size - t.offset
	switch {
	case excess == 0:
		return quota.Delta{}, nil
	case t.counted && exceeds(u.Bytes, excess, s.allotment.limits.Bytes):
		return quota.Delta{}, quota.ErrExceeded // nothing would be gained by losing the old file
	}
	if err := t.file.Truncate(t.offset); err != nil {
		return quota.Delta{}, err
	}
	return quota.Delta{Bytes: -excess}, nil
}

// exceeds reports whether what is used is above the limit when something is given back; back may be less than zero.
func exceeds(used uint64, back int64, limit account.Limit) bool {
	switch {
	case !limit.Set:
		return false
	case back < 0:
		return used > limit.N || uint64(-back) > limit.N-used
	}
	return used > limit.N && used-limit.N > uint64(back)
}

// mayOverwrite refuses what is no regular file, and to anonymous users a file that holds something.
func (s *Session) mayOverwrite(facts *ftp.Facts, name string) error {
	if facts.IsDir() {
		return s.cannotWrite(name, syscall.EISDIR)
	}
	if !facts.IsRegular() {
		return refuse(ftp.CodeUnavailable, nil, name+" is not a regular file")
	}
	if s.account.Anonymous && facts.Size > 0 {
		return refuse(ftp.CodeUnavailable, nil, "An anonymous upload never replaces a file")
	}
	return nil
}

// cannotWrite refuses an upload because of what the system says of the file.
func (s *Session) cannotWrite(name string, err error) error {
	s.logFailed("Can't open that file", name, err)
	return refuseFor(ftp.CodeBadName, "Cannot write "+name, err)
}

// create makes a file that does not exist yet.
func (s *Session) create(t *target, path string) error {
	return s.cover(t, quota.Delta{Files: 1}, func(u quota.Usage) (quota.Delta, error) {
		if t.counted && exceeds(u.Bytes, t.frees.Bytes, s.allotment.limits.Bytes) {
			return quota.Delta{}, quota.ErrExceeded // the limit was lowered: there is no room for a first byte
		}
		f, err := s.root.OpenFile(path, rootfs.Write|rootfs.Create|rootfs.Exclusive, s.fileMode())
		if err != nil {
			return quota.Delta{}, err
		}
		t.file, t.path, t.made = f, path, true
		if t.counted {
			_, err = f.TryOwn() // nobody else can have it yet
		}
		return quota.Delta{Files: 1}, err
	})
}

// cover does a deed of the upload and books it. What takes the place of something that will be deleted does not count.
func (s *Session) cover(t *target, charge quota.Delta, do deed) error {
	if !t.counted {
		_, err := do(quota.Usage{})
		return err
	}
	most := quota.Delta{
		Files: min(charge.Files, t.frees.Files-t.covered.Files), Bytes: min(charge.Bytes, t.frees.Bytes-t.covered.Bytes),
	}
	return s.bookCovered(charge, most, func(u quota.Usage) (actual, covered quota.Delta, err error) {
		actual, err = do(u)
		covered = quota.Delta{Files: min(most.Files, actual.Files), Bytes: min(most.Bytes, actual.Bytes)}
		t.covered.Files += covered.Files
		t.covered.Bytes += covered.Bytes
		return actual, covered, err
	})
}

// openFree makes a file under the first free name: name, name.1, name.2 (-r and STOU).
func (s *Session) openFree(t *target) error {
	given := t.name
	for n := range maxRenames {
		name := numbered(given, n)
		err := s.create(t, s.path(name))
		if errors.Is(err, fs.ErrExist) {
			continue
		}
		t.name, t.renamed = name, n > 0
		return err
	}
	return fs.ErrExist
}

func numbered(name string, n int) string {
	if n == 0 {
		return name
	}
	return name + "." + strconv.Itoa(n)
}

// openAtomic makes a file under a name of its own beside the final one; a restart copies what is to stay (-0).
func (s *Session) openAtomic(t *target) error {
	facts, err := s.root.Facts(t.path, false)
	anew := t.keep
	switch {
	case errors.Is(err, fs.ErrNotExist):
		anew = true
		facts = ftp.Facts{Mode: ftp.ModeRegular}
	case err != nil:
		return err
	}
	if !t.keep {
		err := s.mayOverwrite(&facts, t.name)
		if err == nil && !anew {
			err = s.root.MayChange(t.path)
		}
		if err != nil {
			return err
		}
	}
	if !anew {
		t.frees = quota.Delta{Files: 1, Bytes: facts.Size}
	}
	t.final = t.path
	temporary := fmt.Sprintf("%supload.%016x%016x", ftp.TempPrefix, rand.Uint64(), rand.Uint64())
	if err := s.create(t, path.Join(path.Dir(t.final), temporary)); err != nil {
		return err
	}
	t.offset = min(t.upload.offset, facts.Size)
	if t.offset == 0 {
		return nil
	}
	if err := s.copyStart(t); err != nil {
		return errors.Join(err, t.file.Close(), s.discard(t))
	}
	return nil
}

// copyStart copies the bytes ahead of the restart marker from the file as it is.
func (s *Session) copyStart(t *target) error {
	old, err := s.root.OpenFile(t.final, rootfs.Read, 0)
	if err != nil {
		return err
	}
	to := io.Writer(t.file)
	if t.counted {
		to = &bookedWriter{room{s, t}, t.file}
	}
	_, err = io.CopyN(to, old, t.offset)
	return errors.Join(err, old.Close())
}
