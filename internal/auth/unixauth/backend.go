package unixauth

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"pureftpd/internal/account"
	"pureftpd/internal/auth"
	"pureftpd/internal/passhash"
)

// shadowed stands for the hash of a password that is in the shadow file.
const shadowed = "x"

// A Config names the parts of a Backend.
type Config struct {
	Database *Database
	Verifier auth.Verifier
	Now      func() time.Time // nil means time.Now
}

// A Backend logs in the accounts of a Database.
type Backend struct {
	db       *Database
	verifier auth.Verifier
	now      func() time.Time
}

// New returns a Backend.
func New(c Config) *Backend {
	if c.Now == nil {
		c.Now = time.Now
	}
	return &Backend{c.Database, c.Verifier, c.Now}
}

// Authenticate implements auth.Backend. The password comes first: whatever else stands against the
// login takes no less time to find out.
func (b *Backend) Authenticate(ctx context.Context, c auth.Credentials) (account.Account, error) {
	entry, err := b.db.Account(c.User)
	switch {
	case errors.Is(err, ErrNoAccount):
		return account.Account{}, auth.ErrUnknown
	case err != nil:
		return account.Account{}, broken(err)
	}
	stored, err := b.checkPassword(ctx, entry, c)
	if err != nil {
		return account.Account{}, err
	}
	if err := b.checkShell(entry); err != nil {
		return account.Account{}, err
	}
	if !strings.HasPrefix(entry.Home, "/") {
		return account.Account{}, &auth.Refusal{Cause: auth.BadRecord, Reason: fmt.Sprintf("home %q is not an absolute path", entry.Home)}
	}
	groups, err := b.db.Groups(entry.UID)
	if err != nil {
		return account.Account{}, broken(err)
	}
	return account.Account{
		Name:        entry.Name,
		UID:         entry.UID,
		GID:         entry.GID,
		Groups:      groups,
		Home:        entry.Home,
		SystemNames: true,
		LegacyHash:  passhash.Legacy(stored),
	}, nil
}

// checkPassword compares the password, and finds out whether it and the account may still be used.
// It returns the hash that it compared with.
func (b *Backend) checkPassword(ctx context.Context, entry Entry, c auth.Credentials) (string, error) {
	stored := entry.password
	var aging *shadowEntry
	if stored == shadowed {
		shadow, err := b.db.shadow.load()
		if err != nil {
			return "", broken(fmt.Errorf("read passwords: %w", err))
		}
		stored = "" // of an account that the shadow file does not know
		if aging = shadow.byName[entry.Name]; aging != nil {
			stored = aging.hash
		}
	}
	if err := auth.CheckPassword(ctx, b.verifier, stored, b.SampleHash, c); err != nil {
		return "", err
	}
	if aging != nil {
		if refusal := aging.refusal(b.now()); refusal != nil {
			return "", refusal
		}
	}
	return stored, nil
}

// checkShell tells whether accounts with this shell may log in.
func (b *Backend) checkShell(entry Entry) error {
	if strings.EqualFold(entry.Shell, "ftp") {
		return nil
	}
	listed, err := b.db.shellListed(entry.Shell)
	if err != nil {
		return broken(err)
	}
	if !listed {
		return &auth.Refusal{Cause: auth.Shell, Reason: fmt.Sprintf("shell %q is not in %s", entry.Shell, b.db.shells.path)}
	}
	return nil
}

// SampleHash implements auth.Sampler: the first hash of the shadow file that can be verified.
func (b *Backend) SampleHash() string {
	shadow, err := b.db.shadow.load()
	if err != nil {
		return ""
	}
	for _, e := range shadow.order {
		if b.verifier.Check(e.hash) == nil {
			return e.hash
		}
	}
	return ""
}

// broken makes an error one that stops every login.
func broken(err error) error { return fmt.Errorf("%w: %w", auth.ErrBroken, err) }
