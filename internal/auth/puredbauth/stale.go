package puredbauth

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"sync"
	"time"
)

// staleLook is the least time between two looks at the times of the files.
const staleLook = time.Second

// A watch reports a text file that is newer than the index made of it: its changes do not count
// before somebody runs pure-pw mkdb.
type watch struct {
	index, text string
	stat        func(path string) (fs.FileInfo, error)
	report      func(message string)

	mu   sync.Mutex
	next time.Time // no look before
	said finding
}

// A finding is what was reported last, and the times of the files it was about: it is not repeated.
type finding struct {
	made, edited time.Time
	message      string
}

// newWatch returns a watch, or nil if there is nothing to compare or nobody to tell.
func newWatch(c Config) *watch {
	if c.Text == "" || c.Report == nil {
		return nil
	}
	if c.Stat == nil {
		c.Stat = os.Stat
	}
	return &watch{index: c.Path, text: c.Text, stat: c.Stat, report: c.Report}
}

// look compares the files, unless that was done a moment ago. No lock is held meanwhile.
func (w *watch) look() {
	if w == nil || !w.due() {
		return
	}
	index, err := w.stat(w.index)
	if err != nil {
		return // the login says so
	}
	text, err := w.stat(w.text)
	switch {
	case errors.Is(err, fs.ErrNotExist): // it is kept elsewhere
	case err != nil:
		w.once(finding{message: fmt.Sprintf("cannot tell whether %s is up to date: %v", w.index, err)})
	case text.ModTime().After(index.ModTime()):
		made, edited := index.ModTime(), text.ModTime()
		w.once(finding{made, edited, fmt.Sprintf("%s is older than %s by %v: what changed since does not count yet; "+
			"run: pure-pw mkdb %[1]s -f %[2]s", w.index, w.text, roughly(edited.Sub(made)))})
	}
}

// once reports a finding unless it is the last one.
func (w *watch) once(f finding) {
	w.mu.Lock()
	said := w.said
	w.said = f
	w.mu.Unlock()
	if f != said {
		w.report(f.message)
	}
}

// roughly leaves out of a duration what nobody needs to know.
func roughly(d time.Duration) time.Duration {
	if d < time.Second {
		return max(d.Round(time.Millisecond), time.Millisecond)
	}
	return d.Round(time.Second)
}

// due tells whether it is time for a look, and takes it.
func (w *watch) due() bool {
	w.mu.Lock()
	defer w.mu.Unlock()
	now := time.Now()
	if now.Before(w.next) {
		return false
	}
	w.next = now.Add(staleLook)
	return true
}
