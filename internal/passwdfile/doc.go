// Package passwdfile understands the record of a virtual user: a line of pureftpd.passwd, or the
// value under a login in its index.
//
//	login:hash:uid:gid:gecos:home:upload:download:upload ratio:download ratio:sessions:files:bytes:
//	local allow:local deny:client allow:client deny:hours
//
// The fields after home may be missing from the right; more than eighteen are ignored. Parse is
// strict: a field that cannot be understood is an error that names it, never a rule that does not
// apply. A Record also judges whether a visitor may come: from which address, to which address, at
// what time of day (Record.Permit).
//
// The package does not verify passwords, knows nothing of files, and asks for host names only
// through the resolver it is given.
package passwdfile
