// Package uploads is the way of an upload's news from a server to pure-uploadscript: the record that the two exchange, the pipe
// and the lock they find each other by, which are the original's, and the Courier that serves the pipe for a server.
//
//	session ──Announce──► memory ──► pipe ──Reader──► pure-uploadscript
//	                         │  ▲
//	                         ▼  │ first
//	                        spool
//
// A server never waits for a reader. The courier writes to the pipe what fits; what does not, because nobody reads or the
// reader is slow, stays in memory for a second and then goes to the spool, a file that the next courier finds. The spool is
// always older than the memory and goes first, so the order is kept. A record that the pipe has taken but that nobody has read
// when the reader dies is taken back, to the front of the spool.
//
// An event is told at least once: after kill -9 or the loss of power the last one may come again. What is lost is counted and
// reported: events beyond the bounds of spool and memory, and those that were in memory, less than a second, when the server
// was killed.
//
// The package knows nothing of accounts or transfers. It acts in whatever identity its Config gives it.
package uploads
