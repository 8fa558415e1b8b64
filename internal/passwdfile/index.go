package passwdfile

import (
	"errors"
	"fmt"
	"os"
	"sync"
	"time"
)

var (
	// ErrUnusable says that there is no password file that all lines of have been understood.
	ErrUnusable = errors.New("no usable password file")

	// ErrNoLogin says that the password file has no line of a login.
	ErrNoLogin = errors.New("no such login")
)

const (
	// MaxIndexed is the size of the largest file that an Index reads, in bytes: some million lines.
	MaxIndexed = 512 << 20

	// look is the least time between two looks at the file.
	look = 250 * time.Millisecond

	// quiet is how long a file must not have changed before it is read: an editor may be at work.
	quiet = 200 * time.Millisecond

	// patience is how long a file may change without such a pause before it is read nevertheless.
	patience = 500 * time.Millisecond
)

// An Index finds the lines of the password file at Path by their logins. It keeps the whole file in
// memory, and 5 to 11 bytes for a line. It may be used by many goroutines at once, and must not be
// copied after its first use.
//
// A look-up that finds the file changed reads it anew; no look-up looks more often than four times
// a second, nor reads a file before it has rested for a moment. While one reads, the others wait.
//
// Every line is understood as ParseStrict does, or the file is refused as a whole. Then the state
// before that change goes on, or, if there is none, every look-up fails until the file is repaired.
// Of lines of the same login the first one counts. A file that is missing or cannot be read leaves
// no state to go on with.
type Index struct {
	Path string

	// Open opens the file for reading; nil means os.Open. A caller that needs a privilege to read
	// the file takes it on here, for the opening only.
	Open func(path string) (*os.File, error)

	// Report is told, in a line without its end, what is wrong with the file, once for each change
	// of it, and Repaired when it counts again. nil means nobody is.
	Report, Repaired func(message string)

	mu     sync.Mutex
	good   *lines    // the last state, nil if there is none
	err    error     // why there is none
	seen   version   // the file that was judged last
	next   time.Time // no look before
	haste  haste
	broken bool // the file as it is now is not in use
	said   said
	queue  []func() // calls of Report and Repaired, once mu is free
}

// said is what was reported last, and about which file: it is not said twice.
type said struct {
	version version
	message string
}

// Load reads the file now, for what there is to report about it. Without it the first look-up does.
func (x *Index) Load() { _, _ = x.state() } // the error is reported, and returned by each look-up

// Find returns what follows the login and its colon in the line of a login. Its error wraps
// ErrUnusable or ErrNoLogin.
func (x *Index) Find(login string) ([]byte, error) {
	state, err := x.state()
	if err != nil {
		return nil, err
	}
	value, ok := state.find(login)
	if !ok {
		return nil, fmt.Errorf("look up %q in %s: %w", login, x.Path, ErrNoLogin)
	}
	return value, nil
}

// First returns what follows the login in the first line that has one, as a sample. Its error is
// like that of Find.
func (x *Index) First() ([]byte, error) {
	state, err := x.state()
	if err != nil {
		return nil, err
	}
	value, ok := state.first()
	if !ok {
		return nil, fmt.Errorf("%s has no accounts: %w", x.Path, ErrNoLogin)
	}
	return value, nil
}

// state returns the state of the file that look-ups are to use now.
func (x *Index) state() (*lines, error) {
	x.mu.Lock()
	if now := time.Now(); !now.Before(x.next) {
		wait := x.lookLocked()
		for wait > 0 && x.good == nil && x.err == nil { // who waits for mu would wait, too
			time.Sleep(wait)
			wait = x.lookLocked()
		}
		x.next = now.Add(max(look, wait))
	}
	state, err, queue := x.good, x.err, x.queue
	x.queue = nil
	x.mu.Unlock()
	for _, tell := range queue {
		tell()
	}
	return state, err
}

// lookLocked reads the file if it has changed since it was judged. If it is still changing, that
// takes a while: it is left alone for the time that is returned.
func (x *Index) lookLocked() (wait time.Duration) {
	text, v, wait, err := x.readLocked()
	if wait > 0 || v == x.seen && err == nil {
		return wait
	}
	x.seen = version{}
	if err != nil && !errors.Is(err, errTooLarge) {
		x.good = nil
		x.refuseLocked(v, err)
		return 0
	}
	if v.tellsNext(time.Now()) {
		x.seen = v
	}
	var state *lines
	if err == nil {
		state, err = newLines(text, x.good)
	}
	if err != nil {
		x.refuseLocked(v, err)
		return 0
	}
	x.acceptLocked(v, state)
	return 0
}

// acceptLocked makes the state of a version the one that counts.
func (x *Index) acceptLocked(v version, state *lines) {
	x.good, x.err = state, nil
	if x.broken {
		x.broken = false
		x.sayLocked(x.Repaired, v, fmt.Sprintf("%s is in use again; accounts: %d", x.Path, state.count))
	}
	if warning := state.warning(); warning != "" {
		x.sayLocked(x.Report, v, x.Path+":"+warning)
	}
}

// readLocked returns the text of the file and its version. There is no text if it is the version
// seen, and none if it is still changing; then it is to be left alone for the time returned.
func (x *Index) readLocked() (text []byte, v version, wait time.Duration, err error) {
	open := x.Open
	if open == nil {
		open = os.Open
	}
	f, err := open(x.Path)
	if err != nil {
		return nil, version{}, 0, err
	}
	defer func() { err = errors.Join(err, f.Close()) }()
	v, err = versionOf(f)
	if err != nil || v == x.seen {
		return nil, v, 0, err
	}
	now := time.Now()
	wait = quiet - v.age(now)
	if wait > 0 && !x.haste.over(now) {
		return nil, v, wait, nil
	}
	text, err = readWhole(f, v)
	if errors.Is(err, errChanging) && (x.good != nil || !x.haste.over(now)) {
		return nil, v, quiet, nil
	}
	return text, v, 0, err
}

// refuseLocked notes what is wrong with a version of the file.
func (x *Index) refuseLocked(v version, err error) {
	if _, ok := errors.AsType[*LineError](err); ok {
		err = fmt.Errorf("%s:%w", x.Path, err)
	}
	message := err.Error()
	x.broken = true
	if x.good != nil {
		x.sayLocked(x.Report, v, message+"; what counts until this is repaired are the accounts as they were before")
		return
	}
	x.err = fmt.Errorf("%w: %w", ErrUnusable, err)
	x.sayLocked(x.Report, v, message+"; no account of this file can log in until this is repaired")
}

// sayLocked makes a message one for who is to be told, unless it was said of the same version before.
func (x *Index) sayLocked(tell func(message string), v version, message string) {
	if now := (said{v, message}); now != x.said && tell != nil {
		x.said = now
		x.queue = append(x.queue, func() { tell(message) })
	}
}
