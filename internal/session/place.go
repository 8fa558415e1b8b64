package session

import (
	"errors"
	"io/fs"

	"pureftpd/internal/quota"
	"pureftpd/internal/record"
	"pureftpd/internal/transfer"
)

// finish closes the file, and puts it in its place or removes it if it was to appear only when complete. An error of closing
// becomes the transfer's own: bytes the kernel did not take were not received. What the quota had no room for does not stay.
func (s *Session) finish(t *target, result *transfer.Result) error {
	if result.Cause() == transfer.NoRoom && !t.atomic() {
		if err := s.takeBack(t); err != nil {
			s.logf(record.Error, "take back %s: %v", s.logPath(t.name), err)
		}
	}
	if err := t.file.Close(); err != nil && result.Err == nil {
		result.Err = &transfer.SinkError{Op: "close", Err: err}
	}
	switch {
	case !t.atomic():
		return result.Err
	case result.Err != nil:
		return errors.Join(result.Err, s.discard(t))
	}
	place := s.replace
	if t.keep {
		place = s.linkFree
	}
	if err := place(t); err != nil {
		return errors.Join(err, s.discard(t))
	}
	return nil
}

// abandon takes back a file that an upload made for nothing, if it did, and returns why.
func (s *Session) abandon(t *target, why error) error {
	if t == nil {
		return why
	}
	var err error
	if t.atomic() {
		err = errors.Join(t.file.Close(), s.discard(t))
	} else {
		err = errors.Join(s.takeBack(t), t.file.Close())
	}
	if err != nil {
		s.logf(record.Error, "take back %s: %v", s.logPath(t.name), err)
	}
	return why
}

// takeBack undoes an upload that met the limit: a file that it began is deleted, one that it went on with gets its old length.
// The file is still open, so that no other session writes it.
func (s *Session) takeBack(t *target) error {
	return s.bookIf(t.counted, quota.Delta{}, func(quota.Usage) (quota.Delta, error) {
		facts, err := t.file.Facts()
		if err != nil {
			return quota.Delta{}, err
		}
		named, err := s.root.Facts(t.path, false)
		begun := t.made || t.offset == 0 && !t.append
		if begun && err == nil && named.Dev == facts.Dev && named.Ino == facts.Ino {
			if err := s.root.Unlink(t.path); err == nil {
				return quota.Delta{Files: -1, Bytes: -facts.Size}, nil
			}
		}
		if err := t.file.Truncate(t.offset); err != nil { // it was renamed meanwhile, or may not be deleted
			return quota.Delta{}, err
		}
		return quota.Delta{Bytes: t.offset - facts.Size}, nil
	})
}

// discard removes the file of an atomic upload that will not be put in its place.
func (s *Session) discard(t *target) error {
	return s.uncover(t, func(quota.Usage) (quota.Delta, error) {
		facts, err := s.root.Facts(t.path, false)
		if err == nil {
			err = s.root.Unlink(t.path)
		}
		if err != nil { // a directory on its way was renamed: it is there still, and counts
			return quota.Delta{}, err
		}
		return quota.Delta{Files: -1, Bytes: -facts.Size}, nil
	})
}

// uncover does a deed that ends an atomic upload: from now on everything counts that it has stored.
func (s *Session) uncover(t *target, do deed) error {
	if !t.counted {
		_, err := do(quota.Usage{})
		return err
	}
	return s.bookCovered(quota.Delta{}, quota.Delta{}, func(u quota.Usage) (actual, covered quota.Delta, err error) {
		actual, err = do(u)
		covered, t.covered = minus(t.covered), quota.Delta{}
		return actual, covered, err
	})
}

// replace gives the finished file its name, and takes the one that had it off the books.
func (s *Session) replace(t *target) error {
	if !t.counted {
		return s.root.Rename(t.path, t.final)
	}
	return s.uncover(t, func(u quota.Usage) (quota.Delta, error) {
		var replaced quota.Delta
		old, err := s.root.Facts(t.final, false)
		switch {
		case err == nil:
			release, err := s.free(t.final, &old)
			defer release()
			if err != nil {
				return quota.Delta{}, err
			}
			replaced = s.worth(t.final, &old)
		case !errors.Is(err, fs.ErrNotExist):
			return quota.Delta{}, err
		}
		limits := s.allotment.limits
		if exceeds(u.Bytes, replaced.Bytes-t.covered.Bytes, limits.Bytes) ||
			exceeds(u.Files, replaced.Files-t.covered.Files, limits.Files) {
			return quota.Delta{}, quota.ErrExceeded // what it was to replace is smaller now, or gone
		}
		if err := s.root.Rename(t.path, t.final); err != nil {
			return quota.Delta{}, err
		}
		return minus(replaced), nil
	})
}

// linkFree gives the finished file the first free name.
func (s *Session) linkFree(t *target) error {
	return s.bookIf(t.counted, quota.Delta{}, func(quota.Usage) (quota.Delta, error) {
		err := error(fs.ErrExist)
		given := t.name
		for n := 0; n < maxRenames && errors.Is(err, fs.ErrExist); n++ {
			if err = s.root.Link(t.path, numbered(t.final, n)); err == nil {
				t.name, t.renamed = numbered(given, n), n > 0
			}
		}
		if err != nil {
			return quota.Delta{}, err
		}
		return quota.Delta{}, s.root.Unlink(t.path)
	})
}
