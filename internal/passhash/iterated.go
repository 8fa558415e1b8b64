package passhash

import (
	"crypto/sha256"
	"crypto/sha512"
	stdhash "hash"
	"strings"

	"github.com/go-crypt/x/crypt"
)

// iteratedHash is one of the schemes that repeat an ordinary hash function: MD5-crypt, SunMD5,
// SHA1-crypt and SHA-crypt.
type iteratedHash struct {
	work   int64 // in rounds of the order of SHA-crypt's
	sum    string
	derive func(password []byte) []byte
}

func (h *iteratedHash) cost() cost {
	return cost{places: expensive(h.work, cheapRounds)}
}

func (h *iteratedHash) compute(password []byte) (want, got []byte, err error) {
	return []byte(h.sum), h.derive(password), nil
}

const maxRounds = 999_999_999

// parseMD5Crypt takes apart "salt$sum": a thousand rounds, always.
func parseMD5Crypt(rest string) (hash, error) {
	salt, sum, ok := saltAndSum(rest, 8, 22)
	if !ok {
		return nil, ErrMalformed
	}
	return &iteratedHash{1000, sum, func(password []byte) []byte {
		return crypt.KeyMD5Crypt(password, []byte(salt))
	}}, nil
}

// parseSHA1Crypt takes apart "rounds$salt$sum".
func parseSHA1Crypt(rest string) (hash, error) {
	text, rest, _ := strings.Cut(rest, "$")
	rounds, ok1 := decimal(text, 1, maxRounds)
	salt, sum, ok2 := saltAndSum(rest, 64, 28)
	if !ok1 || !ok2 {
		return nil, ErrMalformed
	}
	return &iteratedHash{int64(rounds), sum, func(password []byte) []byte {
		return crypt.KeySHA1Crypt(password, []byte(salt), uint32(rounds))
	}}, nil
}

func parseSHA256Crypt(rest string) (hash, error) { return parseSHACrypt(rest, sha256.New, 43) }
func parseSHA512Crypt(rest string) (hash, error) { return parseSHACrypt(rest, sha512.New, 86) }

// parseSHACrypt takes apart "[rounds=n$]salt$sum".
func parseSHACrypt(rest string, function func() stdhash.Hash, sumLen int) (hash, error) {
	rounds := uint64(5000)
	if after, ok := strings.CutPrefix(rest, "rounds="); ok {
		var text string
		text, rest, _ = strings.Cut(after, "$")
		if rounds, ok = decimal(text, 1000, maxRounds); !ok {
			return nil, ErrMalformed
		}
	}
	salt, sum, ok := saltAndSum(rest, 16, sumLen)
	if !ok {
		return nil, ErrMalformed
	}
	return &iteratedHash{int64(rounds), sum, func(password []byte) []byte {
		return crypt.KeySHACrypt(function, password, []byte(salt), int(rounds))
	}}, nil
}
