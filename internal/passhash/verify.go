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
// bound. One with a zero byte in it matches nothing either: no hash was ever made of it.
const MaxPassword = 512

// DefaultMemory is the memory budget of a Config that names none, in bytes.
const DefaultMemory = 256 << 20

// A Config bounds what the verifications of one Verifier cost together.
type Config struct {
	Memory   int64 // bytes; 0 means DefaultMemory
	Parallel int   // expensive verifications at once; 0 means runtime.GOMAXPROCS

	// DES allows traditional and extended DES: they can be searched through in days or less, and the
	// traditional one takes only eight characters of a password into account.
	DES bool
}

// A Verifier verifies passwords within bounds. It may be used by many goroutines at once.
type Verifier struct {
	budget   budget
	parallel int
	des      bool
}

// New returns a Verifier.
func New(c Config) *Verifier {
	if c.Memory == 0 {
		c.Memory = DefaultMemory
	}
	if c.Parallel == 0 {
		c.Parallel = runtime.GOMAXPROCS(0)
	}
	return &Verifier{budget{total: c.Memory, free: cost{c.Memory, c.Parallel}}, c.Parallel, c.DES}
}

// Verify tells whether password is the one that the stored hash was made of. If it cannot tell, the
// error wraps ErrMalformed, ErrScheme, ErrBudget or that of the context, which ends the waiting for
// a place.
func (v *Verifier) Verify(ctx context.Context, stored, password string) (bool, error) {
	h, err := v.parse(stored)
	if err != nil {
		return false, err
	}
	if len(password) >= MaxPassword || strings.ContainsRune(password, 0) {
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
	h, err := v.parse(stored)
	if err != nil {
		return err
	}
	return v.budget.check(h.cost())
}

// parse takes a stored hash apart, if its scheme is allowed.
func (v *Verifier) parse(stored string) (hash, error) {
	s, h, err := parse(stored)
	if err == nil && s.des && !v.des {
		return nil, fmt.Errorf("%w: %s (the option --despasswords allows it)", ErrScheme, s.name)
	}
	return h, err
}

// A hash is a stored hash taken apart.
type hash interface {
	// cost is what compute takes.
	cost() cost
	// compute returns the stored result and the one the given password makes, in the same encoding.
	// It does not keep or change the password.
	compute(password []byte) (want, got []byte, err error)
}
