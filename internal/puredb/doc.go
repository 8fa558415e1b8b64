// Package puredb reads and writes PureDB files (".pdb"), the index of virtual users: a file that is
// written once and maps keys to values, both strings of bytes.
//
// All numbers in it are unsigned, 32 bits, big endian; all offsets count from the start of the
// file:
//
//	0     "PDB2"
//	4     257 slots: slot i is the offset of bucket i, slot 256 the offset of the first record
//	1032  256 buckets: entries of a hash and a record's offset, ascending; an empty bucket is 4 bytes of filler
//	...   records: length of the key, key, length of the value, value
//
// A key hashes to bucket hash&0xff. The same key may be there more than once: the first one written
// wins.
//
// The package knows nothing of users, passwords or what a value means. A Reader opens the file anew
// for every lookup, so a replaced file counts from the next lookup on and nothing is shared between
// goroutines; a lookup reads a few hundred bytes at chosen places, whatever the size of the file.
// It trusts no offset and no length it reads. It does not lock: a file is meant to be replaced by a
// rename, and one that is rewritten in place under a lookup is seen as damaged at worst. Replace
// replaces it so, and makes those wait who do so at the same time; a Builder makes a file of more
// records than fit into memory.
package puredb
