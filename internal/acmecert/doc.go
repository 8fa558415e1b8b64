// Package acmecert keeps one certificate by ACME (RFC 8555), as from Let's Encrypt: it proves to the authority that the
// names are this machine's, fetches the certificate, stores it in a file, and does so again when a third of its life is left.
//
// It gives the certificate to nobody: whoever uses it reads the file again when it changes, checks it, and keeps the old one
// if it is no good. What fails is reported in one line with its cure, and tried again, less and less often; the file stays as
// it is meanwhile.
//
// A name is proved over HTTP, by listening on port 80 for as long as the authority looks (HTTP-01) or by a file in a
// directory of a web server, or in TLS on port 443 (TLS-ALPN-01, RFC 8737). There are no wildcards, for they need the DNS, no
// accounts bound to a customer number, and no renewal information (RFC 9773).
//
// The protocol is golang.org/x/crypto/acme's. Its autocert was not used: it proves names within the handshakes of clients,
// says nothing of renewals that fail, and its goroutines have no owner.
package acmecert
