package session

import (
	"context"
	"strconv"
	"strings"

	"pureftpd/internal/ftp"
	"pureftpd/internal/record"
)

// typeVerb sets the representation type (RFC 959, 3.1.1): A or I; what follows the letter is ignored.
func (s *Session) typeVerb(_ context.Context, arg string) (ftp.Reply, error) {
	switch arg[0] {
	case 'A', 'a':
		s.ascii = true
	case 'I', 'i':
		s.ascii = false
	case 'L', 'l':
		bits := strings.TrimLeft(arg[1:], " ")
		if bits != "" && bits != "8" {
			return ftp.Reply{}, refuse(ftp.CodeBadParameter, nil, "Only bytes of 8 bits are supported", s.typeText())
		}
		s.ascii = false
	default:
		return ftp.Reply{}, refuse(ftp.CodeBadParameter, nil, "Unknown type: A, I and L 8 are supported", s.typeText())
	}
	return ftp.Say(ftp.CodeOK, s.typeText()), nil
}

func (s *Session) typeText() string {
	if s.ascii {
		return "Representation type is ASCII"
	}
	return "Representation type is 8-bit binary"
}

// stru sets the file structure: only F (RFC 959, 3.1.2).
func (s *Session) stru(_ context.Context, arg string) (ftp.Reply, error) {
	if !strings.EqualFold(arg, "F") {
		return ftp.Reply{}, refuse(ftp.CodeBadParameter, nil, "Only F (file) is supported")
	}
	return ftp.Say(ftp.CodeOK, "F OK"), nil
}

// mode sets the transfer mode: only S (RFC 959, 3.4).
func (s *Session) mode(_ context.Context, arg string) (ftp.Reply, error) {
	if !strings.EqualFold(arg, "S") {
		return ftp.Reply{}, refuse(ftp.CodeBadParameter, nil, "Only S (stream) is supported")
	}
	return ftp.Say(ftp.CodeOK, "S OK"), nil
}

// rest sets the restart marker of the next transfer: an offset in bytes (RFC 3659, 5).
func (s *Session) rest(_ context.Context, arg string) (ftp.Reply, error) {
	n, err := strconv.ParseUint(arg, 10, 63)
	if err != nil {
		s.restart = 0
		return ftp.Reply{}, refuse(ftp.CodeBadRestart, nil, "The restart marker is a number of bytes, from 0 on",
			"The next transfer starts at 0")
	}
	s.restart = int64(n)
	if s.ascii && n != 0 {
		return ftp.Say(ftp.CodePending, "The next transfer starts at "+arg+"; but only one of TYPE I can"), nil
	}
	return ftp.Say(ftp.CodePending, "The next transfer starts at "+arg), nil
}

// takeRestart uses the restart marker up.
func (s *Session) takeRestart() int64 {
	n := s.restart
	s.restart = 0
	return n
}

// allo tells whether there is room for an upload (RFC 959, 4.1.3). Words after the number are ignored.
func (s *Session) allo(_ context.Context, arg string) (ftp.Reply, error) {
	digits := arg[:len(arg)-len(strings.TrimLeft(arg, "0123456789"))]
	if strings.HasPrefix(arg, "-") {
		return ftp.Reply{}, refuse(ftp.CodeSyntaxArg, nil, "A size is not negative")
	}
	n, err := strconv.ParseUint(digits, 10, 63)
	if err != nil && digits != "" {
		return ftp.Reply{}, refuse(ftp.CodeQuotaExceeded, nil, "There is not that much room")
	}
	avail, _, err := s.root.FreeSpace(s.cwd)
	if err != nil {
		return ftp.Reply{}, refuseFor(ftp.CodeLocalError, "Free space is unknown", err)
	}
	if n > avail || s.diskFull(s.cwd) || s.counted(ftp.Join(s.cwd, "x")) && !s.allows(n) {
		return ftp.Reply{}, refuse(ftp.CodeQuotaExceeded, nil, "There is not that much room")
	}
	return ftp.Say(ftp.CodeOK, "There is room"), nil
}

// allows reports whether the quota leaves room for one more file of n bytes.
func (s *Session) allows(n uint64) bool {
	u, err := s.usage()
	limits := s.allotment.limits
	return err == nil && (!limits.Files.Set || u.Files < limits.Files.N) &&
		(!limits.Bytes.Set || u.Bytes < limits.Bytes.N && n <= limits.Bytes.N-u.Bytes)
}

// diskFull reports whether -k forbids uploads to the directory.
func (s *Session) diskFull(dir string) bool {
	if s.cfg.MaxDiskUsage <= 0 {
		return false
	}
	avail, total, err := s.root.FreeSpace(dir)
	if err != nil {
		s.logf(record.Error, "free space at %s: %v", s.logPath(dir), err)
		return true
	}
	return total > 0 && float64(avail)/float64(total) < 1-s.cfg.MaxDiskUsage/100
}

// noop does nothing.
func (s *Session) noop(context.Context, string) (ftp.Reply, error) {
	return ftp.Say(ftp.CodeOK, "Still here"), nil
}

// syst tells the type of system (RFC 959, 4.1.3).
func (s *Session) syst(context.Context, string) (ftp.Reply, error) {
	return ftp.Say(ftp.CodeSystemType, "UNIX Type: L8"), nil
}
