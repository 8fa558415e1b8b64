package passhash

// desHash is a hash of traditional or extended DES: a block of zeros, encrypted count times with
// the password as the key.
type desHash struct {
	key   func(password []byte) uint64
	salt  uint32
	count int
	sum   string
}

const (
	desSum       = 11     // characters, for 64 bits
	desLen       = 2 + 11 // characters: salt and sum
	extendedLen  = 4 + 4 + 11
	desCount     = 25
	desBlockSize = 8 // bytes
)

// parseDES takes apart "salt sum", 13 characters in all.
func parseDES(rest string) (hash, error) {
	if !isCrypt64(rest, desLen) {
		return nil, ErrMalformed
	}
	salt, _ := number64(rest[:2])
	return &desHash{desBlock, salt, desCount, rest[2:]}, nil
}

// parseExtendedDES takes apart what follows the "_" of BSDi's scheme: the count, four characters of
// salt, and the sum. A count of zero means one, as crypt(3) has it.
func parseExtendedDES(rest string) (hash, error) {
	if !isCrypt64(rest, extendedLen) {
		return nil, ErrMalformed
	}
	count, _ := number64(rest[:4])
	salt, _ := number64(rest[4:8])
	return &desHash{extendedDESKey, salt, max(int(count), 1), rest[8:]}, nil
}

func (h *desHash) cost() cost {
	return cost{places: expensive(int64(h.count), cheapRounds)}
}

func (h *desHash) compute(password []byte) (want, got []byte, err error) {
	key := newDESKey(h.key(password))
	sum := key.encrypt(0, newDESSalt(h.salt), h.count)
	text := make([]byte, 0, desSum)
	for left := 58; left > 0; left -= 6 {
		text = append(text, crypt64[sum>>left&63])
	}
	return []byte(h.sum), append(text, crypt64[sum<<2&63]), nil
}

// desBlock makes a key of the first eight bytes of a password. Their highest bits are lost: the
// lowest bit of each byte of a key counts nothing.
func desBlock(password []byte) (key uint64) {
	for i := range desBlockSize {
		key <<= 8
		if i < len(password) {
			key |= uint64(password[i] << 1)
		}
	}
	return key
}

// extendedDESKey makes a key of a whole password: each eight bytes after the first are added to the
// key encrypted with itself.
func extendedDESKey(password []byte) uint64 {
	key := desBlock(password)
	for len(password) > desBlockSize {
		password = password[desBlockSize:]
		schedule := newDESKey(key)
		key = schedule.encrypt(key, desSalt{}, 1) ^ desBlock(password)
	}
	return key
}
