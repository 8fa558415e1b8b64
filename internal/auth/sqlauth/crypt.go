package sqlauth

import (
	"context"
	"crypto/subtle"
	"fmt"
	"slices"
	"strings"

	"pureftpd/internal/auth"
	"pureftpd/internal/passhash"
)

// A crypt is how passwords are stored: the value of the key Crypt.
type crypt string

const (
	cryptAny       crypt = "any" // every kind of hash
	cryptArgon2    crypt = "argon2"
	cryptScrypt    crypt = "scrypt"
	cryptCrypt     crypt = "crypt" // what crypt(3) knows
	cryptCleartext crypt = "cleartext"
)

// clearText is what LegacyHash calls a password that is no hash.
const clearText = "clear text"

const (
	argon2Prefix = "$argon2"
	scryptPrefix = "$7$"
)

func parseCrypt(word string) (crypt, error) {
	all := []crypt{cryptAny, cryptArgon2, cryptScrypt, cryptCrypt, cryptCleartext}
	if c := crypt(strings.ToLower(word)); slices.Contains(all, c) {
		return c, nil
	}
	return "", fmt.Errorf("%q is none of any, argon2, scrypt, crypt, cleartext (the original takes every other word for cleartext)", word)
}

// admits tells whether a stored value is of the kind that the administrator said there would be.
func (c crypt) admits(stored string) bool {
	argon2 := strings.HasPrefix(stored, argon2Prefix)
	switch c {
	case cryptArgon2:
		return argon2
	case cryptScrypt:
		return strings.HasPrefix(stored, scryptPrefix)
	case cryptCrypt:
		return !argon2
	}
	return true
}

// checkPassword compares the password with what is stored. It returns the kind of what is stored if that ought to be
// replaced, else "": a login by certificate shows no password to replace it with.
func (b *Backend) checkPassword(ctx context.Context, stored string, c auth.Credentials) (legacy string, err error) {
	ours := b.rehash != nil && strings.HasPrefix(stored, argon2Prefix) && b.verifier.Check(stored) == nil
	switch {
	case ours: // what rehash writes counts whatever the others are
	case b.crypt == cryptCleartext && c.Certified && stored != "":
		return "", nil
	case b.crypt == cryptCleartext:
		return clearText, b.checkClear(ctx, stored, c)
	case !b.crypt.admits(stored):
		auth.Decoy(ctx, b.verifier, b.SampleHash(), c.Password)
		return "", &auth.Refusal{Reason: fmt.Sprintf("the stored password is not of the kind that %sCrypt says: %s", b.prefix, b.crypt)}
	}
	if b.verifier.Check(stored) == nil {
		b.sample.Store(&stored)
	}
	if !c.Certified {
		legacy = passhash.Legacy(stored)
	}
	return legacy, auth.CheckPassword(ctx, b.verifier, stored, b.SampleHash, c)
}

// checkClear compares clear text in constant time; an empty one never matches. A wrong one takes as long as an unknown user
// does.
func (b *Backend) checkClear(ctx context.Context, stored string, c auth.Credentials) error {
	if subtle.ConstantTimeCompare([]byte(stored), []byte(c.Password)) == 1 && stored != "" {
		return nil
	}
	auth.Decoy(ctx, b.verifier, b.SampleHash(), c.Password)
	return &auth.Refusal{Cause: auth.WrongPassword, Reason: "wrong password"}
}

// SampleHash implements auth.Sampler: the hash of a user who was looked up, or "".
func (b *Backend) SampleHash() string {
	if sample := b.sample.Load(); sample != nil {
		return *sample
	}
	return ""
}
