package passhash

import (
	"encoding/binary"
	stdhash "hash"
	"math/bits"
)

const (
	streebogBlock = 64 // bytes
	streebogSize  = 32 // bytes of the sum
)

// A vector512 is one of the vectors of GOST R 34.11-2012, or an integer: its words and their bytes
// from the least significant one on.
type vector512 [8]uint64

// streebog is the hash function GOST R 34.11-2012 with 256 bits (RFC 6986). It works bit by bit,
// without tables beside the standard's own: what is hashed here is short.
type streebog struct {
	h       vector512
	bits    vector512 // of the message so far, the standard's N
	sum     vector512 // of its blocks, the standard's Σ
	pending []byte    // less than a block
}

// newStreebog256 returns the function with nothing hashed yet.
func newStreebog256() stdhash.Hash {
	s := new(streebog)
	s.Reset()
	return s
}

func (*streebog) Size() int      { return streebogSize }
func (*streebog) BlockSize() int { return streebogBlock }

// Reset forgets what was hashed. All bytes of the initial vector are one.
func (s *streebog) Reset() {
	*s = streebog{pending: make([]byte, 0, streebogBlock)}
	for i := range s.h {
		s.h[i] = 0x01_01_01_01_01_01_01_01
	}
}

// Write never fails.
func (s *streebog) Write(p []byte) (int, error) {
	for _, b := range p {
		if s.pending = append(s.pending, b); len(s.pending) == streebogBlock {
			s.block(streebogBlock)
			s.pending = s.pending[:0]
		}
	}
	return len(p), nil
}

// Sum appends the sum of what was written; more may be written afterwards (RFC 6986, 9).
func (s *streebog) Sum(in []byte) []byte {
	end := *s
	end.pending = make([]byte, streebogBlock)
	n := copy(end.pending, s.pending)
	end.pending[n] = 1
	end.block(n)
	end.h = compress(vector512{}, end.h, end.bits)
	end.h = compress(vector512{}, end.h, end.sum)
	for _, word := range end.h[8-streebogSize/8:] {
		in = binary.LittleEndian.AppendUint64(in, word)
	}
	return in
}

// block hashes the full block that is pending, of which n bytes are the message's.
func (s *streebog) block(n int) {
	var m vector512
	for i := range m {
		m[i] = binary.LittleEndian.Uint64(s.pending[8*i:])
	}
	s.h = compress(s.bits, s.h, m)
	s.bits.add(vector512{uint64(8 * n)})
	s.sum.add(m)
}

// add adds modulo 2^512.
func (v *vector512) add(w vector512) {
	var carry uint64
	for i := range v {
		v[i], carry = bits.Add64(v[i], w[i], carry)
	}
}

// compress is the standard's g: block m into state h, at position n (RFC 6986, 8).
func compress(n, h, m vector512) vector512 {
	key, state := substitute(h, n), m
	for _, constant := range streebogConstants {
		state = substitute(state, key)
		key = substitute(key, constant)
	}
	for i := range state {
		state[i] ^= key[i] ^ h[i] ^ m[i]
	}
	return state
}

// substitute is the standard's LPSX: the sum of two vectors, each byte replaced, the bytes
// transposed, each word multiplied by the matrix (RFC 6986, 7).
func substitute(a, b vector512) (out vector512) {
	for i := range a {
		word := a[i] ^ b[i]
		for j := range out { // byte j of word i becomes byte i of word j
			replaced := streebogBytes[byte(word>>(8*j))]
			for bit := range 8 {
				if replaced>>bit&1 == 1 {
					out[j] ^= streebogMatrix[63-(8*i+bit)]
				}
			}
		}
	}
	return out
}
