// Package authd says what the server asks pure-authd when somebody logs in, and what the answers mean (-l extauth, ExtAuth), as
// lines for a daemon and as JSON for a service of one's own. It says what pure-authd has to know of the question, too.
//
//	account:joe                     {"account": "joe", …}
//	…
//	auth_ok:1                       {"auth": "ok",
//	uid:2001                         "uid": 2001,
//	gid:2001                         "gid": 2001,
//	dir:/srv/ftp/joe/./              "dir": "/srv/ftp/joe/./"}
//	end
//
// An answer that cannot be understood, whole or in part, refuses: half a set of limits is none. The package asks nobody; it
// makes questions and reads answers.
package authd
