// Package transfer opens data connections and moves bytes between them and files.
//
// It has three parts. Passive keeps listening sockets that all sessions share and hands each
// arriving connection to the session that owns the pair (client address, port); Dialer makes
// connections for active mode; Copier holds the copy loops, which use sendfile and splice where
// the kernel allows and a plain buffer where it does not, within the same transfer.
//
// A Conn is a raw non-blocking descriptor. It is made known to the runtime's poller only when it
// has to wait for the first time: a small file is sent with one read, one write and one close.
//
// A Secure is TLS laid over a Conn. What is written to it goes out in pieces as large as the buffer; an end of TLS that did not
// come (close_notify) is told from the end of the data.
//
// A Pacer may hold a transfer to a rate, and a Room may refuse to store what has come; both are asked for each piece.
//
// The package knows nothing of commands, replies, accounts, quotas, paths or address policy. It does not
// decide who may connect from where: it compares addresses it is given. It needs Linux.
//
// Limits: data that was accepted by the kernel counts as sent, as with every FTP server without an
// application level acknowledgement; a file that grows while it is sent is sent up to the size it
// had at the start.
package transfer
