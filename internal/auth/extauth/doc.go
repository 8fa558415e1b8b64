// Package extauth logs in whom somebody else lets in: a daemon at a local socket that runs a program, pure-authd or one's own
// (-l extauth, ExtAuth), or a service that speaks JSON over HTTP (-l http, HTTPAuth).
//
//	Backend → Asker: Socket (lines, see package authd) or Service (JSON)
//
// Who asks is told apart from what comes back. A daemon or service that does not know the user has the next backend asked; one
// that says no, or yes and then nonsense, refuses; one that cannot be asked, or gives no answer in time, ends the login as
// well (auth.ErrDown): nobody else is asked in its place.
//
// Passwords go to the daemon or service as they are. It is as trusted as the server: whom it lets in as user 2001 is user 2001.
// Only root's numbers are refused.
package extauth
