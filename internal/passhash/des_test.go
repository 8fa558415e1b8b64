package passhash

import (
	"crypto/des"
	"encoding/binary"
	"testing"

	"pgregory.net/rapid"
)

// Without a salt and once, it is the DES of the standard library.
func TestUnsaltedIsDES(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		key, block := rapid.Uint64().Draw(t, "key"), rapid.Uint64().Draw(t, "block")
		cipher, err := des.NewCipher(binary.BigEndian.AppendUint64(nil, key))
		if err != nil {
			t.Fatal(err)
		}
		var want [8]byte
		cipher.Encrypt(want[:], binary.BigEndian.AppendUint64(nil, block))
		schedule := newDESKey(key)
		if got := schedule.encrypt(block, desSalt{}, 1); got != binary.BigEndian.Uint64(want[:]) {
			t.Errorf("encrypt(%x, %x) = %x; want %x", key, block, got, want)
		}
		twice := schedule.encrypt(schedule.encrypt(block, desSalt{}, 1), desSalt{}, 1)
		if got := schedule.encrypt(block, desSalt{}, 2); got != twice {
			t.Errorf("encrypt(%x, %x) twice at once = %x; want %x", key, block, got, twice)
		}
	})
}
