// Package clients lets the FTP clients that people use work with a running server.
//
// The tests are behind the build tag `clients` and need the Debian packages that packages.txt
// lists; a client that is not there is a failure. Each client takes trees of files up and down in
// every way it can open data connections, over IPv4 and IPv6, goes on with transfers that were
// interrupted, and uses the commands it is known for. What counts is what lies on the disks
// afterwards. Clients that know TLS do so over TLS 1.2 and 1.3, begun by AUTH TLS and at once, with data connections that
// resume the session of the control connection and that do not. What a client cannot do stands in its row, with the reason.
//
//	go test -tags clients ./test/clients/
//
// builds the server and tests it; with `-server PATH` it tests another one, such as the original.
// The original fails a push of rclone's now and then: of several sessions that ask for a passive
// port at the same moment, one may get a 425.
//
// The tests know what a server has on the disk, and wait until it holds no connection any more;
// of the protocol they know nothing.
package clients
