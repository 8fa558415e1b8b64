// Package linemsg speaks the language of the daemons that answer the server's questions, pure-authd and pure-certd, over a
// local socket: one connection for a question, lines of KEY:VALUE each way, and a line that begins with "end" in each
// message. The answer's end is the end of the connection.
//
//	sni_name:ftp.example.com
//	end
//
// There is no quoting: a value is what stands between the colon and the line feed, carriage returns and blanks included. Of
// a key that comes twice the last value counts, keys nobody asks for are passed over, a last line without a line feed does
// not count, and "end" may stand anywhere.
//
// Both sides are bounded, in size and in time. What the keys mean is the business of the packages that ask and answer.
package linemsg
