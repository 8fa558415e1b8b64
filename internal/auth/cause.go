package auth

import "errors"

// A Cause is why a login failed, as one word that programs find in the log: one of the constants below.
type Cause string

const (
	UnknownUser     Cause = "unknown-user"      // no backend knows the name, or would tell
	WrongPassword   Cause = "wrong-password"    //
	Locked          Cause = "locked"            // no password can be right
	Expired         Cause = "expired"           // the account
	PasswordExpired Cause = "password-expired"  // or has to be changed first
	Shell           Cause = "shell"             // not one of those that may log in
	Address         Cause = "address"           // the client's or the server's
	Hours           Cause = "hours"             // outside of those of the account
	Forbidden       Cause = "forbidden"         // the backend says no, and no more
	RootID          Cause = "root-id"           // uid or gid 0
	LowUID          Cause = "low-uid"           // below the server's least uid
	Failures        Cause = "too-many-failures" // of the address
	Sessions        Cause = "sessions"          // too many of the account
	Home            Cause = "home"              // it cannot be entered
	BadRecord       Cause = "bad-record"        // something in the account's data cannot be used
	BackendDown     Cause = "backend-down"      // it could not be asked, or has no answer
)

// Causes are all of them.
func Causes() []Cause {
	return causes[:]
}

var causes = [...]Cause{
	UnknownUser, WrongPassword, Locked, Expired, PasswordExpired, Shell, Address, Hours,
	Forbidden, RootID, LowUID, Failures, Sessions, Home, BadRecord, BackendDown,
}

// CauseOf returns the cause in the error of a failed login.
func CauseOf(err error) Cause {
	if r, ok := errors.AsType[*Refusal](err); ok {
		if r.Cause == "" {
			return BadRecord
		}
		return r.Cause
	}
	if errors.Is(err, ErrUnknown) {
		return UnknownUser
	}
	return BackendDown
}
