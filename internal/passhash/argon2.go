package passhash

import (
	"encoding/base64"
	"fmt"
	"strings"

	"golang.org/x/crypto/argon2"
)

// argon2Hash is "$argon2id$v=19$m=<KiB>,t=<passes>,p=<lanes>$<salt>$<sum>", unpadded base64 (RFC
// 9106).
type argon2Hash struct {
	derive func(password, salt []byte, time, memory uint32, threads uint8, keyLen uint32) []byte
	memory uint32 // KiB
	passes uint32
	lanes  uint8
	salt   []byte
	sum    []byte
}

func parseArgon2id(rest string) (hash, error) { return parseArgon2(rest, argon2.IDKey) }
func parseArgon2i(rest string) (hash, error)  { return parseArgon2(rest, argon2.Key) }

// Bounds of salt and sum, in bytes; the lower ones are libsodium's.
const (
	minArgon2Salt, maxArgon2Salt = 8, 1024
	minArgon2Sum, maxArgon2Sum   = 16, 1024
)

const (
	argon2idPrefix  = "$argon2id$"
	minArgon2Memory = 8 // KiB, for each lane
)

func parseArgon2(rest string,
	derive func(password, salt []byte, time, memory uint32, threads uint8, keyLen uint32) []byte,
) (hash, error) {
	parts := strings.Split(rest, "$")
	if len(parts) != 4 {
		return nil, ErrMalformed
	}
	if parts[0] != "v=19" {
		return nil, fmt.Errorf("%w: version %q", ErrScheme, parts[0])
	}
	h := &argon2Hash{derive: derive}
	if err := h.parameters(parts[1]); err != nil {
		return nil, err
	}
	var err error
	if h.salt, err = argon2Bytes(parts[2], minArgon2Salt, maxArgon2Salt); err != nil {
		return nil, fmt.Errorf("salt: %w", err)
	}
	if h.sum, err = argon2Bytes(parts[3], minArgon2Sum, maxArgon2Sum); err != nil {
		return nil, fmt.Errorf("sum: %w", err)
	}
	return h, nil
}

// parameters reads "m=<KiB>,t=<passes>,p=<lanes>".
func (h *argon2Hash) parameters(s string) error {
	parts := strings.Split(s, ",")
	if len(parts) != 3 {
		return ErrMalformed
	}
	var n [3]uint64
	for i, p := range [...]struct {
		key         string
		least, most uint64
	}{{"m=", minArgon2Memory, 1<<32 - 1}, {"t=", 1, 1<<32 - 1}, {"p=", 1, 255}} {
		text, ok := strings.CutPrefix(parts[i], p.key)
		if !ok {
			return ErrMalformed
		}
		if n[i], ok = decimal(text, p.least, p.most); !ok {
			return fmt.Errorf("%w: parameter %s", ErrMalformed, parts[i])
		}
	}
	h.memory, h.passes, h.lanes = uint32(n[0]), uint32(n[1]), uint8(n[2])
	if h.memory < minArgon2Memory*uint32(h.lanes) {
		return fmt.Errorf("%w: too little memory for %d lanes", ErrMalformed, h.lanes)
	}
	return nil
}

// argon2Bytes decodes salt or sum.
func argon2Bytes(s string, least, most int) ([]byte, error) {
	p, err := base64.RawStdEncoding.Strict().DecodeString(s)
	if err != nil {
		return nil, fmt.Errorf("%w: %w", ErrMalformed, err)
	}
	if len(p) < least || len(p) > most {
		return nil, fmt.Errorf("%w: %d bytes", ErrMalformed, len(p))
	}
	return p, nil
}

func (h *argon2Hash) cost() cost {
	memory := int64(h.memory) << 10
	if int64(h.passes) > cheapMemory>>10 {
		return cost{memory, 1}
	}
	return cost{memory, expensive(memory*int64(h.passes), cheapMemory)}
}

func (h *argon2Hash) compute(password []byte) (want, got []byte, err error) {
	return h.sum, h.derive(password, h.salt, h.passes, h.memory, h.lanes, uint32(len(h.sum))), nil
}
