package pamauth

import (
	"context"
	"fmt"
	"io"
	"strings"

	"pureftpd/internal/account"
	"pureftpd/internal/auth"
	"pureftpd/internal/pamlink"
)

// An Asker has PAM asked. *Helper is one.
type Asker interface {
	// Ask returns the answer, or an error if there is none.
	Ask(ctx context.Context, q pamlink.Question) (pamlink.Answer, error)
}

// A Backend logs in whom PAM lets in.
type Backend struct{ asker Asker }

// New returns a Backend.
func New(a Asker) *Backend { return &Backend{a} }

// Close ends the helper.
func (b *Backend) Close() error {
	if c, ok := b.asker.(io.Closer); ok {
		return c.Close()
	}
	return nil
}

// Authenticate implements auth.Backend.
func (b *Backend) Authenticate(ctx context.Context, c auth.Credentials) (account.Account, error) {
	if err := ctx.Err(); err != nil {
		return account.Account{}, err
	}
	if c.Certified { // modules know of no certificate, and might take no password for an empty one
		return account.Account{}, fmt.Errorf("%w: PAM wants a password, a certificate does not stand for it", auth.ErrUnknown)
	}
	if !plausible(c.User) {
		return account.Account{}, fmt.Errorf("%w: not a name of a user", auth.ErrUnknown)
	}
	if strings.ContainsRune(string(c.Password), 0) { // where C strings end
		return account.Account{}, fmt.Errorf("%w: no password holds a zero byte", auth.ErrUnknown)
	}
	a, err := b.asker.Ask(ctx, pamlink.Question{
		User: []byte(c.User), Password: []byte(c.Password), Client: c.Remote.Addr().WithZone("").Unmap().String(),
	})
	switch {
	case err != nil && ctx.Err() != nil:
		return account.Account{}, err
	case err != nil:
		return account.Account{}, fmt.Errorf("%w: %w", auth.ErrDown, err)
	case a.Outcome == pamlink.Accepted:
		return accepted(c.User, a.Entry)
	}
	return account.Account{}, refused(a)
}

// plausible tells whether a system can have a user of this name. Modules make paths, commands and queries of it.
func plausible(user string) bool {
	return user != "" && user[0] != '-' && !strings.ContainsFunc(user, func(r rune) bool {
		return r < ' ' || r == 0x7f || r == '/' || r == ':'
	})
}

// accepted is the account of a user whom PAM lets in.
func accepted(user string, e *pamlink.Entry) (account.Account, error) {
	switch {
	case e == nil:
		return account.Account{}, fmt.Errorf("%w: the helper sent no account", auth.ErrDown)
	case e.UID == 0 || e.GID == 0:
		return account.Account{}, &auth.Refusal{Cause: auth.RootID, Reason: fmt.Sprintf("uid %d, gid %d", e.UID, e.GID)}
	case !strings.HasPrefix(e.Home, "/"):
		return account.Account{}, &auth.Refusal{
			Cause: auth.BadRecord, Reason: fmt.Sprintf("home %q is not an absolute path", e.Home),
		}
	}
	return account.Account{
		Name: user, UID: e.UID, GID: e.GID, Groups: e.Groups, Home: e.Home, SystemNames: true,
	}, nil
}

// refused is the error for an answer that lets nobody in. An outcome that is not known is none.
func refused(a pamlink.Answer) error {
	reason := string(a.Outcome)
	if a.Detail != "" {
		reason += ": " + a.Detail
	}
	causes := map[pamlink.Outcome]auth.Cause{
		pamlink.Expired:     auth.Expired,
		pamlink.NewPassword: auth.PasswordExpired,
		pamlink.Locked:      auth.Locked,
		pamlink.Forbidden:   auth.Forbidden,
	}
	switch a.Outcome {
	case pamlink.Denied, pamlink.NoAccount:
		return fmt.Errorf("%w: %s", auth.ErrUnknown, reason)
	case pamlink.Expired, pamlink.NewPassword, pamlink.Locked, pamlink.Forbidden:
		return &auth.Refusal{Cause: causes[a.Outcome], Reason: reason}
	}
	return fmt.Errorf("%w: %s", auth.ErrDown, reason)
}
