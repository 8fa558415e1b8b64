// Package logins has the server ask an LDAP directory and PAM as they are in Debian, and compares what becomes of logins with
// Debian's pure-ftpd-ldap.
//
// The tests are behind the build tag `backends`. They need root, a C compiler and the packages that packages.txt lists; what is
// not there is a failure. The directory (slapd) and the original are unpacked by unpack.sh, not installed; slapd runs as
// nobody, on loopback, in a folder of its own. PAM's modules find their files in a mount name space of the server's own.
//
//	go test -tags backends ./test/logins/
package logins
