package session

import (
	"context"
	"errors"
	"fmt"
	"io"
	"slices"
	"time"

	"pureftpd/internal/ftp"
	"pureftpd/internal/listing"
	"pureftpd/internal/record"
	"pureftpd/internal/rootfs"
	"pureftpd/internal/transfer"
)

// tree is the session's root as listings read it.
type tree struct{ *rootfs.Root }

// ReadDir gives the entries of a directory with or without their facts.
func (t tree) ReadDir(path string, facts bool, fn func(name []byte, f *ftp.Facts) bool) error {
	want := rootfs.Names
	if facts {
		want = rootfs.WithFacts
	}
	return t.Root.ReadDir(path, want, fn)
}

// lister binds the listing room to this session: what it may read and how much it may show.
func (s *Session) lister() *listing.Lister {
	c := listing.Config{
		MaxFiles:  s.cfg.MaxFiles,
		MaxDepth:  s.cfg.MaxDepth,
		ShowDot:   s.cfg.ShowDots,
		Broken:    s.cfg.BrokenClients,
		Anonymous: s.account.Anonymous,
		Location:  s.cfg.Location,
		Scratch:   s.parts.Scratch,
	}
	if !s.jailed || !s.account.Anonymous {
		s.nameOwners(&c)
	}
	return listing.New(tree{s.root}, c)
}

// nameOwners lets a listing show names where the original does: groups outside of a jail, users of system accounts
// too, and in a jail the one group that is the user's own.
func (s *Session) nameOwners(c *listing.Config) {
	user, group, err := s.parts.Names.Names()
	switch {
	case err != nil:
		s.logf(record.Error, "names of users and groups: %v", err)
	case s.jailed:
		c.GroupName = func(gid uint32) string {
			if gid != s.account.GID {
				return ""
			}
			return group(gid)
		}
	default:
		c.GroupName = group
		if s.account.SystemNames {
			c.OwnerName = user
		}
	}
}

// A producer writes one listing.
type producer func(ctx context.Context, w io.Writer) (listing.Result, error)

// list sends a listing in the form of ls (RFC 959, 4.1.3).
func (s *Session) list(ctx context.Context, arg string) (ftp.Reply, error) {
	l := s.lister()
	return s.sendListing(ctx, func(ctx context.Context, w io.Writer) (listing.Result, error) {
		return l.List(ctx, w, s.cwd, arg)
	})
}

// nlst sends names, one a line (RFC 959, 4.1.3; RFC 1123, 4.1.2.7).
func (s *Session) nlst(ctx context.Context, arg string) (ftp.Reply, error) {
	l := s.lister()
	selection, err := l.Select(ctx, s.cwd, arg)
	if err != nil {
		return s.cannotList(arg, err)
	}
	return s.sendListing(ctx, func(ctx context.Context, w io.Writer) (listing.Result, error) {
		return l.Names(ctx, w, selection)
	})
}

// mlsd sends the facts of a directory's entries (RFC 3659, 7).
func (s *Session) mlsd(ctx context.Context, arg string) (ftp.Reply, error) {
	l := s.lister()
	dir, err := l.Directory(s.cwd, arg)
	if err != nil {
		return s.cannotList(arg, err)
	}
	return s.sendListing(ctx, func(ctx context.Context, w io.Writer) (listing.Result, error) {
		return l.Machine(ctx, w, dir)
	})
}

// cannotList says before the data connection that there is nothing to list, and why.
func (s *Session) cannotList(arg string, err error) (ftp.Reply, error) {
	why := reason(err)
	switch {
	case errors.Is(err, listing.ErrNotDirectory):
		why = "Not a directory"
	case errors.Is(err, listing.ErrTooBroad):
		s.tally.limit(LimitPattern)
		why = "Too many files or wildcards for a pattern"
	}
	return ftp.Reply{}, refuse(ftp.CodeUnavailable, err, "Cannot list "+arg+": "+why)
}

// sendListing sends a listing over the data connection.
func (s *Session) sendListing(ctx context.Context, produce producer) (ftp.Reply, error) {
	conn, err := s.connect(ctx, nil)
	if err != nil {
		return ftp.Reply{}, err
	}
	conn.SetStall(s.idle)
	s.mark(s.opening(conn, 0))
	producing, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	data, err := s.dress(ctx, conn)
	if err != nil {
		return ftp.Reply{}, err
	}
	w := s.watch(ctx, func(why error) { cancel(why); conn.Abort(why) },
		func() ftp.Reply { return s.status("Sending a listing") })
	begun := time.Now()
	result, err := produce(producing, data)
	if err == nil {
		err = data.Finish()
	}
	w.stop()
	if err != nil {
		data.Break()
	}
	if closed := data.Close(); err == nil && closed != nil {
		err = &transfer.PeerError{Op: "close", Err: closed}
	}
	if cause := context.Cause(producing); cause != nil && err != nil {
		err = cause
	}
	s.tally.transfer(Listing, outcome(transfer.Result{Err: err}, nil), time.Since(begun))
	s.tallyListing(result)
	if err != nil {
		code, why := failure(transfer.Result{Err: err}, ftp.CodeDataAborted)
		return ftp.Say(code, why), nil
	}
	return ftp.Say(ftp.CodeDataDone, append(notes(result), total(result))...), nil
}

// tallyListing counts the limits that a listing has met, each once.
func (s *Session) tallyListing(r listing.Result) {
	if r.Truncated {
		s.tally.limit(LimitEntries)
	}
	for _, kind := range []struct {
		listing.ProblemKind
		Limit
	}{{listing.TooDeep, LimitDepth}, {listing.TooBroad, LimitPattern}} {
		if slices.ContainsFunc(r.Problems, func(p listing.Problem) bool { return p.Kind == kind.ProblemKind }) {
			s.tally.limit(kind.Limit)
		}
	}
}

// notes are the lines of the final reply that tell what is missing in a listing, and which options were active.
func notes(r listing.Result) []string {
	var lines []string
	for _, p := range r.Problems {
		switch p.Kind {
		case listing.Unreadable:
			lines = append(lines, "Unable to read "+p.Path+": "+reason(p.Err))
		case listing.TooBroad:
			lines = append(lines, "Too many files or wildcards for the pattern "+p.Path+": it was given up")
		case listing.TooDeep:
			lines = append(lines, "Directories below "+p.Path+" are too deep: their content is left out")
		}
	}
	if r.Unsaid > 0 {
		lines = append(lines, fmt.Sprintf("%d more problems are not shown", r.Unsaid))
	}
	if r.Options != "" {
		lines = append(lines, "Options: "+r.Options)
	}
	return lines
}

// total is the last line of the final reply: how many entries there were, or that not all could be shown.
func total(r listing.Result) string {
	if r.Truncated {
		return fmt.Sprintf("The limit is reached: only %d matches are shown", r.Matches)
	}
	return fmt.Sprintf("%d matches total", r.Matches)
}

// mlst tells the facts of one file over the control connection (RFC 3659, 7).
func (s *Session) mlst(_ context.Context, name string) (ftp.Reply, error) {
	if name == "" {
		name = "."
	}
	line, err := s.lister().Entry(s.cwd, name)
	if err != nil {
		return ftp.Reply{}, refuse(ftp.CodeUnavailable, err, "Cannot look at "+name+": "+reason(err))
	}
	return ftp.Reply{Code: ftp.CodeFileOK, Before: []string{"Begin"}, Body: " " + line + "\r\n", Text: "End."}, nil
}

// maxStatus bounds the listing of one STAT, in bytes: it is held as a whole, and no other command is answered meanwhile.
const maxStatus = 8 << 20

var errStatusTooLong = errors.New("the listing is too long for a reply")

// A boundedText is a text of at most maxStatus bytes.
type boundedText struct{ b []byte }

// Write appends p, or fails with errStatusTooLong.
func (t *boundedText) Write(p []byte) (int, error) {
	if len(t.b)+len(p) > maxStatus {
		return 0, errStatusTooLong
	}
	t.b = append(t.b, p...)
	return len(p), nil
}

// listHere lists over the control connection for STAT, in lines without a code.
func (s *Session) listHere(ctx context.Context, arg string) (ftp.Reply, error) {
	var out boundedText
	result, err := s.lister().Status(ctx, &out, s.cwd, arg)
	s.tallyListing(result)
	if errors.Is(err, errStatusTooLong) {
		s.tally.limit(LimitStatus)
		return ftp.Reply{}, refuse(ftp.CodeLocalError, err, "The listing is too long for a reply, use LIST")
	}
	if err != nil {
		return ftp.Reply{}, err
	}
	body := string(out.b)
	for _, note := range notes(listing.Result{Problems: result.Problems, Unsaid: result.Unsaid}) {
		body += fmt.Sprintf("%d-%s\r\n", ftp.CodeFileStatus, note)
	}
	if result.Truncated {
		body += fmt.Sprintf("%d-%s\r\n", ftp.CodeFileStatus, total(result))
	}
	return ftp.Reply{Code: ftp.CodeFileStatus, Before: []string{"STAT"}, Body: body, Text: "End."}, nil
}
