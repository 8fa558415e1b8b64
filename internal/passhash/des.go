package passhash

import (
	"math/bits"
	"slices"
	"sync"
)

// desKey is the key schedule of DES: in each round six bits for each S-box.
type desKey [16][8]byte

// desSalt swaps bits of the expanded half with those 24 places further on: six bits for each of the
// first four S-boxes.
type desSalt [4]byte

// newDESKey makes the schedule of a key whose lowest bit in each byte counts nothing.
func newDESKey(key uint64) (schedule desKey) {
	halves := permute(key, 64, desPC1[:])
	c, d := halves>>28, halves&(1<<28-1)
	for round := range schedule {
		by := 2
		if slices.Contains(desSingleShifts[:], round) {
			by = 1
		}
		c = (c<<by | c>>(28-by)) & (1<<28 - 1)
		d = (d<<by | d>>(28-by)) & (1<<28 - 1)
		subkey := permute(c<<28|d, 56, desPC2[:])
		for box := range 8 {
			schedule[round][box] = byte(subkey>>(42-6*box)) & 63
		}
	}
	return schedule
}

// newDESSalt takes a salt of 24 bits, or the traditional 12: its lowest bit stands for the first
// one of the expanded half.
func newDESSalt(salt uint32) (s desSalt) {
	for box := range s {
		s[box] = bits.Reverse8(byte(salt>>(6*box))&63) >> 2
	}
	return s
}

// encrypt encrypts a block count times, with a salt.
func (k *desKey) encrypt(block uint64, salt desSalt, count int) uint64 {
	substitution := desSubstitution()
	block = permute(block, 64, desIP[:])
	left, right := uint32(block>>32), uint32(block)
	for range count {
		for round := range k {
			left, right = right, left^feistel(substitution, right, &k[round], &salt)
		}
		left, right = right, left
	}
	block = uint64(left)<<32 | uint64(right)
	var out uint64 // the inverse of the initial permutation
	for i, from := range desIP {
		out |= block >> (63 - i) & 1 << (64 - from)
	}
	return out
}

// feistel is the cipher function f of FIPS 46-3, with crypt(3)'s swapping after the expansion.
func feistel(substitution *[8][64]uint32, half uint32, key *[8]byte, salt *desSalt) (out uint32) {
	for box, swap := range salt {
		a := byte(bits.RotateLeft32(half, 4*box+5)) & 63
		b := byte(bits.RotateLeft32(half, 4*box+21)) & 63
		swapped := (a ^ b) & swap
		out |= substitution[box][a^swapped^key[box]] | substitution[box+4][b^swapped^key[box+4]]
	}
	return out
}

// permute picks bits of a number of the given width. Positions count from 1 for the most
// significant bit, as in the standard.
func permute(in uint64, width int, positions []byte) (out uint64) {
	for _, p := range positions {
		out = out<<1 | in>>(width-int(p))&1
	}
	return out
}

// desSubstitution returns what each S-box yields for six bits, in the places where the permutation
// P puts it. The table is made when the first one asks for it.
var desSubstitution = sync.OnceValue(func() *[8][64]uint32 {
	var table [8][64]uint32
	for box := range table {
		for in := range table[box] {
			row, column := in>>4&2|in&1, in>>1&15
			out := uint64(desBoxes[box][16*row+column]) << (28 - 4*box)
			table[box][in] = uint32(permute(out, 32, desP[:]))
		}
	}
	return &table
})
