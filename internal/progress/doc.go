// Package progress tells a person who waits how far a long piece of work is: one line on a terminal, redrawn in place and
// wiped when the work is done.
//
// It never writes to what is not a terminal, so scripts and logs see nothing of it, and it shows nothing before the work
// has taken a second, so quick work looks as it always did. It needs no goroutine: the line is drawn by the call that
// reports progress, ten times a second at most. The price is that work which reports nothing for a while shows nothing new.
//
// It knows nothing of what is counted, and it prints no escape sequences: a carriage return is all it asks of a terminal.
// It is for Linux.
package progress
