package extauth

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/netip"
	"strings"
	"time"

	"pureftpd/internal/account"
	"pureftpd/internal/auth"
	"pureftpd/internal/authd"
)

const (
	// standardLimit is the time that pure-authd gives a program.
	standardLimit = time.Minute
	// standardParallel is less than the 42 clients that wait at the socket of the original's pure-authd.
	standardParallel = 32
	// maxServerName is how long the name of a host may be.
	maxServerName = 255
)

// An Asker puts a question to who knows the accounts. Its error says that there is no answer.
type Asker interface {
	Ask(ctx context.Context, q authd.Question) (authd.Answer, error)
}

// A Config says whom a Backend asks.
type Config struct {
	Asker Asker

	// Groups returns the supplementary groups of the system account that owns a uid. nil means that there are none.
	Groups func(uid uint32) ([]uint32, error)

	Limit    time.Duration // for a login, its turn included; 0 is a minute
	Parallel int           // questions at once; 0 is 32. More wait
}

// A Backend logs in whom its Asker lets in.
type Backend struct {
	config Config
	turns  chan struct{} // one value for each question that is asked
}

// New returns a Backend. It asks nothing yet.
func New(c Config) *Backend {
	if c.Groups == nil {
		c.Groups = func(uint32) ([]uint32, error) { return nil, nil }
	}
	if c.Limit == 0 {
		c.Limit = standardLimit
	}
	if c.Parallel == 0 {
		c.Parallel = standardParallel
	}
	return &Backend{c, make(chan struct{}, c.Parallel)}
}

// Close ends connections that wait for another question.
func (b *Backend) Close() error {
	if c, ok := b.config.Asker.(io.Closer); ok {
		return c.Close()
	}
	return nil
}

// Authenticate implements auth.Backend.
func (b *Backend) Authenticate(ctx context.Context, c auth.Credentials) (account.Account, error) {
	if err := ctx.Err(); err != nil {
		return account.Account{}, err
	}
	if c.Certified { // the languages of the questions know of no certificate
		return account.Account{}, fmt.Errorf("%w: a password is wanted, a certificate does not stand for it", auth.ErrUnknown)
	}
	if strings.ContainsFunc(c.User, control) {
		return account.Account{}, fmt.Errorf("%w: not a name of a user", auth.ErrUnknown)
	}
	if strings.ContainsAny(string(c.Password), "\n\x00") {
		return account.Account{}, &auth.Refusal{Cause: auth.WrongPassword, Reason: "no password holds a line feed or a NUL byte"}
	}
	a, err := b.ask(ctx, question(c))
	switch {
	case err != nil && ctx.Err() != nil:
		return account.Account{}, fmt.Errorf("%w: %w", ctx.Err(), err)
	case errors.Is(err, authd.ErrBinary), errors.Is(err, authd.ErrUTF8), errors.Is(err, authd.ErrLong):
		return account.Account{}, fmt.Errorf("%w: cannot be asked about: %w", auth.ErrUnknown, err)
	case err != nil:
		return account.Account{}, fmt.Errorf("%w: %w", auth.ErrDown, err)
	case a.Verdict == authd.Unknown:
		return account.Account{}, fmt.Errorf("%w: %s", auth.ErrUnknown, a.Reason)
	case a.Verdict != authd.Accepted && a.Denied:
		return account.Account{}, &auth.Refusal{Cause: auth.Forbidden, Reason: a.Reason}
	case a.Verdict != authd.Accepted:
		return account.Account{}, &auth.Refusal{Cause: auth.BadRecord, Reason: a.Reason}
	}
	groups, err := b.config.Groups(a.UID)
	if err != nil {
		return account.Account{}, fmt.Errorf("%w: groups of uid %d: %w", auth.ErrBroken, a.UID, err)
	}
	return account.Account{
		Name: c.User, UID: a.UID, GID: a.GID, Groups: groups, Home: a.Home, SystemNames: a.TildeUsers, Limits: a.Limits,
	}, nil
}

// ask asks when it is the question's turn. Both have to be over within the limit.
func (b *Backend) ask(ctx context.Context, q authd.Question) (authd.Answer, error) {
	ctx, cancel := context.WithTimeoutCause(ctx, b.config.Limit, fmt.Errorf("it took longer than %v", b.config.Limit))
	defer cancel()
	select {
	case b.turns <- struct{}{}:
		defer func() { <-b.turns }()
	case <-ctx.Done():
		return authd.Answer{}, fmt.Errorf("%d others were being asked about: %w", b.config.Parallel, context.Cause(ctx))
	}
	a, err := b.config.Asker.Ask(ctx, q)
	if cause := context.Cause(ctx); err != nil && cause != nil && !errors.Is(err, cause) {
		err = fmt.Errorf("%w (%w)", err, cause)
	}
	return a, err
}

// question is what is asked about a login.
func question(c auth.Credentials) authd.Question {
	q := authd.Question{
		Account: c.User, Password: string(c.Password),
		LocalIP: address(c.Local), LocalPort: c.Local.Port(), RemoteIP: address(c.Remote),
		Encrypted: c.TLS,
	}
	if len(c.ServerName) <= maxServerName && !strings.ContainsFunc(c.ServerName, odd) {
		q.ServerName = c.ServerName // else it is not worth a question: a client may send anything
	}
	return q
}

func address(a netip.AddrPort) string { return a.Addr().Unmap().WithZone("").String() }

func control(r rune) bool { return r < ' ' || r == 0x7f }

// odd tells whether a character is in no name of a host.
func odd(r rune) bool { return r <= ' ' || r >= 0x7f }
