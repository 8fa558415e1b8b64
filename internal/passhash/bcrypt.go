package passhash

import (
	"errors"
	"fmt"

	"golang.org/x/crypto/bcrypt"
)

// bcryptHash is "$2b$" cost "$" salt sum, 60 characters in all.
type bcryptHash struct {
	stored string
	log    int
}

const (
	bcryptLen       = 60
	cheapBcrypt     = 4       // logarithm of the cost
	maxBcryptSecret = 72      // bytes of the password that count
	bcryptMemory    = 8 << 10 // bytes
)

// parseBcrypt returns the parser for hashes with one prefix: the three kinds differ in how old
// libraries made them, not in what they mean.
func parseBcrypt(prefix string) func(string) (hash, error) {
	return func(rest string) (hash, error) {
		if len(prefix)+len(rest) != bcryptLen || rest[2] != '$' ||
			!isCrypt64(rest[3:], len(rest)-3) {
			return nil, ErrMalformed
		}
		stored := prefix + rest
		log, err := bcrypt.Cost([]byte(stored))
		if err != nil {
			return nil, fmt.Errorf("%w: %w", ErrMalformed, err)
		}
		return &bcryptHash{stored, log}, nil
	}
}

func (h *bcryptHash) cost() cost {
	return cost{bcryptMemory, expensive(int64(h.log), cheapBcrypt)}
}

// compute leaves the comparison to the library, whose is in constant time: it does not hand out the
// result.
func (h *bcryptHash) compute(password []byte) (want, got []byte, err error) {
	password = password[:min(len(password), maxBcryptSecret)]
	err = bcrypt.CompareHashAndPassword([]byte(h.stored), password)
	switch {
	case err == nil:
		return []byte{1}, []byte{1}, nil
	case errors.Is(err, bcrypt.ErrMismatchedHashAndPassword):
		return []byte{1}, []byte{0}, nil
	}
	return nil, nil, err
}
