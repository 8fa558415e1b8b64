package session

import (
	"context"
	"strconv"
	"strings"
	"time"

	"pureftpd/internal/ftp"
)

// size tells how many bytes a file has (RFC 3659, 4), whatever the representation type.
func (s *Session) size(_ context.Context, name string) (ftp.Reply, error) {
	facts, err := s.regular(name)
	if err != nil {
		return ftp.Reply{}, err
	}
	return ftp.Say(ftp.CodeFileStatus, strconv.FormatInt(facts.Size, 10)), nil
}

// mdtm tells when a file was last changed (RFC 3659, 3).
func (s *Session) mdtm(_ context.Context, name string) (ftp.Reply, error) {
	facts, err := s.regular(name)
	if err != nil {
		return ftp.Reply{}, err
	}
	return ftp.Say(ftp.CodeFileStatus, time.Unix(facts.ModTime, 0).UTC().Format(ftp.TimeLayout)), nil
}

// regular finds the facts of a regular file; links are followed.
func (s *Session) regular(name string) (ftp.Facts, error) {
	facts, err := s.root.Facts(s.path(name), true)
	if err != nil {
		return facts, refuseFor(ftp.CodeUnavailable, "Cannot look at "+name, err)
	}
	if !facts.IsRegular() {
		return facts, refuse(ftp.CodeUnavailable, nil, name+" is not a regular file")
	}
	return facts, nil
}

// mfmt sets the time of the last change: MFMT YYYYMMDDHHMMSS name.
func (s *Session) mfmt(_ context.Context, arg string) (ftp.Reply, error) {
	stamp, name, _ := strings.Cut(arg, " ")
	return s.setTime(stamp, strings.TrimLeft(name, " "))
}

// setTime gives a file its access and modification time.
func (s *Session) setTime(stamp, name string) (ftp.Reply, error) {
	t, err := ftp.ParseTime(stamp)
	if err != nil {
		return ftp.Reply{}, refuse(ftp.CodeSyntaxArg, err, "A time is YYYYMMDDHHMMSS, in UTC")
	}
	if name == "" {
		return ftp.Reply{}, refuse(ftp.CodeSyntaxArg, nil, "The name of the file is missing")
	}
	if err := s.checkName(name, writing); err != nil {
		return ftp.Reply{}, err
	}
	err = s.root.Chtimes(s.path(name), t, t)
	if refusal := s.foreign("set the time of", name, err); refusal != nil {
		return ftp.Reply{}, refusal
	}
	if err != nil {
		return ftp.Reply{}, refuseFor(ftp.CodeUnavailable, "utime("+name+")", err)
	}
	return ftp.Say(ftp.CodeFileStatus, "UTIME OK"), nil
}

// pret hears which command will follow; only a RETR that must fail is answered so at once.
func (s *Session) pret(_ context.Context, arg string) (ftp.Reply, error) {
	verb, name, _ := strings.Cut(arg, " ")
	if strings.EqualFold(verb, "RETR") {
		if _, err := s.regular(name); err != nil {
			return ftp.Reply{}, err
		}
	}
	return ftp.Say(ftp.CodeOK, "Ready for that"), nil
}
