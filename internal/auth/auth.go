package auth

import (
	"context"
	"errors"
	"net/netip"

	"pureftpd/internal/account"
)

// Credentials are what a client showed, and the connection it showed them on.
type Credentials struct {
	User     string
	Password Secret
	// Certified says that the client has shown a certificate which stands for User: no password is compared. Everything else
	// that may stand against the login does. A backend that does not know of it compares the password, which is empty.
	Certified bool
	Local     netip.AddrPort // the server's end of the control connection
	Remote    netip.AddrPort // the client's

	TLS        bool   // the control connection is protected
	ServerName string // what the client has called the server in its handshake (SNI): any bytes, or none
}

// A Backend is one source of accounts. Its answer is one of three: an account; an error that wraps
// ErrUnknown, and the next backend is asked; any other error, and the login is over. It may be used
// by many goroutines at once.
type Backend interface {
	Authenticate(ctx context.Context, c Credentials) (account.Account, error)
}

// A Sampler is a Backend that can show what its users' password hashes look like.
type Sampler interface {
	// SampleHash returns the hash of any user, or "" if there is none.
	SampleHash() string
}

var (
	// ErrUnknown says that a backend does not know the user, or, if a cause is joined to it, that
	// it could not tell and the next one is to be asked.
	ErrUnknown = errors.New("user unknown")

	// ErrRefused is what every *Refusal is.
	ErrRefused = errors.New("login refused")

	// ErrBroken says that a backend cannot be used at all. Nobody can log in, so the session ends.
	ErrBroken = errors.New("authentication is out of order")

	// ErrDown says that a backend cannot be asked now. The login is over: the next backend might know another user of this
	// name. Other logins, and the next try of this one, may fare better.
	ErrDown = errors.New("the accounts cannot be asked now")

	// ErrDamaged comes with ErrUnknown: the user was not found in a source that is damaged. The next
	// backend is asked, and the administrator is to be told.
	ErrDamaged = errors.New("the accounts are damaged")
)

// A Refusal is the answer of a backend that knows the user and does not let it in.
type Refusal struct {
	Cause Cause // "" means BadRecord

	// Reason is all there is to know, for the administrator; a client never reads it. It holds no
	// secret.
	Reason string

	// Err is the cause, if there is one besides the user: errors.Is and errors.As look at it.
	Err error
}

// Refuse returns a Refusal for an error, whose text becomes part of the reason.
func Refuse(cause Cause, reason string, err error) *Refusal {
	return &Refusal{Cause: cause, Reason: reason + ": " + err.Error(), Err: err}
}

func (r *Refusal) Error() string { return "login refused: " + r.Reason }

// Is makes every Refusal an ErrRefused.
func (r *Refusal) Is(target error) bool { return target == ErrRefused }

func (r *Refusal) Unwrap() error { return r.Err }
