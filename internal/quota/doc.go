// Package quota keeps count of what a user has stored, in the file .ftpquota of the user's root, and holds the user to a
// number of files and bytes.
//
// The file is the only truth. Whoever reads or changes it has its lock (fcntl(2)), so the sessions of one server, the
// processes of inetd mode, pure-quotacheck and Pure-FTPd's own programs agree on it. A Ledger is that file for all sessions
// of this process. Its Apply is a bracket: the lock is taken, what is about to be done is charged, it is done, the charge is
// set right. A process that is killed in between has charged too much, never too little, and by one deed at most. Count and
// Recount find the number anew.
//
// A file that cannot be read is a reason to refuse, not to let everything pass: nothing more is stored until it is counted
// anew, but what is there can be deleted.
//
// The package knows nothing of pathnames, replies or whose quota it is: it is given an open file, and a [Tree] to count.
//
// What it does not protect from: changes of the tree that do not go through Apply, such as those of local users, and an
// administrator who moves the quota file elsewhere while sessions have it open. Deleting it is noticed (ErrStale).
package quota
