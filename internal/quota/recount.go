package quota

import (
	"bytes"
	"crypto/rand"
	"errors"
)

// rounds is how often Recount counts without the lock before it makes the user wait.
const rounds = 3

// A Recounting is what a recount found.
type Recounting struct {
	Before  Usage // nothing if the file was damaged
	Damaged bool
	After   Usage
	Rounds  int  // how often it counted
	Locked  bool // the last time with the lock held: the user could not store or delete anything meanwhile
}

// Recount counts anew and records what it finds. It is safe while sessions use the quota: the user is not disturbed, and yet
// nothing that happens meanwhile is lost.
//
// It leaves a mark in the file behind the numbers, where readers do not look, and counts without the lock. Whoever changes
// the usage writes the file anew, so the mark is still there only if nothing happened in between, and then the count is true.
// If it is not, Recount counts again, and after three times once more with the lock held. That is also done if the file is
// damaged, as sessions record nothing in such a file. A mark that a killed process leaves does no harm.
//
// What changes no usage leaves no trace in the file: a directory that is renamed while it is counted may be missed.
//
// If count fails, the file says what it said before.
func (l *Ledger) Recount(count func() (Usage, error)) (Recounting, error) {
	var r Recounting
	for r.Rounds < rounds {
		mark, err := l.mark(&r)
		if err != nil {
			return r, err
		}
		if mark == nil {
			break
		}
		r.Rounds++
		counted, err := count()
		if err != nil {
			_, restored := l.settle(mark, r.Before)
			return r, errors.Join(err, restored)
		}
		settled, err := l.settle(mark, counted)
		if err != nil {
			return r, err
		}
		if settled {
			r.After = counted
			return r, nil
		}
	}
	return l.recountHeld(r, count)
}

// mark writes the mark. A damaged file gets none, and no mark is returned.
func (l *Ledger) mark(r *Recounting) (mark []byte, err error) {
	err = l.hold(func(p *page) error {
		if r.Before, r.Damaged = p.used, p.damage != nil; r.Damaged {
			return nil
		}
		mark = []byte(p.used.String() + " recount-" + rand.Text() + "\n")
		return p.write(string(mark))
	})
	return mark, err
}

// settle records a usage if the mark is still there, and reports whether it was.
func (l *Ledger) settle(mark []byte, u Usage) (settled bool, err error) {
	err = l.hold(func(p *page) error {
		if settled = bytes.Equal(p.text, mark); settled {
			return p.write(u.String() + "\n")
		}
		return nil
	})
	return settled, err
}

// recountHeld counts with the lock held.
func (l *Ledger) recountHeld(r Recounting, count func() (Usage, error)) (Recounting, error) {
	r.Rounds++
	r.Locked = true
	err := l.hold(func(p *page) error {
		r.Before, r.Damaged = p.used, p.damage != nil
		counted, err := count()
		if err != nil {
			return err
		}
		r.After = counted
		return p.write(counted.String() + "\n")
	})
	return r, err
}
