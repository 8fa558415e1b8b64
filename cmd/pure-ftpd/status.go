package main

import (
	"errors"

	"pureftpd/internal/auth/conffile"
	"pureftpd/internal/options"
	"pureftpd/internal/tlsconf"
)

// startStatus is the exit status of a start that failed: the one for mistakes in the configuration, also where the mistake stands
// in a file that a setting names, as in the original.
func startStatus(err error) int {
	if errors.Is(err, errTLS) && !errors.Is(err, tlsconf.ErrCiphers) {
		return options.ExitStatus
	}
	if _, ok := errors.AsType[*conffile.Error](err); ok {
		return options.ExitStatus
	}
	return exitFailure
}
