package passhash

import (
	"context"
	"crypto/subtle"
	"errors"
	"fmt"
	"runtime"
	"strings"
)

var (
	// ErrMalformed says that a stored hash is of no known form, or is broken within its form.
	ErrMalformed = errors.New("not a password hash")

	// ErrScheme says that a stored hash is of a known scheme, or has parameters, that this package
	// does not verify.
	ErrScheme = errors.New("unsupported password hash scheme")

	// ErrBudget says that a stored hash asks for more memory than all verifications together may
	// take.
	ErrBudget = errors.New("password hash exceeds the memory budget")
)

// MaxPassword is the length of password, in bytes, from which on none matches. It is crypt(3)'s
// bound.
const MaxPassword = 512

// DefaultMemory is the memory budget of a Config that names none, in bytes.
const DefaultMemory = 256 << 20

// A Config bounds what the verifications of one Verifier cost together.
type Config struct {
	Memory   int64 // bytes; 0 means DefaultMemory
	Parallel int   // expensive verifications at once; 0 means runtime.GOMAXPROCS
}

// A Verifier verifies passwords within bounds. It may be used by many goroutines at once.
type Verifier struct {
	budget budget
}

// New returns a Verifier.
func New(c Config) *Verifier {
	if c.Memory == 0 {
		c.Memory = DefaultMemory
	}
	if c.Parallel == 0 {
		c.Parallel = runtime.GOMAXPROCS(0)
	}
	return &Verifier{budget: budget{total: c.Memory, free: cost{c.Memory, c.Parallel}}}
}

// Verify tells whether password is the one that the stored hash was made of. If it cannot tell, the
// error wraps ErrMalformed, ErrScheme, ErrBudget or that of the context, which ends the waiting for
// a place.
func (v *Verifier) Verify(ctx context.Context, stored, password string) (bool, error) {
	h, err := parse(stored)
	if err != nil {
		return false, err
	}
	if len(password) >= MaxPassword {
		return false, nil
	}
	need := h.cost()
	if err := v.budget.take(ctx, need); err != nil {
		return false, err
	}
	defer v.budget.give(need)
	want, got, err := h.compute([]byte(password))
	if err != nil {
		return false, fmt.Errorf("%w: %w", ErrMalformed, err)
	}
	return subtle.ConstantTimeCompare(want, got) == 1, nil
}

// Check tells whether a stored hash is one that can be verified: its error is what Verify would
// return, but for the context's.
func (v *Verifier) Check(stored string) error {
	h, err := parse(stored)
	if err != nil {
		return err
	}
	return v.budget.check(h.cost())
}

// A hash is a stored hash taken apart.
type hash interface {
	// cost is what compute takes.
	cost() cost
	// compute returns the stored result and the one the given password makes, in the same encoding.
	// It does not keep or change the password.
	compute(password []byte) (want, got []byte, err error)
}

// A scheme is one notation of stored hashes.
type scheme struct {
	prefix string
	// parse takes apart what follows the prefix; nil for a scheme that is known but not verified.
	parse func(rest string) (hash, error)
	name  string
}

// schemes lists the notations; a longer prefix stands before a shorter one it begins with. It is
// never written to.
var schemes = [...]scheme{
	{"$argon2id$", parseArgon2id, "Argon2id"},
	{"$argon2i$", parseArgon2i, "Argon2i"},
	{"$argon2d$", nil, "Argon2d"},
	{"$7$", parseScrypt, "scrypt"},
	{"$y$", parseYescrypt, "yescrypt"},
	{"$gy$", nil, "GOST-yescrypt"},
	{"$2a$", parseBcrypt("$2a$"), "bcrypt"},
	{"$2b$", parseBcrypt("$2b$"), "bcrypt"},
	{"$2y$", parseBcrypt("$2y$"), "bcrypt"},
	{"$2x$", nil, "bcrypt with the sign extension bug"},
	{"$2$", nil, "bcrypt before $2a$"},
	{"$6$", parseSHA512Crypt, "SHA512-crypt"},
	{"$5$", parseSHA256Crypt, "SHA256-crypt"},
	{"$1$", parseMD5Crypt, "MD5-crypt"},
	{"$sha1$", parseSHA1Crypt, "SHA1-crypt"},
	{"$md5", nil, "SunMD5"},
	{"$3$", nil, "NT"},
	{"_", nil, "BSDi extended DES"},
	{"", nil, "DES"},
}

// parse finds the scheme of a stored hash and takes the hash apart.
func parse(stored string) (hash, error) {
	for _, s := range schemes {
		rest, ok := strings.CutPrefix(stored, s.prefix)
		if !ok {
			continue
		}
		switch {
		case s.parse != nil:
			h, err := s.parse(rest)
			if err != nil {
				return nil, fmt.Errorf("%s: %w", s.name, err)
			}
			return h, nil
		case s.prefix == "" && !isCrypt64(stored, 13), s.prefix == "_" && !isCrypt64(rest, 19):
			return nil, ErrMalformed
		}
		return nil, fmt.Errorf("%w: %s", ErrScheme, s.name)
	}
	return nil, ErrMalformed
}
