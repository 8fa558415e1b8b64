//go:build !(cgo && pam)

package main

import "pureftpd/internal/pamlink"

// unavailable says why PAM cannot be asked.
func unavailable() string {
	return "pure-pamd was built without PAM: install the headers of libpam (Debian: libpam0g-dev) and build again"
}

// askPAM is never reached.
func askPAM(pamlink.Question) pamlink.Answer {
	return pamlink.Answer{Outcome: pamlink.Failed, Detail: unavailable()}
}
