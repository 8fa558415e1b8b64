package passhash

import (
	"fmt"
	"strings"

	"golang.org/x/crypto/scrypt"
)

// scryptHash is "$7$" N r p salt "$" sum: N is one character, the logarithm of the cost; r and p
// are numbers of five; the salt is used as it is written (RFC 7914). libsodium and libxcrypt write
// it, with salts of different lengths.
type scryptHash struct {
	n, r, p int
	salt    string
	sum     string
}

const (
	scryptParameters = 1 + 5 + 5 // characters
	scryptSum        = 43        // characters, for 32 bytes
	maxScryptSalt    = 64        // characters; libsodium writes 43, libxcrypt up to 64
)

func parseScrypt(rest string) (hash, error) {
	i := strings.LastIndexByte(rest, '$')
	if i < scryptParameters || i > scryptParameters+maxScryptSalt ||
		!isCrypt64(rest[i+1:], scryptSum) {
		return nil, ErrMalformed
	}
	log, ok1 := number64(rest[:1])
	r, ok2 := number64(rest[1:6])
	p, ok3 := number64(rest[6:scryptParameters])
	if !ok1 || !ok2 || !ok3 || log == 0 || r == 0 || p == 0 {
		return nil, fmt.Errorf("%w: parameters", ErrMalformed)
	}
	// Far above any budget; below, no product overflows.
	if log > 31 || uint64(r)*uint64(p) >= 1<<20 {
		return nil, fmt.Errorf("%w: parameters N=2^%d r=%d p=%d", ErrBudget, log, r, p)
	}
	return &scryptHash{1 << log, int(r), int(p), rest[scryptParameters:i], rest[i+1:]}, nil
}

func (h *scryptHash) cost() cost {
	block := int64(128 * h.r)
	memory := block * int64(h.n+h.p+2)
	return cost{memory, expensive(block*int64(h.n)*int64(h.p), cheapMemory)}
}

func (h *scryptHash) compute(password []byte) (want, got []byte, err error) {
	key, err := scrypt.Key(password, []byte(h.salt), h.n, h.r, h.p, 32)
	return []byte(h.sum), encode64(key), err
}
