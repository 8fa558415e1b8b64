// Package certd plays the certificate protocol with the original on either side: its server asks our pure-certd, and our
// client asks its. It needs Debian's package and root; see test/oracle.sh.
package certd
