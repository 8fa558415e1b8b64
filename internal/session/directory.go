package session

import (
	"context"
	"time"

	"pureftpd/internal/ftp"
	"pureftpd/internal/quota"
	"pureftpd/internal/record"
)

// cwdFailurePause is what each CWD failure in a row adds to the pause before its reply.
const cwdFailurePause = 100 * time.Millisecond

// cwdVerb changes the working directory (RFC 959, 4.1.1).
func (s *Session) cwdVerb(ctx context.Context, name string) (ftp.Reply, error) {
	target := s.expandTilde(name)
	if err := s.checkName(target, reading); err != nil {
		return ftp.Reply{}, err
	}
	dir, err := s.root.Enter(s.path(target))
	if err != nil {
		if alias, ok := s.alias(name); ok {
			dir, err = s.root.Enter(s.path(alias))
		}
	}
	if err != nil {
		return s.cwdFailed(ctx, target, err)
	}
	s.failedCwds = 0
	s.cwd = dir
	lines := append(s.notice(ctx, messageName), "You are in "+dir)
	return ftp.Say(ftp.CodeFileOK, lines...), nil
}

// cwdFailed answers after a pause that grows while failure follows failure, and ends a session that only guesses.
func (s *Session) cwdFailed(ctx context.Context, target string, err error) (ftp.Reply, error) {
	why := reason(err)
	d := s.about(record.NoDirectory, target)
	d.Cause = why
	s.log.WriteEvent(record.Info, record.AppendNoDirectory(nil, target, why), d)
	pause(ctx, time.Duration(s.failedCwds)*cwdFailurePause)
	s.failedCwds++
	if s.failedCwds > maxFailedCwds {
		s.tally.limit(LimitDirectories)
		s.ending = true
		return ftp.Say(ftp.CodeNotAvailable, "Too many directories that do not exist, this session ends"), nil
	}
	return ftp.Say(ftp.CodeUnavailable, "Cannot enter "+target+": "+why), nil
}

// alias finds the directory that an alias stands for.
func (s *Session) alias(name string) (string, bool) {
	for _, a := range s.cfg.Aliases {
		if a.Name == name {
			return a.Dir, true
		}
	}
	return "", false
}

// cdup changes to the parent directory; what the client adds is ignored.
func (s *Session) cdup(ctx context.Context, _ string) (ftp.Reply, error) { return s.cwdVerb(ctx, "..") }

// pwd tells the working directory (RFC 959, appendix II).
func (s *Session) pwd(context.Context, string) (ftp.Reply, error) {
	return ftp.Say(ftp.CodePathname, `"`+s.cwd+`" is the working directory`), nil
}

// mkd makes a directory.
func (s *Session) mkd(_ context.Context, name string) (ftp.Reply, error) {
	s.failedCwds = 0
	if s.account.Anonymous && !s.cfg.AnonMkdir {
		return ftp.Reply{}, refuse(ftp.CodeUnavailable, nil, "Anonymous users may not make directories")
	}
	name = ftp.Simplify(name)
	if err := s.checkName(name, writing); err != nil {
		return ftp.Reply{}, err
	}
	dir := s.path(name)
	err := s.book(dir, quota.Delta{Files: 1}, func(quota.Usage) (quota.Delta, error) {
		if err := s.root.Mkdir(dir, 0o777&^s.cfg.DirMask); err != nil {
			return quota.Delta{}, err
		}
		return quota.Delta{Files: 1}, nil
	})
	if refusal := s.quotaRefusal(name, err); refusal != nil {
		return ftp.Reply{}, refusal
	}
	if err != nil {
		s.logFailed("Can't create directory", name, err)
		return ftp.Reply{}, refuseFor(ftp.CodeUnavailable, "Cannot make the directory", err)
	}
	return ftp.Say(ftp.CodePathname, append([]string{`"` + name + `" : directory made`}, s.usageLines()...)...), nil
}

// rmd removes an empty directory.
func (s *Session) rmd(_ context.Context, name string) (ftp.Reply, error) {
	if err := s.checkName(name, writing); err != nil {
		return ftp.Reply{}, err
	}
	dir := s.path(name)
	err := s.book(dir, quota.Delta{}, func(quota.Usage) (quota.Delta, error) {
		if err := s.root.Rmdir(dir); err != nil {
			return quota.Delta{}, err
		}
		return quota.Delta{Files: -1}, nil
	})
	if refusal := s.foreign("remove", name, err); refusal != nil {
		return ftp.Reply{}, refusal
	}
	if err != nil {
		s.logFailed("Can't remove directory", name, err)
		return ftp.Reply{}, refuseFor(ftp.CodeUnavailable, "Cannot remove the directory", err)
	}
	return s.withUsage(ftp.Say(ftp.CodeFileOK, "Directory removed")), nil
}
