// Package control is the language in which a running server is asked and steered, both ends of it: HTTP with JSON on a Unix
// socket, one socket for each server process, all in one directory. docs/control.md describes it, docs/openapi.json in the form
// that programs read; a test compares the latter with the table of routes and with what is answered.
//
// Who may do what is decided by the kernel's word on who is at the other end, when the connection comes: see Rights. Who has no
// rights is cut off before a byte is read. The sizes of requests and replies, their time and the number of connections have
// bounds. What the package cannot do is done by whoever makes the Server: it knows of sessions what Sessions and Live tell, of
// the server what Hooks do, and nothing of FTP, options or files.
//
// It does not protect from root, and not from the user who started the server: both may do everything.
package control
