package passwdfile

import (
	"errors"
	"fmt"
	"io/fs"
	"math/rand/v2"
	"os"
	"syscall"
	"time"

	"pureftpd/internal/replace"
)

const (
	// temporarySuffix makes the name that the original tool uses too.
	temporarySuffix = ".tmp"

	// leftoverAge is the age at which a temporary file nobody has written to for as long belongs to
	// a program that was killed: no change of a password file takes a tenth of that.
	leftoverAge = time.Minute

	// silence is how long to wait for another program without a word.
	silence = 2 * time.Second

	// pollStep is the least time between two tries to get what another program holds.
	pollStep = 2 * time.Millisecond
)

// A lock is the right to replace a file.
type lock struct {
	file      *os.File // the text as it is, locked; its name is the path
	created   bool     // file was missing
	temporary *os.File // the text to come
	replaced  bool     // temporary was renamed over file
}

// errBusy says that another program holds what is needed.
var errBusy = errors.New("busy")

// lock waits for the right to replace the file at path, which is no symbolic link.
func (u *Updater) lock(path string) (*lock, error) {
	wait := u.Wait
	if wait == 0 {
		wait = DefaultWait
	}
	begun := time.Now()
	deadline, silent := begun.Add(wait), true
	for {
		l, err := u.tryLock(path)
		if !errors.Is(err, errBusy) {
			return l, err
		}
		if silent && u.Warn != nil && time.Since(begun) > silence {
			silent = false
			u.Warn(fmt.Sprintf("waiting, for at most %v: %v", wait, err))
		}
		if !time.Now().Before(deadline) {
			return nil, fmt.Errorf("waited %v: %w", wait, err)
		}
		time.Sleep(pollStep + rand.N(4*pollStep))
	}
}

// tryLock tries to get the right once. Its error wraps errBusy if it may be had later.
func (u *Updater) tryLock(path string) (*lock, error) {
	file, created, err := open(path)
	if err != nil {
		return nil, err
	}
	l := &lock{file: file, created: created}
	if err := l.own(); err != nil {
		return nil, errors.Join(err, file.Close())
	}
	l.temporary, err = u.temporary(path + temporarySuffix)
	if err == nil {
		err = l.stillThere() // the original may have come in between
	}
	if err != nil {
		return nil, errors.Join(err, l.release())
	}
	return l, nil
}

// open opens the file at path, or creates it if it is missing.
func open(path string) (file *os.File, created bool, err error) {
	const flags = syscall.O_NOFOLLOW | syscall.O_NONBLOCK // a pipe shall not block
	// Locks of some network file systems ask for a file that is open for writing.
	file, err = os.OpenFile(path, os.O_RDWR|flags, 0)
	if errors.Is(err, fs.ErrPermission) {
		file, err = os.OpenFile(path, os.O_RDONLY|flags, 0)
	}
	if errors.Is(err, fs.ErrNotExist) {
		file, err = os.OpenFile(path, os.O_RDWR|os.O_CREATE|os.O_EXCL|flags, 0o600)
		created = err == nil
		if errors.Is(err, fs.ErrExist) {
			err = fmt.Errorf("%s is being created: %w", path, errBusy)
		}
	}
	if errors.Is(err, syscall.ELOOP) {
		err = fmt.Errorf("%s has become a link: %w", path, errBusy)
	}
	return file, created, err
}

// own locks the file and makes sure that it is still the one at its path.
func (l *lock) own() error {
	info, err := l.file.Stat()
	if err != nil {
		return err
	}
	if !info.Mode().IsRegular() {
		return fmt.Errorf("%s is not a regular file", l.file.Name())
	}
	err = replace.TryLock(l.file)
	if errors.Is(err, replace.ErrLocked) {
		return fmt.Errorf("%w (fuser %s tells which): %w", err, l.file.Name(), errBusy)
	}
	if err != nil {
		return err
	}
	return l.stillThere()
}

// stillThere tells whether the locked file is the one at its path.
func (l *lock) stillThere() error {
	current, err := replace.Current(l.file)
	if err == nil && !current {
		return fmt.Errorf("%s is being replaced over and over: %w", l.file.Name(), errBusy)
	}
	return err
}

// temporary creates the temporary file. The lock is held: what is there belongs to the original
// tool, or to a program that was killed.
func (u *Updater) temporary(path string) (*os.File, error) {
	f, err := create(path)
	if !errors.Is(err, fs.ErrExist) {
		return f, err
	}
	info, err := os.Lstat(path)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return nil, fmt.Errorf("%s comes and goes: %w", path, errBusy)
	case err != nil:
		return nil, err
	case time.Since(info.ModTime()) < leftoverAge:
		return nil, fmt.Errorf("%s is in the way: another pure-pw is at work, or one was killed less than %v ago "+
			"and left it behind: %w", path, leftoverAge, errBusy)
	case info.IsDir():
		return nil, fmt.Errorf("%s is in the way: a directory", path)
	}
	if err := os.Remove(path); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return nil, err
	}
	if u.Warn != nil {
		u.Warn(fmt.Sprintf("removed %s, which a killed program left behind on %s",
			path, info.ModTime().Format(time.DateTime)))
	}
	return create(path)
}

// create creates a file that was not there.
func create(path string) (*os.File, error) {
	return os.OpenFile(path, os.O_WRONLY|os.O_CREATE|os.O_EXCL|syscall.O_NOFOLLOW, 0o600)
}

// release gives the lock back and leaves no file behind that was not there before, but for the one
// that change wanted.
func (l *lock) release() error {
	var err error
	if l.temporary != nil {
		err = l.temporary.Close()
		if !l.replaced {
			err = errors.Join(err, os.Remove(l.temporary.Name()))
		}
	}
	if l.created && !l.replaced {
		err = errors.Join(err, l.uncreate())
	}
	return errors.Join(err, l.file.Close())
}

// uncreate removes the file that was created to have something to lock, unless it has been put to
// use meanwhile.
func (l *lock) uncreate() error {
	if err := l.stillThere(); err != nil {
		if errors.Is(err, errBusy) {
			return nil
		}
		return err
	}
	info, err := l.file.Stat()
	if err != nil || info.Size() > 0 {
		return err
	}
	return os.Remove(l.file.Name())
}
