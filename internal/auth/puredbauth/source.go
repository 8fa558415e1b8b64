package puredbauth

import (
	"errors"
	"fmt"

	"pureftpd/internal/auth"
	"pureftpd/internal/passwdfile"
	"pureftpd/internal/puredb"
)

// A Source holds the records of virtual users: what follows the login and its colon in the line of a
// user. It may be used by many goroutines at once. A *puredb.Reader and a *passwdfile.Index are
// sources; the errors of any other wrap those of either, and mean the same:
//
//	puredb.ErrNotFound, passwdfile.ErrNoLogin   there is no such user
//	puredb.ErrOpen, passwdfile.ErrUnusable      nobody can be asked for
//	puredb.ErrDamaged and all others            the user was not found, because of damage
type Source interface {
	// Find returns the record of a login.
	Find(login string) ([]byte, error)

	// First returns the record of any user, always the same, as a sample.
	First() ([]byte, error)
}

// find returns the record of a login. Its error is one of a backend.
func (b *Backend) find(login string) (string, error) {
	value, err := b.source.Find(login)
	switch {
	case err == nil:
		return string(value), nil
	case errors.Is(err, puredb.ErrOpen), errors.Is(err, passwdfile.ErrUnusable):
		return "", fmt.Errorf("%w: %w", auth.ErrBroken, err)
	case errors.Is(err, puredb.ErrNotFound), errors.Is(err, passwdfile.ErrNoLogin):
		return "", auth.ErrUnknown
	}
	return "", fmt.Errorf("%w: %w: %w", auth.ErrUnknown, auth.ErrDamaged, err)
}
