// Package account says what a successful authentication yields: whose identity the session takes on, where it lives and
// what it may use up.
//
// It knows nothing of how the answer was found (package auth) and nothing of how it is enforced (session, rootfs).
package account

import "strings"

// An Account is the answer of an authentication backend. It is not changed after the login.
type Account struct {
	Name   string // the login, as the client gave it
	UID    uint32
	GID    uint32
	Groups []uint32 // supplementary groups

	// Home is the directory as recorded. "/./" in it marks the border of a chroot: SplitHome takes it apart.
	Home string

	Anonymous bool

	// Source names the backend whose answer this is, as the administrator wrote it; "" where there was none to ask.
	Source string

	// SystemNames is set for accounts of the system's own database: listings may show owners by name, and CWD knows "~user".
	SystemNames bool

	// LegacyHash names the scheme of the account's password hash if it is one that ought to be replaced, else "".
	LegacyHash string

	Limits Limits
}

// Limits are bounds of one account. A limit that is not set is the server's.
type Limits struct {
	MaxSessions Limit // simultaneous sessions; set to zero means: no bound, whatever the server's
	MaxFiles    Limit // quota; set to zero means: none at all
	MaxBytes    Limit // likewise

	// Rate of one session in bytes per second; a direction that is not above zero has the server's.
	UploadRate, DownloadRate uint64

	// Ratio: UploadRatio parts uploaded earn DownloadRatio parts to download. Both are above zero, or the server's ratio holds.
	UploadRatio, DownloadRatio uint64
}

// A Limit is a number that may be absent.
type Limit struct {
	Set bool
	N   uint64
}

// SplitHome takes a home apart at its first "/./": the root of the chroot and the start directory inside it. Without
// the mark, jailed is false and start is the home itself.
func SplitHome(home string) (root, start string, jailed bool) {
	i := strings.Index(home, "/./")
	if i < 0 {
		return "/", home, false
	}
	root, start = home[:i], home[i+2:]
	if root == "" {
		root = "/"
	}
	return root, start, true
}
