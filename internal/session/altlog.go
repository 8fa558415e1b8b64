package session

import (
	"errors"
	"io/fs"
	"path"
	"strings"
	"time"

	"pureftpd/internal/record"
)

// logTransfer writes a transfer to the transfer logs (-O) and tells upload scripts of an upload (-o). It is called when the file
// has its final name.
func (s *Session) logTransfer(name string, t record.Transfer) {
	announced := t.Upload && s.parts.Uploads != nil
	if len(s.parts.AltLogs) == 0 && !announced {
		return
	}
	real, err := s.outsidePath(s.path(name))
	if err != nil {
		if !errors.Is(err, fs.ErrNotExist) { // it was deleted meanwhile: there is nothing to name
			s.logf(record.Error, "neither logged nor told to upload scripts: find %s: %v", s.logPath(name), err)
		}
		return
	}
	t.Path, t.End, t.ASCII = real, time.Now(), s.ascii
	t.Begun, t.Session = s.live.began, s.live.number
	t.User, t.Host, t.Anonymous = s.account.Name, s.log.Host(), s.account.Anonymous
	for _, l := range s.parts.AltLogs {
		l.Write(t)
	}
	if announced {
		s.parts.Uploads.Announce(t.User, real)
	}
}

// outsidePath is where a file is on the system, links resolved; on a virtual host it is the host's address and the path below.
func (s *Session) outsidePath(file string) (string, error) {
	real, err := s.root.RealPath(file)
	if err != nil || !s.virtualHosted {
		return real, err
	}
	top, err := s.root.RealPath("/")
	if err != nil {
		return "", err
	}
	inside := strings.TrimPrefix(real, strings.TrimSuffix(top, "/"))
	return s.local.Addr().String() + ":" + path.Clean("/"+inside), nil
}
