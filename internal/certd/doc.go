// Package certd asks pure-certd which certificate a server name gets (-3, ExtCert), and says what pure-certd has to know of
// the question.
//
// The daemon's word is a command: what cannot be had, read or understood denies, and the client is sent away. The package
// reads no certificate; it yields the names of files.
package certd
