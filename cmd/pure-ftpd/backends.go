package main

import (
	"fmt"

	"pureftpd/internal/auth"
	"pureftpd/internal/auth/puredbauth"
	"pureftpd/internal/auth/unixauth"
	"pureftpd/internal/options"
	"pureftpd/internal/passhash"
)

// newBackend makes the backend of one -l switch.
func newBackend(m options.AuthMethod, system *unixauth.Database, v *passhash.Verifier) (auth.Backend, error) {
	switch m.Method {
	case "unix":
		return unixauth.New(unixauth.Config{Database: system, Verifier: v}), nil
	case "puredb":
		return puredbauth.New(puredbauth.Config{
			Path:     m.Arg,
			Open:     openProtected,
			Verifier: v,
			Groups:   system.Groups,
		}), nil
	}
	return nil, fmt.Errorf("authentication method %q is not available", m.Method)
}
