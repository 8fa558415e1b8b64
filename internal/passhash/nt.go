package passhash

import (
	"encoding/hex"
	"strings"

	//lint:ignore SA1019 MD4 is what the scheme is made of; it is verified, never made
	"golang.org/x/crypto/md4"
)

// ntHash is "$3$$" and MD4 of the password in hexadecimal digits, without a salt.
type ntHash string

const ntDigits = "0123456789abcdef"

// parseNT takes apart what follows "$3$".
func parseNT(rest string) (hash, error) {
	sum, ok := strings.CutPrefix(rest, "$")
	if !ok || len(sum) != 2*md4.Size || strings.Trim(sum, ntDigits) != "" {
		return nil, ErrMalformed
	}
	return ntHash(sum), nil
}

func (ntHash) cost() cost { return cost{} }

// compute widens each byte of the password to UTF-16, as crypt(3) does: it is not decoded.
func (h ntHash) compute(password []byte) (want, got []byte, err error) {
	wide := make([]byte, 0, 2*len(password))
	for _, b := range password {
		wide = append(wide, b, 0)
	}
	function := md4.New()
	if _, err := function.Write(wide); err != nil {
		return nil, nil, err
	}
	return []byte(h), []byte(hex.EncodeToString(function.Sum(nil))), nil
}
