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

	"pureftpd/internal/ftp"
	"pureftpd/internal/rootfs"
	"pureftpd/internal/transfer"
)

// maxRenames bounds the search for a free name under -r.
const maxRenames = 10000

// A target is the open file an upload goes to.
type target struct {
	upload
	file    *rootfs.File
	offset  int64  // where the data begins
	path    string // of the open file
	final   string // where it belongs when the upload is complete (-0); "": it is there already
	keep    bool   // never overwrite: the name is chosen among those that are free (-r)
	renamed bool   // it was, and is not the one the client gave
}

// atomic reports whether the file gets its name only when it is complete.
func (t *target) atomic() bool { return t.final != "" }

// openTarget opens the file for an upload whose data connection is there.
func (s *Session) openTarget(u upload) (*target, error) {
	t := &target{upload: u, path: s.path(u.name), keep: u.unique || s.cfg.AutoRename && !u.append && u.offset == 0}
	var err error
	switch {
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
	if _, ok := errors.AsType[*replyError](err); ok {
		return nil, err
	}
	return nil, refuseFor(ftp.CodeBadName, "Cannot write "+u.name, err)
}

// foresee finds the reasons to refuse an upload that can be seen without touching a file. There may be others.
func (s *Session) foresee(u upload) error {
	if u.unique {
		return nil
	}
	file := s.path(u.name)
	facts, err := s.root.Facts(file, false)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		facts, err = s.root.Facts(path.Dir(file), true)
		if err == nil && !facts.IsDir() {
			err = syscall.ENOTDIR
		}
	case err == nil && facts.IsSymlink():
		err = syscall.ELOOP
	case err == nil && !s.cfg.AutoRename:
		return s.mayOverwrite(&facts, u.name)
	}
	if err != nil {
		return refuseFor(ftp.CodeBadName, "Cannot write "+u.name, err)
	}
	return nil
}

func (s *Session) fileMode() uint32 { return 0o777 &^ s.cfg.FileMask }

// openInPlace opens the file itself, and cuts it where the data is to begin.
func (s *Session) openInPlace(t *target) error {
	f, err := s.root.OpenFile(t.path, rootfs.Write|rootfs.Create, s.fileMode())
	if err != nil {
		return err
	}
	facts := f.Initial()
	if err = s.mayOverwrite(&facts, t.name); err == nil {
		t.offset = min(t.upload.offset, facts.Size)
		if t.append {
			t.offset = facts.Size
		} else if facts.Size > t.offset {
			err = f.Truncate(t.offset)
		}
	}
	if err != nil {
		return errors.Join(err, f.Close())
	}
	t.file = f
	return nil
}

// mayOverwrite refuses what is no regular file, and to anonymous users a file that holds something.
func (s *Session) mayOverwrite(facts *ftp.Facts, name string) error {
	if facts.IsDir() {
		return refuseFor(ftp.CodeBadName, "Cannot write "+name, syscall.EISDIR)
	}
	if !facts.IsRegular() {
		return refuse(ftp.CodeUnavailable, nil, name+" is not a regular file")
	}
	if s.account.Anonymous && facts.Size > 0 {
		return refuse(ftp.CodeUnavailable, nil, "An anonymous upload never replaces a file")
	}
	return nil
}

// openFree makes a file under the first free name: name, name.1, name.2 (-r and STOU).
func (s *Session) openFree(t *target) error {
	for n := range maxRenames {
		name := numbered(t.name, n)
		f, err := s.root.OpenFile(s.path(name), rootfs.Write|rootfs.Create|rootfs.Exclusive, s.fileMode())
		if errors.Is(err, fs.ErrExist) {
			continue
		}
		if err != nil {
			return err
		}
		t.file, t.path, t.name, t.renamed = f, s.path(name), name, n > 0
		return nil
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
	switch {
	case errors.Is(err, fs.ErrNotExist):
		facts = ftp.Facts{Mode: ftp.ModeRegular}
	case err != nil:
		return err
	}
	if !t.keep {
		if err := s.mayOverwrite(&facts, t.name); err != nil {
			return err
		}
	}
	t.final = t.path
	t.path = path.Join(path.Dir(t.final), fmt.Sprintf("%supload.%016x%016x", ftp.TempPrefix, rand.Uint64(), rand.Uint64()))
	t.file, err = s.root.OpenFile(t.path, rootfs.Write|rootfs.Create|rootfs.Exclusive, s.fileMode())
	if err != nil {
		return err
	}
	t.offset = min(t.upload.offset, facts.Size)
	if t.offset == 0 {
		return nil
	}
	if err := s.copyStart(t); err != nil {
		return errors.Join(err, t.file.Close(), s.root.Unlink(t.path))
	}
	return nil
}

// copyStart copies the bytes ahead of the restart marker from the file as it is.
func (s *Session) copyStart(t *target) error {
	old, err := s.root.OpenFile(t.final, rootfs.Read, 0)
	if err != nil {
		return err
	}
	_, err = io.CopyN(t.file, old, t.offset)
	return errors.Join(err, old.Close())
}

// finish closes the file and, if it was to appear only when complete, puts it in its place or removes it. An error of closing
// becomes the transfer's own: bytes the kernel did not take were not received.
func (t *target) finish(root *rootfs.Root, result *transfer.Result) error {
	if err := t.file.Close(); err != nil && result.Err == nil {
		result.Err = &transfer.SinkError{Op: "close", Err: err}
	}
	switch {
	case !t.atomic():
		return result.Err
	case result.Err != nil:
		return errors.Join(result.Err, root.Unlink(t.path))
	case !t.keep:
		if err := root.Rename(t.path, t.final); err != nil {
			return errors.Join(err, root.Unlink(t.path))
		}
		return nil
	}
	return t.linkFree(root)
}

// linkFree gives the finished file the first free name.
func (t *target) linkFree(root *rootfs.Root) error {
	err := error(fs.ErrExist)
	for n := 0; n < maxRenames && errors.Is(err, fs.ErrExist); n++ {
		if err = root.Link(t.path, numbered(t.final, n)); err == nil {
			t.name, t.renamed = numbered(t.name, n), n > 0
		}
	}
	return errors.Join(err, root.Unlink(t.path))
}
