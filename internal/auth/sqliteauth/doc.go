// Package sqliteauth logs in the accounts of an SQLite file: a database for a site that has no database server. What is not
// particular to SQLite is in sqlauth.
//
// The file is opened only to be read, unless a query is given that writes new hashes (SQLiteSetPW). One that is not there is
// not made.
package sqliteauth
