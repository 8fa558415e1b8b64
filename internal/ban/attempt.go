package ban

import (
	"context"
	"errors"
	"fmt"
	"hash/maphash"
	"net/netip"
	"slices"
	"time"
)

const (
	// atOnce is how many recent failures an address may have without its logins taking turns: as many as one session may have.
	atOnce = 5
	// gapUnit is the pause after a failure of those that take turns, for each failure beyond atOnce; longestGap the most of it.
	gapUnit    = 500 * time.Millisecond
	longestGap = 5 * time.Second
	// patience is how long a login waits for its turn.
	patience = 30 * time.Second
)

// Errors of Begin, beside those of the context.
var (
	// ErrTooMany says that too many logins of the address have failed.
	ErrTooMany = errors.New("too many logins of this address have failed")
	// ErrBusy says that other logins of the address came first, for too long.
	ErrBusy = errors.New("too many logins of this address wait for their turn")
)

// A Kept is the error of Begin for an address that is kept out.
type Kept struct{ Until time.Time }

func (k *Kept) Error() string { return "this address is banned until " + k.Until.Format(time.RFC3339) }

// An Attempt is one login that is under way. It ends with the first call of one of its methods.
type Attempt struct {
	table *Table
	key   netip.Prefix
	watch *watch // nil: the address is not watched
	name  uint64
	ended bool
}

// seed makes digests of names that nobody can foresee.
var seed = maphash.MakeSeed()

// Begin begins a login of an address to a name. It waits as long as other logins come first.
func (t *Table) Begin(ctx context.Context, from netip.Addr, name string) (*Attempt, error) {
	a := &Attempt{table: t, key: keyOf(from), name: maphash.String(seed, name)}
	turn, wait, err := t.try(a, from, false)
	if turn == nil {
		return a.or(err)
	}
	defer a.stopWaiting()
	tooLong := time.NewTimer(patience)
	defer tooLong.Stop()
	for turn != nil {
		var pause <-chan time.Time
		if wait > 0 {
			pause = time.After(wait)
		}
		select {
		case <-turn:
		case <-pause:
		case <-tooLong.C:
			t.mu.Lock()
			t.stats.Unseen++
			t.mu.Unlock()
			return nil, ErrBusy
		case <-ctx.Done():
			return nil, ctx.Err()
		}
		turn, wait, err = t.try(a, from, true)
	}
	return a.or(err)
}

// or is the attempt or the error.
func (a *Attempt) or(err error) (*Attempt, error) {
	if err != nil {
		return nil, err
	}
	return a, nil
}

// try begins the attempt, or refuses it, or returns what to wait for: a change, or the time for which nobody's turn comes. The
// first try that has to wait counts among those who do, until stopWaiting.
func (t *Table) try(a *Attempt, from netip.Addr, again bool) (turn <-chan struct{}, wait time.Duration, err error) {
	now := time.Now()
	t.mu.Lock()
	defer t.mu.Unlock()
	if b, out := t.find(from, now); out {
		t.stats.Unseen++
		return nil, 0, &Kept{b.Until}
	}
	c := t.config
	free := c.exempt(a.key)
	if free && (c.PerMinute == 0 || !a.key.IsValid()) {
		return nil, 0, nil
	}
	w := t.watch(a.key, now)
	recent, minute := w.since(now.Add(-c.Within)), w.since(now.Add(-time.Minute))
	limited := c.PerMinute > 0
	if limited && minute >= c.PerMinute || !free && recent >= c.Failures {
		t.stats.Unseen++
		t.drop(a.key, w)
		return nil, 0, ErrTooMany
	}
	hold := limited && minute+w.running >= c.PerMinute
	if !free {
		hold = hold || recent+w.running >= c.Failures
		if recent > atOnce {
			hold, wait = hold || w.running > 0, max(w.next.Sub(now), 0)
		}
	}
	if !hold && wait == 0 {
		w.running++
		a.watch = w
		return nil, 0, nil
	}
	if !again {
		w.waiting++
		t.stats.Delayed++
	}
	return w.turn, wait, nil
}

// stopWaiting ends what the first try began.
func (a *Attempt) stopWaiting() {
	a.table.mu.Lock()
	defer a.table.mu.Unlock()
	w := a.table.watched[a.key]
	w.waiting--
	a.table.drop(a.key, w)
}

// drop takes out what is not worth to be kept.
func (t *Table) drop(key netip.Prefix, w *watch) {
	if w.empty() {
		delete(t.watched, key)
	}
}

// Fail says that the login failed as a guess does, and returns how many of this address did lately; 0 means that it does not
// matter.
func (a *Attempt) Fail() (recent int) {
	t, now := a.table, time.Now()
	t.mu.Lock()
	line := ""
	if !a.ended {
		t.stats.Failures++
	}
	if a.end() {
		recent, line = t.failed(a, now)
		a.watch.changed()
	}
	t.mu.Unlock()
	if line != "" {
		t.report(line)
	}
	return recent
}

// failed counts a failure. If it is one too many the address is kept out, and the line tells it.
func (t *Table) failed(a *Attempt, now time.Time) (recent int, line string) {
	w, c := a.watch, t.config
	w.forget(c, now)
	w.failures = append(w.failures, failure{now, a.name})
	if most := min(max(c.Failures, c.PerMinute), MostFailures); len(w.failures) > most {
		w.failures = slices.Delete(w.failures, 0, len(w.failures)-most)
	}
	if c.exempt(a.key) {
		return 0, ""
	}
	recent = w.since(now.Add(-c.Within))
	if recent >= c.Failures {
		return recent, t.keepOut(a.key, w, recent, now)
	}
	if recent > atOnce {
		w.next = now.Add(min(time.Duration(recent-atOnce)*gapUnit, longestGap))
	}
	return recent, ""
}

// keepOut bans an address and returns the line for the log, if there is one.
func (t *Table) keepOut(key netip.Prefix, w *watch, failures int, now time.Time) (line string) {
	if _, known := t.bans[key]; !known && len(t.bans) >= t.mostBans {
		if purge(t.bans, now); len(t.bans) >= t.mostBans {
			return t.unlisted(now)
		}
	}
	w.times++
	d := t.config.Time
	for range min(w.times-1, 32) {
		d = min(2*d, max(LongestBan, t.config.Time))
	}
	w.until = now.Add(d)
	w.failures, w.next = nil, time.Time{} // the next time begins with none
	b := Ban{
		Network: key, Since: now, Until: w.until, Times: w.times,
		Reason: fmt.Sprintf("%d failed logins within %s", failures, span(t.config.Within)),
	}
	t.bans[key] = b
	t.stats.Made++
	again := ""
	if b.Times > 1 {
		again = fmt.Sprintf(", for the %d. time", b.Times)
	}
	return fmt.Sprintf("Banned %s until %s (%s%s): %s; \"pure-ftpctl unban %[1]s\" lifts it",
		Text(key), b.Until.Format("2006-01-02 15:04:05 -0700"), span(d), again, b.Reason)
}

// unlisted counts an address for which there is no room. Its logins are refused as long as its failures are recent.
func (t *Table) unlisted(now time.Time) (line string) {
	t.stats.Unlisted++
	if now.Sub(t.full) < fullEvery {
		return ""
	}
	t.full = now
	return fmt.Sprintf("%d addresses are banned, and there is no room for more: logins of others with too many failures are refused one by one",
		len(t.bans))
}

// Succeed says that somebody has logged in: the failures of the same name are forgotten.
func (a *Attempt) Succeed() {
	a.table.mu.Lock()
	defer a.table.mu.Unlock()
	if !a.end() {
		return
	}
	w := a.watch
	w.failures = slices.DeleteFunc(w.failures, func(f failure) bool { return f.name == a.name })
	w.changed()
	a.table.drop(a.key, w)
}

// Release says that the login has ended in a way that tells nothing: it could not be judged, or the password was not what stood
// against it. After another end it does nothing.
func (a *Attempt) Release() {
	a.table.mu.Lock()
	defer a.table.mu.Unlock()
	if a.end() {
		a.watch.changed()
		a.table.drop(a.key, a.watch)
	}
}

// end reports whether there is something to end.
func (a *Attempt) end() bool {
	if a.ended || a.watch == nil {
		a.ended = true
		return false
	}
	a.ended = true
	a.watch.running--
	return true
}

// span is a time as people read it.
func span(d time.Duration) string {
	switch {
	case d >= time.Hour && d%time.Hour == 0:
		return count(int(d/time.Hour), "hour")
	case d >= time.Minute && d%time.Minute == 0:
		return count(int(d/time.Minute), "minute")
	}
	return count(int(d/time.Second), "second")
}

func count(n int, noun string) string {
	if n != 1 {
		noun += "s"
	}
	return fmt.Sprintf("%d %s", n, noun)
}
