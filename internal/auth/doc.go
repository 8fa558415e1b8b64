// Package auth finds out who a client is: a chain of backends is asked in the administrator's
// order, each a source of accounts in a folder of its own.
//
// A backend answers with an account; with ErrUnknown, and the next one is asked; or with any other
// error, and the login is over: a *Refusal, if it knows the user and does not let it in, an error
// that wraps ErrDown, if it cannot be asked now, or one that wraps ErrBroken, if it cannot be asked
// at all. CauseOf makes one word of them, out of a closed list; the texts of all of them are for the
// administrator; a client is told no more than that the login failed.
//
// When no backend knows the user, the chain verifies the password all the same, against a hash like
// those of real users, so that the time of the answer does not tell who exists. The times are
// alike, not equal: users may have hashes of different cost, and backends differ. The session's
// random pause after a failure covers the rest.
//
// The package does not count attempts, which is the business of package ban, does not pause, and applies nothing of what an account says.
package auth
