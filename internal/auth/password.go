package auth

import (
	"context"
	"errors"

	"pureftpd/internal/passhash"
)

// A Verifier compares a password with a stored hash. *passhash.Verifier is one.
type Verifier interface {
	Verify(ctx context.Context, stored, password string) (bool, error)
	Check(stored string) error // nil if Verify can handle the hash
}

// decoyHash stands for the hash of a real user where there is none: 19 MiB, two passes, some tens
// of milliseconds. Nobody knows its password.
const decoyHash = "$argon2id$v=19$m=19456,t=2,p=1" +
	"$bm9ib2R5IGhhcyB0aGlzIQ$AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"

// CheckPassword compares the password of credentials with the hash of a known user. It returns nil or an error to
// end the login with: a *Refusal, or that of the context. A hash that cannot be verified takes as
// long as what sample returns would: the hash of another user. It locks the account for certificates, too.
func CheckPassword(ctx context.Context, v Verifier, stored string, sample func() string, c Credentials) error {
	if c.Certified {
		if err := v.Check(stored); err != nil {
			return Refuse(Locked, "the account is locked or its password hash cannot be verified", err)
		}
		return nil
	}
	password := c.Password
	ok, err := v.Verify(ctx, stored, string(password))
	switch {
	case err == nil && ok:
		return nil
	case err == nil:
		return &Refusal{Cause: WrongPassword, Reason: "wrong password"}
	case ctx.Err() != nil:
		return err
	}
	Decoy(ctx, v, sample(), password)
	if errors.Is(err, passhash.ErrMalformed) {
		return Refuse(Locked, "the account is locked or its password hash is damaged", err)
	}
	return Refuse(BadRecord, "the password cannot be verified", err)
}

// Decoy takes the time that the comparison of a password takes. The sample is the hash of a real
// user; if it cannot be verified or is empty, a fixed hash is taken.
func Decoy(ctx context.Context, v Verifier, sample string, password Secret) {
	if v.Check(sample) != nil {
		sample = decoyHash
	}
	_, _ = v.Verify(ctx, sample, string(password)) // the answer does not matter
}
