// Command pure-pw keeps the accounts of virtual users: a text file with a line for each, and the database
// that is built from it. It takes the commands, options and exit statuses of Pure-FTPd's tool of that name.
//
//	pure-pw COMMAND [LOGIN] [options]
//
// Each command is a row of the table in command.go and has a file of its own. What an option does stands in
// its row in flags.go. An account is read leniently (entry.go), so that a line the server refuses can be
// shown and mended, and written strictly (package passwdfile), so that such a line is never made.
//
// Passwords are asked for, or come from standard input, a file or the random numbers of the system; none of
// these shows them in the list of processes. A hash may be given on the command line, where others can see
// it; "-" reads it from standard input instead.
//
// The program changes files under the lock of package passwdfile. It knows nothing of a running server but
// what the list of processes tells (servers.go), and changes nothing there.
package main
