package listing

import (
	"strconv"

	"pureftpd/internal/ftp"
)

// A lineFormat writes long lines. It remembers the columns of the last file: those of a directory's
// files rarely differ.
type lineFormat struct {
	clock        clock
	owner, group idColumn
	mode         uint32
	perms        [11]byte // of mode; empty at first
}

func newLineFormat(cfg *Config) lineFormat {
	return lineFormat{
		clock: clock{location: cfg.Location, now: cfg.Now().Unix()},
		owner: idColumn{lookup: cfg.OwnerName},
		group: idColumn{lookup: cfg.GroupName},
	}
}

// appendFacts appends the eight columns before the name, each with the blank that ends it:
//
//	-rw-r--r--    1 2101       usersg              6 Jan  2  2020
func (l *lineFormat) appendFacts(b []byte, f *ftp.Facts) []byte {
	if f.Mode != l.mode || l.perms[0] == 0 {
		l.mode, l.perms = f.Mode, permissions(f.Mode)
	}
	b = append(b, l.perms[:]...)
	b = append(appendRight(b, uint64(f.Nlink), 4), ' ')
	b = append(b, l.owner.text(f.UID)...)
	b = append(b, l.group.text(f.GID)...)
	width := 10
	if f.Size >= 10_000_000_000 {
		width = 18
	}
	b = append(appendRight(b, uint64(max(f.Size, 0)), width), ' ')
	return append(l.clock.appendShort(b, f.ModTime), ' ')
}

// permissions is the first column, "drwxr-xr-x ".
func permissions(mode uint32) [11]byte {
	text := [11]byte{'-', 'r', 'w', 'x', 'r', 'w', 'x', 'r', 'w', 'x', ' '}
	switch mode & ftp.ModeType {
	case ftp.ModeDir:
		text[0] = 'd'
	case ftp.ModeSymlink:
		text[0] = 'l'
	}
	for i := range 9 {
		if mode&(0o400>>i) == 0 {
			text[1+i] = '-'
		}
	}
	// Setuid, setgid and sticky share the place of x: small if x is there too, capital if not.
	for i, letter := range [...]byte{'s', 's', 't'} {
		if mode&(0o4000>>i) == 0 {
			continue
		}
		if text[3+3*i] == '-' {
			letter -= 'a' - 'A'
		}
		text[3+3*i] = letter
	}
	return text
}

// An idColumn is the column of owners or of groups.
type idColumn struct {
	lookup func(uint32) string
	last   uint32
	column idText // of last; empty at first
	seen   map[uint32]idText
}

// idText is a name or a number in ten columns, and a blank.
type idText [11]byte

// maxNames bounds the names remembered for one listing; beyond it they are looked up again.
const maxNames = 1024

// text is the column for id.
func (c *idColumn) text(id uint32) []byte {
	if id != c.last || c.column[0] == 0 {
		c.last = id
		text, ok := c.seen[id]
		if !ok {
			text = c.make(id)
			if c.seen == nil || len(c.seen) == maxNames {
				c.seen = make(map[uint32]idText)
			}
			c.seen[id] = text
		}
		c.column = text
	}
	return c.column[:]
}

// make looks the name up. An id without one is shown as a signed number, as Pure-FTPd does; where
// that is longer than the column, as an unsigned one, which never is.
func (c *idColumn) make(id uint32) (text idText) {
	for i := range text {
		text[i] = ' '
	}
	name := ""
	if c.lookup != nil {
		name = c.lookup(id)
	}
	if name == "" {
		name = strconv.FormatInt(int64(int32(id)), 10)
		if len(name) > len(text)-1 {
			name = strconv.FormatUint(uint64(id), 10)
		}
	}
	copy(text[:len(text)-1], name)
	return text
}

// appendRight appends n in at least width columns, at their right end.
func appendRight(b []byte, n uint64, width int) []byte {
	var digits [20]byte
	at := len(digits)
	for {
		at--
		digits[at] = byte('0' + n%10)
		if n /= 10; n == 0 {
			break
		}
	}
	for pad := width - (len(digits) - at); pad > 0; pad-- {
		b = append(b, ' ')
	}
	return append(b, digits[at:]...)
}

// suffix is the character that -F puts after a name; 0 for none.
func suffix(f *ftp.Facts) byte {
	switch {
	case f.IsDir():
		return '/'
	case f.IsSymlink():
		return '@'
	case f.Mode&0o111 != 0:
		return '*'
	}
	return 0
}

// listed reports whether LIST shows such a file at all: it shows files, directories and links, no
// devices.
func listed(f *ftp.Facts) bool { return f.IsRegular() || f.IsDir() || f.IsSymlink() }

// isControl reports whether c is a control character. A name with one cannot be sent: it would end
// its line, or do to a terminal what its maker wants.
func isControl(c byte) bool { return c < 0x20 || c == 0x7f }

// hasControl reports whether a name has a control character.
func hasControl[T string | []byte](name T) bool {
	for i := range len(name) {
		if isControl(name[i]) {
			return true
		}
	}
	return false
}

// appendVisible appends a name with underscores for its control characters, which is what the
// control connection makes of them too.
func appendVisible[T string | []byte](b []byte, name T) []byte {
	at := len(b)
	b = append(b, name...)
	for ; at < len(b); at++ {
		if isControl(b[at]) {
			b[at] = '_'
		}
	}
	return b
}
