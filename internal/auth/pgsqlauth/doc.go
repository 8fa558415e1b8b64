// Package pgsqlauth logs in the accounts of PostgreSQL, with the configuration file of the original. What is not particular to
// this database is in sqlauth.
//
// Each login is one transaction. The environment variables of PostgreSQL's own client library do not count.
package pgsqlauth
