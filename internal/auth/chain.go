package auth

import (
	"context"
	"errors"
	"fmt"
	"runtime/debug"

	"pureftpd/internal/account"
)

// A Link is one backend of a chain.
type Link struct {
	Name    string // as the administrator wrote it, for errors
	Backend Backend
}

// A Chain asks its backends in order. It is a Backend itself.
type Chain struct {
	Links    []Link
	Verifier Verifier // takes the time when no backend knows a user
}

// Authenticate returns the answer of the first backend that knows the user. If none does, the error
// wraps ErrUnknown and says what kept backends from telling, if anything did.
func (c *Chain) Authenticate(ctx context.Context, credentials Credentials) (account.Account, error) {
	var unknown error
	for _, link := range c.Links {
		a, err := link.authenticate(ctx, credentials)
		if err == nil {
			a.Source = link.Name
			return a, nil
		}
		err = &sourceError{link.Name, err}
		if !errors.Is(err, ErrUnknown) {
			return account.Account{}, err
		}
		unknown = errors.Join(unknown, err)
		if ctx.Err() != nil {
			break
		}
	}
	if err := ctx.Err(); err != nil {
		return account.Account{}, fmt.Errorf("authenticate: %w", err)
	}
	Decoy(ctx, c.Verifier, c.sample(), credentials.Password)
	if unknown == nil {
		unknown = fmt.Errorf("%w: there is no backend", ErrUnknown)
	}
	return account.Account{}, unknown
}

// A sourceError is what one backend says.
type sourceError struct {
	source string
	err    error
}

func (e *sourceError) Error() string { return e.source + ": " + e.err.Error() }
func (e *sourceError) Unwrap() error { return e.err }

// SourceOf returns which backend of a Chain has ended a login, by its Name; "" if none has.
func SourceOf(err error) string {
	if e, ok := errors.AsType[*sourceError](err); ok && !errors.Is(err, ErrUnknown) {
		return e.source
	}
	return ""
}

// authenticate asks the backend. One that panics has let nobody in, and the session goes on.
func (l Link) authenticate(ctx context.Context, c Credentials) (a account.Account, err error) {
	defer func() {
		if p := recover(); p != nil {
			a, err = account.Account{}, fmt.Errorf("%w: it panicked: %v\n%s", ErrDown, p, debug.Stack())
		}
	}()
	return l.Backend.Authenticate(ctx, c)
}

// sample returns the hash of a user of the first backend that has one to show.
func (c *Chain) sample() string {
	for _, link := range c.Links {
		if s, ok := link.Backend.(Sampler); ok {
			if hash := s.SampleHash(); c.Verifier.Check(hash) == nil {
				return hash
			}
		}
	}
	return ""
}
