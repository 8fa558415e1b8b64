package passhash

import (
	"encoding/base64"
	"encoding/binary"

	//lint:ignore SA1019 Blowfish is what bcrypt is made of
	"golang.org/x/crypto/blowfish"
)

// bcryptHash is "$2b$" cost "$" salt sum, 60 characters in all.
type bcryptHash struct {
	variant bcryptVariant
	log     int // logarithm of the cost
	salt    []byte
	sum     string
}

// A bcryptVariant is how a password becomes a key. Old libraries took bytes from 0x80 on for
// negative numbers, which lets some of them overwrite those before.
type bcryptVariant uint8

const (
	bcryptCorrect bcryptVariant = iota // "$2b$", "$2y$"
	bcryptSigned                       // "$2x$": as old libraries did
	bcryptWary                         // "$2a$": never what old libraries made of another password
)

const (
	bcryptSalt   = 22      // characters, for 16 bytes
	bcryptSum    = 31      // characters, for 23 bytes of the 24 there are
	bcryptWords  = 18      // of key, each four bytes
	bcryptMemory = 8 << 10 // bytes
	cheapBcrypt  = 4       // logarithm of the cost

	minBcryptLog, maxBcryptLog = 4, 31

	bcryptText       = "OrpheanBeholderScryDoubt" // what is encrypted
	bcryptTextRounds = 64
	bcryptCharacters = "./ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789"
)

// bcrypt64 is bcrypt's own base64.
func bcrypt64() *base64.Encoding {
	return base64.NewEncoding(bcryptCharacters).WithPadding(base64.NoPadding)
}

// parseBcrypt returns the parser for the hashes of one variant.
func parseBcrypt(variant bcryptVariant) func(string) (hash, error) {
	return func(rest string) (hash, error) {
		if len(rest) < 3 || rest[2] != '$' || !isCrypt64(rest[3:], bcryptSalt+bcryptSum) {
			return nil, ErrMalformed
		}
		digits, rest := rest[:2], rest[3:]
		if digits[0] == '0' {
			digits = digits[1:]
		}
		log, ok := decimal(digits, minBcryptLog, maxBcryptLog)
		if !ok {
			return nil, ErrMalformed
		}
		salt, err := bcrypt64().DecodeString(rest[:bcryptSalt])
		if err != nil {
			return nil, ErrMalformed
		}
		return &bcryptHash{variant, int(log), salt, rest[bcryptSalt:]}, nil
	}
}

func (h *bcryptHash) cost() cost {
	return cost{bcryptMemory, expensive(int64(h.log), cheapBcrypt)}
}

func (h *bcryptHash) compute(password []byte) (want, got []byte, err error) {
	first, key := bcryptKeys(password, h.variant)
	cipher, err := blowfish.NewSaltedCipher(first, h.salt)
	if err != nil {
		return nil, nil, err
	}
	for range uint64(1) << h.log {
		blowfish.ExpandKey(key, cipher)
		blowfish.ExpandKey(h.salt, cipher)
	}
	text := []byte(bcryptText)
	for block := text; len(block) > 0; block = block[blowfish.BlockSize:] {
		for range bcryptTextRounds {
			cipher.Encrypt(block, block)
		}
	}
	return []byte(h.sum), bcrypt64().AppendEncode(nil, text[:len(text)-1]), nil
}

// bcryptKeys makes 72 bytes of key from the password and the zero that ends it, repeated. The first
// of the two is for the first expansion, and differs from the other only for wary hashes of
// passwords whose signed key is the same although signs were extended.
func bcryptKeys(password []byte, variant bcryptVariant) (first, key []byte) {
	var correct, signed [bcryptWords]uint32
	var extended bool
	for i, at := 0, 0; i < bcryptWords; i++ {
		for j := range 4 {
			var b byte // of the zero at the end
			if at < len(password) {
				b = password[at]
			}
			at = (at + 1) % (len(password) + 1)
			correct[i] = correct[i]<<8 | uint32(b)
			signed[i] = signed[i]<<8 | uint32(int32(int8(b)))
			extended = extended || j > 0 && b >= 0x80
		}
	}
	words := correct
	if variant == bcryptSigned {
		words = signed
	}
	key = bcryptBytes(words)
	if variant == bcryptWary && extended && correct == signed {
		words[0] ^= 1 << 16
	}
	return bcryptBytes(words), key
}

// bcryptBytes writes words as a key is read.
func bcryptBytes(words [bcryptWords]uint32) []byte {
	out := make([]byte, 0, 4*bcryptWords)
	for _, word := range words {
		out = binary.BigEndian.AppendUint32(out, word)
	}
	return out
}
