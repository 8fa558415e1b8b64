// Package passhash verifies passwords against their stored hashes: Argon2 (RFC 9106), scrypt (RFC
// 7914) in its "$7$" form, yescrypt, GOST-yescrypt, bcrypt, SHA-crypt, SHA1-crypt, MD5-crypt, SunMD5,
// NT and, where they are allowed, traditional and extended DES, in the notations of crypt(5) and
// libsodium. Make makes new hashes, of Argon2id only; Legacy names the schemes that ought to go.
//
// Some of these are made to be expensive, and a client without an account can ask for as many
// verifications as it likes. A Verifier therefore holds two bounds, whoever asks: the memory that
// all running verifications may take together, and how many expensive ones run at once. Who comes
// when they are taken waits in line, as long as its context lets it. The memory is an estimate of
// what the scheme needs; what the garbage collector has not yet returned comes on top.
//
// A verification cannot be interrupted once it runs. Results are compared in constant time. Argon2d
// and bcrypt older than "$2a$" are recognized and refused (ErrScheme), as crypt(3) does; text that
// is no hash at all, such as a clear password, an empty field or "*", never matches anything
// (ErrMalformed).
package passhash
