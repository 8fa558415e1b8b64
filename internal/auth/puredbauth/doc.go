// Package puredbauth logs in virtual users: out of a PureDB file, the index that pure-pw makes of
// pureftpd.passwd, or out of that text itself. Where the records come from is a Source.
//
// An edit counts from the next login on. A source that cannot be opened, or is none, means that
// nobody logs in (auth.ErrBroken); in one that is damaged, every user is unknown, and the damage is
// in the error. An index that is older than its text still counts, and is reported.
//
// A record's rules are all kept, or the login is refused: a record that cannot be understood to its
// last field lets nobody in.
package puredbauth
