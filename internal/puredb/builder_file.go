package puredb

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"syscall"
	"time"

	"pureftpd/internal/replace"
)

const (
	// newSuffix makes the name of the file to come, which is also the lock of those who build it.
	// The original uses other names (".index", ".data") and no lock: nothing of the two can mix.
	newSuffix = ".new"

	// spoolSuffix makes the name that the spool has for the moment of its creation.
	spoolSuffix = ".new.records"

	// buildWait is how long to wait for another program that builds the same file. A million of
	// records take it a few seconds.
	buildWait = 60 * time.Second

	// buildPoll is the time between two looks whether it is done.
	buildPoll = 10 * time.Millisecond
)

// Replace puts a new file of the records that fill adds in the place of the one at path. Programs that
// do so at the same time wait for each other: fill runs when no other is at work, so the last one has
// read the newest source. Readers see the old file or the new one. Owner and mode of the old one are
// kept; without an old one the mode is 0600. Of a symbolic link at path, the file it leads to is
// replaced.
//
// After an error the old file is there, and nothing else, but for an error of the last step, the
// flush of the directory. A killed program leaves a file behind, named like the database with ".new"
// behind; the next one uses it.
func Replace(path string, fill func(*Builder) error) error {
	return replaceWithin(buildWait, path, fill)
}

// replaceWithin is Replace with a bound for the wait.
func replaceWithin(wait time.Duration, path string, fill func(*Builder) error) (err error) {
	path, err = replace.Target(path)
	if err != nil {
		return err
	}
	old, err := os.Lstat(path)
	if err == nil && !old.Mode().IsRegular() {
		return fmt.Errorf("%s is not a regular file", path)
	}
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	f, err := waitForNew(path+newSuffix, time.Now().Add(wait))
	if err != nil {
		return err
	}
	renamed := false
	defer func() {
		var failed error
		if !renamed {
			failed = os.Remove(f.Name()) // before the lock is given back
		}
		if failed = errors.Join(failed, f.Close()); failed != nil {
			err = errors.Join(err, failed)
		}
	}()
	if err := build(f, path+spoolSuffix, fill); err != nil {
		return err
	}
	if err := resembleOld(f, path); err != nil {
		return err
	}
	if err := f.Sync(); err != nil {
		return err
	}
	if err := os.Rename(f.Name(), path); err != nil {
		return err
	}
	renamed = true
	return replace.SyncDir(path)
}

// waitForNew opens the file to come and locks it.
func waitForNew(path string, deadline time.Time) (*os.File, error) {
	for {
		f, err := openNew(path)
		if !errors.Is(err, replace.ErrLocked) {
			return f, err
		}
		if !time.Now().Before(deadline) {
			return nil, fmt.Errorf("another program builds the same database and does not come to an end "+
				"(fuser %s tells which): %w", path, err)
		}
		time.Sleep(buildPoll)
	}
}

// openNew opens the file to come, empty and locked. Its error wraps replace.ErrLocked if it may be had
// later.
func openNew(path string) (*os.File, error) {
	f, err := os.OpenFile(path, os.O_RDWR|os.O_CREATE|syscall.O_NOFOLLOW|syscall.O_NONBLOCK, 0o600)
	if err != nil {
		return nil, err
	}
	if err := takeNew(f); err != nil {
		return nil, errors.Join(err, f.Close())
	}
	return f, nil
}

// takeNew locks and empties the file to come, which may have been left behind by a program that was
// killed.
func takeNew(f *os.File) error {
	if err := replace.TryLock(f); err != nil {
		return err
	}
	current, err := replace.Current(f)
	if err == nil && !current {
		err = fmt.Errorf("%s was replaced: %w", f.Name(), replace.ErrLocked)
	}
	if err != nil {
		return err
	}
	info, err := f.Stat()
	if err != nil {
		return err
	}
	if !info.Mode().IsRegular() {
		return fmt.Errorf("%s is in the way: not a regular file", f.Name())
	}
	stat := info.Sys().(*syscall.Stat_t)
	if stat.Nlink != 1 || int(stat.Uid) != os.Geteuid() {
		// Whoever owns it may have it open: it must not get the passwords.
		if err := os.Remove(f.Name()); err != nil {
			return fmt.Errorf("left behind by another user: %w", err)
		}
		return fmt.Errorf("%s was removed: %w", f.Name(), replace.ErrLocked)
	}
	return errors.Join(f.Chmod(0o600), f.Truncate(0))
}

// build writes the file that holds what fill adds.
func build(f *os.File, spoolPath string, fill func(*Builder) error) (err error) {
	spool, err := newSpool(spoolPath)
	if err != nil {
		return err
	}
	defer func() {
		if failed := spool.Close(); failed != nil {
			err = errors.Join(err, failed)
		}
	}()
	b, err := NewBuilder(spool)
	if err != nil {
		return err
	}
	if err := fill(b); err != nil {
		return err
	}
	return b.Finish(f)
}

// newSpool returns a file without a name. The lock is held: one that is there was left behind.
func newSpool(path string) (*os.File, error) {
	if err := os.Remove(path); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return nil, err
	}
	f, err := os.OpenFile(path, os.O_RDWR|os.O_CREATE|os.O_EXCL|syscall.O_NOFOLLOW, 0o600)
	if err != nil {
		return nil, err
	}
	if err := os.Remove(path); err != nil {
		return nil, errors.Join(err, f.Close())
	}
	return f, nil
}

// resembleOld makes f look like the file at path, if there is one.
func resembleOld(f *os.File, path string) error {
	old, err := os.Lstat(path)
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	if err != nil {
		return err
	}
	return replace.Resemble(f, old)
}
