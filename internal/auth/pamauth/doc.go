// Package pamauth logs in whom PAM lets in. It asks PAM through pure-pamd, a helper process that must be started before the
// server gives up the right to start programs: a module that crashes, hangs or changes its process does so there.
//
// PAM does not tell an unknown user from a wrong password, so after either the next backend is asked (auth.ErrUnknown), as in
// the original. When the password is right and the account may not be used, the login is over. When there is no answer, because
// a module crashed or took too long or the helper is gone, the login is over as well (auth.ErrDown).
//
// What the account is comes from the helper, too: the C library's view of the system's accounts, from all sources of
// nsswitch.conf. The package does not restart a helper that has died; every login fails then, with a line that says so.
package pamauth
