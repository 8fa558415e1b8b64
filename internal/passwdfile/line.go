package passwdfile

import (
	"errors"
	"strconv"
	"strings"
)

// MaxLine is the length of the longest line, in bytes and without its end, that the original's tools
// read as one.
const MaxLine = 2046

var (
	errColon   = errors.New("contains a colon, which separates fields")
	errComment = errors.New(`begins with "#", which makes a comment`)
	errClock   = errors.New("not times of at most four digits")
	errNobody  = errors.New("the system takes this number for none")
	errLong    = errors.New("makes the line longer than 2046 bytes")
)

// AppendLine appends the record as a line of eighteen fields, without a line end, which ParseLine
// understands as an equal record. Nothing is appended if that is not possible; the error is a
// *FieldError then.
func (r *Record) AppendLine(b []byte) ([]byte, error) {
	fields := [fieldCount]string{
		r.Login, r.Hash, strconv.FormatUint(uint64(r.UID), 10), strconv.FormatUint(uint64(r.GID), 10), r.Gecos, r.Home,
		r.UploadRate.String(), r.DownloadRate.String(), r.UploadRatio.String(), r.DownloadRatio.String(),
		r.MaxSessions.String(), r.MaxFiles.String(), r.MaxBytes.String(),
		r.LocalAllow.text, r.LocalDeny.text, r.ClientAllow.text, r.ClientDeny.text, r.Hours.String(),
	}
	line := b
	for i, field := range fields {
		if err := r.writable(i, field); err != nil {
			return b, fieldError(i, err)
		}
		if i > 0 {
			line = append(line, ':')
		}
		line = append(line, field...)
		if len(line)-len(b) > MaxLine {
			return b, fieldError(i, errLong)
		}
	}
	return line, nil
}

// writable tells whether the text of field i comes back when it is read. What separates fields and
// lines cannot be escaped.
func (r *Record) writable(i int, field string) error {
	switch {
	case strings.ContainsAny(field, "\r\n\x00"):
		return errByte
	case strings.Contains(field, ":"):
		return errColon
	}
	switch i {
	case 0:
		if strings.HasPrefix(field, "#") {
			return errComment
		}
		return notEmpty(field)
	case 1:
		return notEmpty(field)
	case 2:
		return writableID(r.UID)
	case 3:
		return writableID(r.GID)
	case 5:
		return absolute(field)
	case 17:
		return r.Hours.writable()
	}
	return nil
}

func writableID(id uint32) error {
	switch id {
	case 0:
		return errRoot
	case 1<<32 - 1:
		return errNobody
	}
	return nil
}

// String returns the field as it stands in a line.
func (n Number) String() string {
	if !n.Set {
		return ""
	}
	return strconv.FormatUint(n.N, 10)
}

func (h Hours) writable() error {
	if h.Set && (h.Begin < 0 || h.Begin > maxClock || h.End < 0 || h.End > maxClock) {
		return errClock
	}
	return nil
}
