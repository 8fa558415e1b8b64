package passhash

import (
	"fmt"
	"strings"
)

// A scheme is one notation of stored hashes.
type scheme struct {
	prefix string
	// parse takes apart what follows the prefix; nil for a scheme that is known but not verified.
	parse  func(rest string) (hash, error)
	name   string
	status status
	des    bool // verified only if Config.DES says so
}

// A status says what a scheme is worth by the standards of 2026.
type status uint8

const (
	sound  status = iota
	legacy        // fast to search through, or faulty: Legacy names it
)

// schemes lists the notations; a longer prefix stands before a shorter one it begins with. It is
// never written to.
var schemes = [...]scheme{
	{prefix: argon2idPrefix, parse: parseArgon2id, name: "Argon2id"},
	{prefix: "$argon2i$", parse: parseArgon2i, name: "Argon2i"},
	{prefix: "$argon2d$", name: "Argon2d"},
	{prefix: "$7$", parse: parseScrypt, name: "scrypt"},
	{prefix: yescryptPrefix, parse: parseYescrypt, name: "yescrypt"},
	{prefix: gostYescryptPrefix, parse: parseGOSTYescrypt, name: "GOST-yescrypt"},
	{prefix: "$2a$", parse: parseBcrypt(bcryptWary), name: "bcrypt"},
	{prefix: "$2b$", parse: parseBcrypt(bcryptCorrect), name: "bcrypt"},
	{prefix: "$2y$", parse: parseBcrypt(bcryptCorrect), name: "bcrypt"},
	{prefix: "$2x$", parse: parseBcrypt(bcryptSigned), name: "bcrypt $2x$", status: legacy},
	{prefix: "$2$", name: "bcrypt before $2a$", status: legacy},
	{prefix: "$6$", parse: parseSHA512Crypt, name: "SHA512-crypt"},
	{prefix: "$5$", parse: parseSHA256Crypt, name: "SHA256-crypt"},
	{prefix: "$1$", parse: parseMD5Crypt, name: "MD5-crypt", status: legacy},
	{prefix: "$sha1$", parse: parseSHA1Crypt, name: "SHA1-crypt", status: legacy},
	{prefix: sunMD5Prefix, parse: parseSunMD5, name: "SunMD5", status: legacy},
	{prefix: "$3$", parse: parseNT, name: "NT", status: legacy},
	{prefix: "_", parse: parseExtendedDES, name: "BSDi extended DES", status: legacy, des: true},
	{prefix: "", parse: parseDES, name: "DES", status: legacy, des: true},
}

// parse finds the scheme of a stored hash and takes the hash apart.
func parse(stored string) (scheme, hash, error) {
	for _, s := range schemes {
		rest, ok := strings.CutPrefix(stored, s.prefix)
		if !ok {
			continue
		}
		if s.parse == nil {
			return s, nil, fmt.Errorf("%w: %s", ErrScheme, s.name)
		}
		h, err := s.parse(rest)
		switch {
		case err == nil:
			return s, h, nil
		case s.prefix == "": // it need not be a hash at all
			return s, nil, err
		}
		return s, nil, fmt.Errorf("%s: %w", s.name, err)
	}
	return scheme{}, nil, ErrMalformed
}

// Legacy returns the name of a stored hash's scheme if it ought to be replaced by the standards of
// today, such as "MD5-crypt", else "". Text that is no hash has no scheme.
func Legacy(stored string) string {
	s, _, err := parse(stored)
	if err != nil || s.status != legacy {
		return ""
	}
	return s.name
}
