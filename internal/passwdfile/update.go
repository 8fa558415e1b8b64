package passwdfile

import (
	"errors"
	"fmt"
	"io"
	"os"
	"time"

	"pureftpd/internal/replace"
)

// DefaultWait is how long an Updater waits for another program that changes the same file.
const DefaultWait = 30 * time.Second

// An Updater changes the password file at Path. Any number of programs may do so at once: none of
// their changes is lost, and whoever reads the file meanwhile sees it whole, before or after.
//
// What excludes another Updater is a lock (flock) on the file itself. What excludes the original
// tool is a file beside it, named like it with ".tmp" behind: the original takes its existence for a
// lock. The new text is written there and renamed over the old, so owner and mode are kept, while
// other hard links go on showing the old text. A symbolic link at Path stays: the file it leads to
// is replaced, with its ".tmp" beside that one.
type Updater struct {
	Path string

	// Wait is how long to wait for others; 0 means DefaultWait.
	Wait time.Duration

	// Warn is told, in a line without its end, of a leftover that was removed, and of a wait that takes long; nil means
	// nobody is.
	Warn func(message string)
}

// Update changes the password file at path as an Updater of no further wishes does.
func Update(path string, change func(old []byte) ([]byte, error)) error {
	return (&Updater{Path: path}).Update(change)
}

// Update replaces the file's text by what change makes of it. A file that is missing is created,
// with mode 0600, and change gets no text. The error of change is returned as it is, and leaves
// everything as it was; so does any other, but for one of the very last step, the flush of the
// directory, after which the new text is in place but may not survive a power failure.
//
// Others wait while change runs: it asks nobody for a password.
func (u *Updater) Update(change func(old []byte) ([]byte, error)) (err error) {
	path, err := replace.Target(u.Path)
	if err != nil {
		return err
	}
	l, err := u.lock(path)
	if err != nil {
		return err
	}
	defer func() {
		if failed := l.release(); failed != nil {
			err = errors.Join(err, failed)
		}
	}()
	old, err := io.ReadAll(l.file)
	if err != nil {
		return fmt.Errorf("read %s: %w", path, err)
	}
	text, err := change(old)
	if err != nil {
		return err
	}
	return l.replace(text)
}

// replace puts the text where the file is.
func (l *lock) replace(text []byte) error {
	if err := l.write(text); err != nil {
		return err
	}
	if err := os.Rename(l.temporary.Name(), l.file.Name()); err != nil {
		return err
	}
	l.replaced = true
	return replace.SyncDir(l.file.Name())
}

// write fills the temporary file and makes it the equal of the old one in all but its text.
func (l *lock) write(text []byte) error {
	info, err := l.file.Stat()
	if err != nil {
		return err
	}
	if _, err := l.temporary.Write(text); err != nil {
		return err
	}
	if err := replace.Resemble(l.temporary, info); err != nil {
		return err
	}
	return l.temporary.Sync()
}
