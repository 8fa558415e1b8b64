// Package sqlauth logs in the accounts of SQL databases. It is what mysqlauth, pgsqlauth and sqliteauth have in common: the
// keys of their files, the queries in them, what an answer means, and how a database may fail. It knows no driver.
//
// A query is a template: \L, \I, \P, \R and \D in it stand for the login and the two ends of the connection. Templates are
// compiled once, when the server starts, into prepared statements whose parameters these values become; no value ever
// reaches the text of a statement, whatever it holds. See [Compile].
//
// A user whom the password query does not find is unknown (auth.ErrUnknown). A database that does not answer, or answers
// with an error, means that nobody can be judged: the login fails (auth.ErrDown) and no other backend is asked, since it
// might know the user differently. An id that is none or root's, and a limit that is no number, refuse the login: a rule
// is never ignored.
//
// Connections are kept and shared, so what a query leaves behind in its session, such as a variable, may be seen by the
// next login. A statement cannot be longer than the server allows; a value is read up to 4096 bytes.
package sqlauth
