// Package tlsconf is the TLS side of the server: certificates and their checks, ciphers, client certificates, and the
// tickets that bind data connections to the control connection of their session.
//
// It knows nothing of FTP: a Server is made once, a Session for each control connection, and both only dress connections
// in TLS. It runs no handshake by itself and keeps no connection.
//
// Certificates are read again when their files change: a handshake looks at the files if nobody did in the last second.
// What was read is checked before it is used; if it is broken the old one stays and the fault is reported once. No
// goroutine runs between handshakes, so a change is seen by the next one, not before.
//
// The binding of data connections is only as good as the client's secrecy: who has the ticket and its secret is the
// session. Ticket keys are the process's own and are changed every day; a ticket of another process, before a restart or
// beside it, is no ticket. There are no session identifiers: a TLS 1.2 client that takes no tickets, such as curl, resumes
// nothing and cannot be bound. Ciphers of TLS 1.3 cannot be chosen, as crypto/tls has no such setting.
package tlsconf
