// Package puredbauth logs in virtual users out of a PureDB file, the index that pure-pw makes of
// pureftpd.passwd.
//
// The file is opened at each login, so an edit counts from the next login on. A file that cannot be
// opened, or is none, means that nobody logs in (auth.ErrBroken); in one that is damaged inside, a
// user who is not found is unknown, and the damage is in the error.
//
// A record's rules are all kept, or the login is refused: this version refuses users that have a
// bandwidth, a ratio or a quota, which it cannot hold them to yet. A record that cannot be
// understood to its last field refuses, too.
package puredbauth
