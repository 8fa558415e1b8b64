// Package passhash verifies passwords against their stored hashes: Argon2 (RFC 9106), scrypt (RFC
// 7914) in its "$7$" form, yescrypt, bcrypt, SHA-crypt, SHA1-crypt and MD5-crypt, in the notations
// of crypt(5) and libsodium.
//
// Some of these are made to be expensive, and a client without an account can ask for as many
// verifications as it likes. A Verifier therefore holds two bounds, whoever asks: the memory that
// all running verifications may take together, and how many expensive ones run at once. Who comes
// when they are taken waits in line, as long as its context lets it. The memory is an estimate of
// what the scheme needs; what the garbage collector has not yet returned comes on top.
//
// A verification cannot be interrupted once it runs. Results are compared in constant time. DES,
// extended DES, NT, SunMD5 and GOST-yescrypt hashes are recognized and refused (ErrScheme); text
// that is no hash at all, such as a clear password, an empty field or "*", never matches anything
// (ErrMalformed).
package passhash
