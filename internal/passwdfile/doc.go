// Package passwdfile understands pureftpd.passwd, the file of virtual users, and the record of one of
// them: a line of that file, or the value under a login in its index.
//
//	login:hash:uid:gid:gecos:home:upload:download:upload ratio:download ratio:sessions:files:bytes:
//	local allow:local deny:client allow:client deny:hours
//
// The fields after home may be missing from the right; more than eighteen are ignored. Parse is
// strict: a field that cannot be understood is an error that names it, never a rule that does not
// apply. A Record also judges whether a visitor may come: from which address, to which address, at
// what time of day (Record.Permit).
//
// Record.AppendLine writes what Parse reads, and refuses what a line cannot hold: nothing in it can be
// escaped. Scan splits a file into lines by the rules of the original's tools. An Updater changes a
// file so that no change is lost and no reader sees half of one, however many programs are at it.
//
// The package does not verify passwords, and asks for host names only through the resolver it is
// given.
package passwdfile
