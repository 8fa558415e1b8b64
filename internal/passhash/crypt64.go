package passhash

import (
	"strconv"
	"strings"
)

// crypt64 is the alphabet of crypt(3): each character stands for six bits.
const crypt64 = "./0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"

// isCrypt64 tells whether s is n characters of the alphabet.
func isCrypt64(s string, n int) bool {
	return len(s) == n && strings.Trim(s, crypt64) == ""
}

// number64 decodes a number, its least significant six bits first.
func number64(s string) (n uint32, ok bool) {
	for i := range len(s) {
		digit := strings.IndexByte(crypt64, s[i])
		if digit < 0 {
			return 0, false
		}
		n |= uint32(digit) << (6 * i)
	}
	return n, true
}

// encode64 encodes bytes in groups of three, the first byte in the least significant bits.
func encode64(p []byte) []byte {
	out := make([]byte, 0, (len(p)*8+5)/6)
	for len(p) > 0 {
		n := min(len(p), 3)
		var group uint32
		for i, b := range p[:n] {
			group |= uint32(b) << (8 * i)
		}
		for bits := 8 * n; bits > 0; bits -= 6 {
			out = append(out, crypt64[group&63])
			group >>= 6
		}
		p = p[n:]
	}
	return out
}

// decimal reads a number that is written without sign or leading zero and lies within bounds.
func decimal(s string, least, most uint64) (uint64, bool) {
	n, err := strconv.ParseUint(s, 10, 64)
	ok := err == nil && n >= least && n <= most && strconv.FormatUint(n, 10) == s
	return n, ok
}

// saltAndSum cuts "salt$sum".
func saltAndSum(s string, maxSalt, sumLen int) (salt, sum string, ok bool) {
	salt, sum, ok = strings.Cut(s, "$")
	return salt, sum, ok && len(salt) <= maxSalt && isCrypt64(sum, sumLen)
}
