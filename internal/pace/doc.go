// Package pace holds transfers to a number of bytes per second: for one session, for all sessions of one user, and
// for the whole server, uploads and downloads apart.
//
// It knows nothing of FTP, accounts or files, reads and writes nothing, and imports only the standard library. A
// transfer asks a Flow how much it may move, moves it, and gives back what did not move. Any rate may change while
// transfers wait, from and to "no limit" too, and acts at once.
//
// The promise: over any time, what moves under a limit is at most rate times time plus one burst, a tenth of a
// second's worth (at least one byte), and what transfers with enough to do move is within a few per cent of that. Who
// shares a limit shares it by bytes: users alike on the server, however many sessions each has; sessions alike on a
// user; transfers alike on a session. What one cannot use, because of a limit of its own or a slow peer, goes to the
// others. Who comes to those who share a limit, and who was there, have their new shares at once. Background sessions have
// about a tenth of a share. Without any limit a transfer costs a few atomic loads.
//
// The limits of the promise: bytes that were handed out and not yet moved, because a peer is slow, may move later, on
// top of a burst; of each transfer they are at most a twentieth of a second's worth, and 1 MiB. Only what is taken is
// counted: not the headers of TCP, the framing of TLS or the control connection. A limit where there was none, and a
// user's or session's first transfer, begin with a full burst.
//
// Each of the two directions is a tree under one lock: the server, its users, their sessions, their transfers. Each
// place of it has a bucket of bytes paid for in advance, and serves the places below in the order of a virtual time.
// A place whose bucket is too low for the next piece is held until it is not. No goroutine belongs to the package:
// whoever takes, ends a transfer or changes a rate hands out what there is, and one timer for each direction, which is
// set only while a place is held, does so when the next one has enough. All times are monotonic.
package pace
