package passhash

import (
	"bytes"
	"crypto/hmac"
	"fmt"
	"strings"

	"github.com/go-crypt/x/yescrypt"
)

// yescryptHash is "$y$j" N r "$" salt "$" sum: N and r are a character each, cost and block size;
// "j" says that the default flavour is meant, with no further parameters.
type yescryptHash struct {
	setting  string // parameters "$" salt
	sum      string
	log2N, r int
}

// gostYescryptHash is the same behind "$gy$": a keyed hash made with GOST R 34.11-2012 around it.
type gostYescryptHash struct{ *yescryptHash }

// What the library computes; libxcrypt itself makes 10..18 and 8 or 32.
const (
	minYescryptN, maxYescryptN = 10, 18
	maxYescryptR               = 32
)

const (
	yescryptPrefix, gostYescryptPrefix = "$y$", "$gy$"
	yescryptSum                        = 43 // characters, for 32 bytes
	maxYescryptSalt                    = 86 // characters, for 64 bytes
)

func parseYescrypt(rest string) (hash, error) {
	h, err := newYescrypt(rest)
	if err != nil {
		return nil, err
	}
	return h, nil
}

func parseGOSTYescrypt(rest string) (hash, error) {
	h, err := newYescrypt(rest)
	if err != nil {
		return nil, err
	}
	return gostYescryptHash{h}, nil
}

// newYescrypt takes apart what follows the prefix.
func newYescrypt(rest string) (*yescryptHash, error) {
	parts := strings.Split(rest, "$")
	if len(parts) != 3 {
		return nil, ErrMalformed
	}
	parameters, salt, sum := parts[0], parts[1], parts[2]
	if len(salt) > maxYescryptSalt || yescrypt.Decode64([]byte(salt)) == nil {
		return nil, fmt.Errorf("%w: salt", ErrMalformed)
	}
	if len(parameters) < 3 || !isCrypt64(parameters, len(parameters)) || !isCrypt64(sum, yescryptSum) {
		return nil, ErrMalformed
	}
	n, _ := number64(parameters[1:2])
	r, _ := number64(parameters[2:3])
	h := &yescryptHash{parameters + "$" + salt, sum, int(n) + 1, int(r) + 1}
	if len(parameters) != 3 || parameters[0] != 'j' ||
		h.log2N < minYescryptN || h.log2N > maxYescryptN || h.r > maxYescryptR {
		return nil, fmt.Errorf("%w: parameters %q", ErrScheme, parameters)
	}
	return h, nil
}

func (h *yescryptHash) cost() cost {
	memory := int64(128*h.r)<<h.log2N + 16<<10 // and the S-boxes
	return cost{memory, expensive(memory, cheapMemory)}
}

func (h *yescryptHash) compute(password []byte) (want, got []byte, err error) {
	full, err := yescrypt.Hash(password, []byte(yescryptPrefix+h.setting+"$"))
	return []byte(h.sum), full[bytes.LastIndexByte(full, '$')+1:], err
}

// compute keys the sum with the setting, which is keyed with the hashed password.
func (h gostYescryptHash) compute(password []byte) (want, got []byte, err error) {
	want, inner, err := h.yescryptHash.compute(password)
	if err != nil {
		return nil, nil, err
	}
	hashed := newStreebog256()
	if _, err := hashed.Write(password); err != nil {
		return nil, nil, err
	}
	key, err := streebogHMAC(hashed.Sum(nil), []byte(gostYescryptPrefix+h.setting))
	if err != nil {
		return nil, nil, err
	}
	outer, err := streebogHMAC(key, yescrypt.Decode64(inner))
	return want, yescrypt.Encode64(outer), err
}

// streebogHMAC is the keyed hash of a message (RFC 2104).
func streebogHMAC(key, message []byte) ([]byte, error) {
	mac := hmac.New(newStreebog256, key)
	_, err := mac.Write(message)
	return mac.Sum(nil), err
}
