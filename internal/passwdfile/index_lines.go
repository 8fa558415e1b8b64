package passwdfile

import (
	"bytes"
	"errors"
	"fmt"
	"hash/maphash"
	"math/bits"
	"strings"
)

// lines are the accounts of one text, found by their logins. They are not changed once made.
type lines struct {
	text []byte

	// slots is a hash table: the position of a line in text plus one, or 0. A line whose slot is
	// taken is in the next free one; at most three of four are taken.
	slots []uint32
	seed  maphash.Seed
	count int // of accounts

	firstAt int // of the first line with an account

	// Lines whose login an earlier line has: how many, and which is the first.
	repeated   int
	repeatedAt int // number of the line
	before     int // position of the line that counts
}

// newLines understands a text, whose lines all have to be right and to be ended. A line that stands
// word for word in old, which may be nil, is known to be right. The error is a *LineError.
func newLines(text []byte, old *lines) (*lines, error) {
	ends := bytes.Count(text, []byte{'\n'})
	l := &lines{text: text, slots: make([]uint32, slotsFor(ends)), seed: maphash.MakeSeed(), firstAt: -1}
	for at, number := 0, 1; at < len(text); number++ {
		n := bytes.IndexByte(text[at:], '\n')
		if n < 0 {
			return nil, lineError(number, text[at:], errUnended)
		}
		line := bytes.TrimSuffix(text[at:at+n], []byte{'\r'})
		if len(line) > 0 && line[0] != '#' {
			if old == nil || !old.has(line) {
				if _, err := ParseStrict(string(line)); err != nil {
					return nil, lineError(number, line, err)
				}
			}
			l.add(at, number, line)
		}
		at += n + 1
	}
	return l, nil
}

var errUnended = errors.New("the last line does not end in a line feed: it may be half of one")

// slotsFor returns the size of the table for n lines, a power of two.
func slotsFor(n int) int { return 1 << bits.Len(uint(n+n/3)) }

// add puts a line into the table.
func (l *lines) add(at, number int, line []byte) {
	login, _, _ := bytes.Cut(line, []byte{':'})
	i, taken := l.slot(login)
	if taken {
		if l.repeated == 0 {
			l.repeatedAt, l.before = number, int(l.slots[i])-1
		}
		l.repeated++
		return
	}
	l.slots[i] = uint32(at) + 1
	l.count++
	if l.firstAt < 0 {
		l.firstAt = at
	}
}

// slot returns the slot of a login, or the free one where it belongs.
func (l *lines) slot(login []byte) (i int, taken bool) {
	mask := len(l.slots) - 1
	for i = int(maphash.Bytes(l.seed, login)) & mask; l.slots[i] != 0; i = (i + 1) & mask {
		there := l.text[l.slots[i]-1:]
		if len(there) > len(login) && there[len(login)] == ':' && bytes.Equal(there[:len(login)], login) {
			return i, true
		}
	}
	return i, false
}

// has tells whether a line stands in the text and counts.
func (l *lines) has(line []byte) bool {
	login, _, ok := bytes.Cut(line, []byte{':'})
	i, taken := l.slot(login)
	return ok && taken && bytes.Equal(l.line(int(l.slots[i])-1), line)
}

// line returns the line at a position, without its end.
func (l *lines) line(at int) []byte {
	line, _, _ := bytes.Cut(l.text[at:], []byte{'\n'})
	return bytes.TrimSuffix(line, []byte{'\r'})
}

// find returns a copy of what follows a login and its colon.
func (l *lines) find(login string) (value []byte, ok bool) {
	if strings.ContainsAny(login, ":\r\n") {
		return nil, false // no login, but perhaps a part of a line
	}
	i, taken := l.slot([]byte(login))
	if !taken {
		return nil, false
	}
	return bytes.Clone(l.line(int(l.slots[i]) - 1)[len(login)+1:]), true
}

// first returns a copy of what follows the first login.
func (l *lines) first() (value []byte, ok bool) {
	if l.firstAt < 0 {
		return nil, false
	}
	_, value, _ = bytes.Cut(l.line(l.firstAt), []byte{':'})
	return bytes.Clone(value), true
}

// warning says which lines do not count, as a LineError does, or returns "".
func (l *lines) warning() string {
	if l.repeated == 0 {
		return ""
	}
	line := l.line(l.before)
	e := lineError(l.repeatedAt, line, fmt.Errorf("line %d has it already, and counts",
		1+bytes.Count(l.text[:l.before], []byte{'\n'})))
	if l.repeated == 1 {
		return e.Error()
	}
	return fmt.Sprintf("%v; so it is with %d more lines", e, l.repeated-1)
}
