package sqlauth

import (
	"context"
	"database/sql/driver"
	"errors"
	"fmt"
	"strings"
	"sync/atomic"

	"pureftpd/internal/account"
	"pureftpd/internal/auth"
	"pureftpd/internal/auth/conffile"
)

// Parts are what every database's backend is handed.
type Parts struct {
	Verifier auth.Verifier

	// UserID and GroupID find the number of a system account or group by its name. nil means that there are none.
	UserID, GroupID func(name string) (id uint32, ok bool, err error)

	// Groups returns the supplementary groups of the system account that owns a uid. nil means that there are none.
	Groups func(uid uint32) ([]uint32, error)

	// Report is told what keeps a hash from being made anew; such a login succeeds nevertheless. nil means that nobody cares.
	Report func(message string)
}

// A Database is what one kind of database adds to what all have in common.
type Database struct {
	Prefix       string // of its keys
	Where        string // names the database in errors
	Dialect      Dialect
	Connector    driver.Connector
	Guard        Guard
	Finalize     bool // its statements have to be closed before a connection is
	Transactions bool // each login is one
}

// A Backend logs in the accounts of one database.
type Backend struct {
	prefix       string
	where        string
	dialect      Dialect
	pool         *pool
	transactions bool
	settings
	rehash *rehash // nil if hashes stay as they are

	verifier auth.Verifier
	userID   func(string) (uint32, bool, error)
	groupID  func(string) (uint32, bool, error)
	groups   func(uid uint32) ([]uint32, error)
	sample   atomic.Pointer[string] // the hash of a user
}

// New returns the Backend of a database whose file has been read. It does not connect yet. Its error holds all mistakes of
// the common keys.
func New(file *conffile.File, d Database, p Parts) (*Backend, error) {
	s, err := read(file, d.Prefix, d.Dialect)
	if err != nil {
		return nil, err
	}
	none := func(string) (uint32, bool, error) { return 0, false, nil }
	if p.UserID == nil {
		p.UserID = none
	}
	if p.GroupID == nil {
		p.GroupID = none
	}
	if p.Groups == nil {
		p.Groups = func(uint32) ([]uint32, error) { return nil, nil }
	}
	return &Backend{
		prefix:       d.Prefix,
		where:        d.Where,
		dialect:      d.Dialect,
		pool:         newPool(&preparing{d.Connector, d.Guard, d.Finalize}, s.connections),
		transactions: d.Transactions,
		settings:     s,
		rehash:       newRehash(s.store, p.Report),
		verifier:     p.Verifier,
		userID:       p.UserID,
		groupID:      p.GroupID,
		groups:       p.Groups,
	}, nil
}

// Close ends the connections that are kept; no login may run any more.
func (b *Backend) Close() error { return b.pool.db.Close() }

// Authenticate implements auth.Backend: the queries in the original's order, the password between those that tell who it is
// and those that tell what he may do.
func (b *Backend) Authenticate(ctx context.Context, c auth.Credentials) (account.Account, error) {
	if err := ctx.Err(); err != nil {
		return account.Account{}, fmt.Errorf("ask %s: %w", b.where, err)
	}
	if !askable(c.User) {
		return account.Account{}, auth.ErrUnknown
	}
	v, err := b.begin(ctx, c)
	if err != nil {
		return account.Account{}, err
	}
	defer v.end()
	who, err := b.identify(v)
	if err != nil {
		return account.Account{}, err
	}
	v.pause()
	legacy, err := b.checkPassword(ctx, who.stored, c)
	if err != nil {
		return account.Account{}, err
	}
	v.resume()
	a, err := b.judge(who)
	if err != nil {
		return account.Account{}, err
	}
	if a.Limits, err = b.askLimits(v); err != nil {
		return account.Account{}, err
	}
	if err := v.commit(); err != nil {
		return account.Account{}, err
	}
	a.Name = c.User
	if legacy != "" && !b.rehash.store(v, who.stored, c) {
		a.LegacyHash = legacy
	}
	return a, nil
}

// An identity is what the database says of who a user is, not judged yet.
type identity struct{ stored, uid, gid, home string }

// identify asks who the user is. All that is asked has to have an answer.
func (b *Backend) identify(v *visit) (who identity, err error) {
	for _, x := range []struct {
		q    *query
		text *string
	}{{&b.password, &who.stored}, {&b.uid, &who.uid}, {&b.gid, &who.gid}, {&b.home, &who.home}} {
		if *x.text, err = b.demand(v, x.q); err != nil {
			return identity{}, err
		}
	}
	return who, nil
}

// judge makes an account of an identity whose password was right.
func (b *Backend) judge(who identity) (a account.Account, err error) {
	a.Home, a.SystemNames = who.home, b.tilde
	if a.UID, err = parseID(b.uid.key, who.uid, b.userID); err != nil {
		return account.Account{}, err
	}
	if a.GID, err = parseID(b.gid.key, who.gid, b.groupID); err != nil {
		return account.Account{}, err
	}
	if !strings.HasPrefix(who.home, "/") {
		return account.Account{}, &auth.Refusal{Reason: fmt.Sprintf("%s: %q is not an absolute path", b.home.key, who.home)}
	}
	if a.Groups, err = b.groups(a.UID); err != nil {
		return account.Account{}, fmt.Errorf("%w: groups of uid %d: %w", auth.ErrBroken, a.UID, err)
	}
	return a, nil
}

// demand asks for what every user has to have. Who has no password is unknown; where another answer is missing or is no
// answer, the next backend is asked, too, and the administrator is told.
func (b *Backend) demand(v *visit, q *query) (string, error) {
	text, err := v.ask(q)
	switch {
	case err == nil:
		return text, nil
	case errors.Is(err, errNothing) && q == &b.password:
		return "", auth.ErrUnknown
	case errors.Is(err, errNothing), errors.Is(err, errAnswer):
		return "", fmt.Errorf("%w: %w: %s: %w", auth.ErrUnknown, auth.ErrDamaged, q.key, err)
	}
	return "", err
}
