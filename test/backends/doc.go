// Package backends lets the server look up accounts in the databases that people run: MariaDB and PostgreSQL from Debian's
// packages.
//
// The tests are behind the build tag `backends` and need the packages that packages.txt lists; one that is not there is a
// failure. They start the databases themselves, on loopback and in a temporary folder, as nobody if the tests run as root,
// and end them by their process number.
//
//	go test -tags backends ./test/backends/
//
// As root, the same logins are tried on Debian's pure-ftpd-mysql, which fetch.sh unpacks without installing it.
package backends
