package session

import (
	"context"
	"strconv"
	"strings"
	"time"

	"pureftpd/internal/ftp"
)

// A siteVerb is one row of the SITE commands.
type siteVerb struct {
	name   string
	run    func(*Session, context.Context, string) (ftp.Reply, error)
	needs  needs
	syntax string
	listed bool // in SITE HELP, as the original lists them
}

func siteVerbs() []siteVerb {
	return []siteVerb{
		{name: "ALIAS", run: (*Session).siteAlias, syntax: "[name]", listed: true},
		{name: "CHMOD", run: (*Session).siteChmod, syntax: "mode file", listed: true},
		{name: "HELP", run: (*Session).siteHelp},
		{name: "IDLE", run: (*Session).siteIdle, needs: argument, syntax: "seconds", listed: true},
		{name: "TIME", run: (*Session).siteTime},
		{name: "UTIME", run: (*Session).siteUtime, needs: realUser, syntax: "YYYYMMDDHHMMSS file", listed: true},
	}
}

// site runs a command of this server's own (RFC 959, 4.1.3).
func (s *Session) site(ctx context.Context, arg string) (ftp.Reply, error) {
	name, rest, _ := strings.Cut(arg, " ")
	for _, v := range siteVerbs() {
		if strings.EqualFold(v.name, name) {
			return s.perform(ctx, verb{run: v.run, needs: v.needs, syntax: v.syntax}, rest)
		}
	}
	return ftp.Reply{}, refuse(ftp.CodeSyntax, nil, "Unknown SITE command; SITE HELP lists the known ones")
}

// siteHelp lists the SITE commands in lines without a code, as the original does.
func (s *Session) siteHelp(context.Context, string) (ftp.Reply, error) {
	var body strings.Builder
	for _, v := range siteVerbs() {
		if v.listed {
			body.WriteString(" " + v.name + "\r\n")
		}
	}
	return ftp.Reply{Code: ftp.CodeHelp, Before: []string{"These are the SITE commands:"},
		Body: body.String(), Text: "Pure-FTPd"}, nil
}

const maxIdle = 2520 // seconds that SITE IDLE may ask for

// siteIdle sets how long the session may do nothing.
func (s *Session) siteIdle(_ context.Context, arg string) (ftp.Reply, error) {
	n, err := strconv.ParseUint(arg, 10, 31)
	if err != nil || n > maxIdle {
		return ftp.Reply{}, refuse(ftp.CodeSyntaxArg, err, "SITE IDLE takes 0 to "+strconv.Itoa(maxIdle)+" seconds")
	}
	s.idle = time.Duration(n) * time.Second
	return ftp.Say(ftp.CodeOK, "Idle sessions end after "+arg+" seconds now"), nil
}

// siteTime tells the server's clock.
func (s *Session) siteTime(context.Context, string) (ftp.Reply, error) {
	return ftp.Say(ftp.CodeSystemStatus, time.Now().In(s.cfg.Location).Format(time.DateTime)), nil
}

// siteChmod changes the permissions of a file: an octal mode, then the name.
func (s *Session) siteChmod(_ context.Context, arg string) (ftp.Reply, error) {
	mode, name, _ := strings.Cut(strings.TrimLeft(arg, " "), " ")
	name = strings.TrimLeft(name, " ")
	bits, err := strconv.ParseUint(mode, 8, 32)
	if err != nil || bits > 0o7777 {
		return ftp.Reply{}, refuse(ftp.CodeSyntaxArg, err, "A mode is an octal number up to 7777")
	}
	if name == "" {
		return ftp.Reply{}, refuse(ftp.CodeSyntaxArg, nil, "The name of the file is missing")
	}
	if s.account.Anonymous || s.cfg.NoChmod && s.account.UID != 0 {
		return ftp.Reply{}, refuse(ftp.CodeUnavailable, nil, "Changing permissions is not allowed here")
	}
	if err := s.checkName(name, writing); err != nil {
		return ftp.Reply{}, err
	}
	err = s.chmod(name, uint32(bits))
	if refusal := s.foreign("change the permissions of", name, err); refusal != nil {
		return ftp.Reply{}, refusal
	}
	if err != nil {
		return ftp.Reply{}, refuseFor(ftp.CodeUnavailable, "Cannot change the permissions of "+name, err)
	}
	return ftp.Say(ftp.CodeOK, "Permissions of "+name+" changed"), nil
}

// chmod sets the permissions, but leaves the owner what he needs: always in the directory the session began in, and
// everywhere under customer proof (-Z); directories stay readable to their owner where there is a quota, and everything where
// it says whose it is.
func (s *Session) chmod(name string, mode uint32) error {
	path := s.path(name)
	facts, err := s.root.Facts(path, true)
	if err != nil {
		return err
	}
	top, err := s.root.Facts("/", true)
	if s.cfg.KeepOthersFiles {
		mode |= 0o400 // or nobody could see the mark of its owner
	}
	switch {
	case err != nil:
		return err
	case facts.IsDir() && (s.cfg.CustomerProof || facts.Dev == top.Dev && facts.Ino == top.Ino):
		mode |= 0o700
	case s.cfg.CustomerProof:
		mode |= 0o600
	case facts.IsDir() && s.allotment != nil:
		mode |= 0o500 // who recounts must be able to look inside
	}
	return s.root.Chmod(path, mode)
}

// siteUtime sets a file's time, in the short form or the long one of "name atime mtime ctime UTC".
func (s *Session) siteUtime(_ context.Context, arg string) (ftp.Reply, error) {
	words := strings.Split(arg, " ")
	if n := len(words); n > 1 && strings.EqualFold(words[n-1], "UTC") {
		if n < 5 {
			return ftp.Reply{}, refuse(ftp.CodeSyntaxArg, nil, "The long form is: name atime mtime ctime UTC")
		}
		return s.setTime(words[n-4], strings.Join(words[:n-4], " "))
	}
	stamp, name, _ := strings.Cut(arg, " ")
	return s.setTime(stamp, strings.TrimLeft(name, " "))
}

// siteAlias lists the directory aliases, or tells what one of them stands for.
func (s *Session) siteAlias(_ context.Context, name string) (ftp.Reply, error) {
	if len(s.cfg.Aliases) == 0 {
		return ftp.Reply{}, refuse(ftp.CodeNotImplemented, nil, "There are no directory aliases here")
	}
	if name != "" {
		dir, ok := s.alias(name)
		if !ok {
			return ftp.Reply{}, refuse(ftp.CodeNotImplemented, nil, "There is no such alias")
		}
		return ftp.Say(ftp.CodeHelp, name+" is "+dir), nil
	}
	lines := []string{"These are the aliases:"}
	for _, a := range s.cfg.Aliases {
		lines = append(lines, " "+a.Name+" "+a.Dir)
	}
	return ftp.Say(ftp.CodeHelp, append(lines, " ")...), nil
}
