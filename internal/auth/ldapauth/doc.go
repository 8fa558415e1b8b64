// Package ldapauth logs in the users of an LDAP directory, as the original's configuration file describes it.
//
// A login is a search for exactly one entry, and then either a bind as that entry (method BIND) or a comparison with its
// userPassword (method PASSWORD). The entry says who the user is and what he may use up: the attributes of posixAccount and of the
// original's PureFTPdUser.
//
// The login never becomes more of a filter than a value: characters that the original refuses are refused, and the rest is escaped.
//
// Connections are kept and used again, by one login at a time; how many there are, how many wait and how long an answer may take is
// bounded. A directory that cannot be reached, does not take the server's own password or gives no answer in time ends the login
// (auth.ErrDown): the next backend is asked only if the directory has said that it does not know the user.
//
// The package speaks LDAP version 3 only, and follows neither aliases nor referrals.
package ldapauth
