package passhash

import (
	"bytes"
	"fmt"
	"strings"

	"github.com/go-crypt/x/yescrypt"
)

// yescryptHash is "$y$j" N r "$" salt "$" sum: N and r are a character each, cost and block size;
// "j" says that the default flavour is meant, with no further parameters.
type yescryptHash struct {
	setting  string // all before the sum's "$"
	sum      string
	log2N, r int
}

// What the library computes; libxcrypt itself makes 10..18 and 8 or 32.
const (
	minYescryptN, maxYescryptN = 10, 18
	maxYescryptR               = 32
)

const (
	yescryptSum     = 43 // characters, for 32 bytes
	maxYescryptSalt = 86 // characters, for 64 bytes
)

func parseYescrypt(rest string) (hash, error) {
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
	h := &yescryptHash{"$y$" + parameters + "$" + salt, sum, int(n) + 1, int(r) + 1}
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
	full, err := yescrypt.Hash(password, []byte(h.setting+"$"))
	return []byte(h.sum), full[bytes.LastIndexByte(full, '$')+1:], err
}
