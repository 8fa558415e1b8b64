// Package mysqlauth logs in the accounts of MySQL and MariaDB, with the configuration file of the original. What is not
// particular to these databases is in sqlauth.
//
// Statements run on the server's side of the protocol that has parameters, so one that MySQL cannot prepare (such as LOCK
// TABLES) cannot be a query.
package mysqlauth
