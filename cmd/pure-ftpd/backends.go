package main

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"strings"

	"pureftpd/internal/auth"
	"pureftpd/internal/auth/puredbauth"
	"pureftpd/internal/auth/unixauth"
	"pureftpd/internal/identity"
	"pureftpd/internal/options"
	"pureftpd/internal/passhash"
	"pureftpd/internal/passwdfile"
	"pureftpd/internal/record"
)

// newBackend makes the backend of one -l switch.
func newBackend(
	m options.AuthMethod, system *unixauth.Database, v *passhash.Verifier, log *record.Log,
) (auth.Backend, error) {
	switch m.Method {
	case "unix":
		return unixauth.New(unixauth.Config{Database: system, Verifier: v}), nil
	case "puredb":
		return puredbauth.New(puredbauth.Config{
			Path:     m.Arg,
			Open:     openProtected,
			Text:     textOf(m.Arg),
			Stat:     statProtected,
			Report:   func(message string) { log.WriteString(record.Warning, message) },
			Verifier: v,
			Groups:   system.Groups,
		}), nil
	case "purepw":
		index := &passwdfile.Index{
			Path:     m.Arg,
			Open:     openProtected,
			Report:   func(message string) { log.WriteString(record.Error, message) },
			Repaired: func(message string) { log.WriteString(record.Notice, message) },
		}
		index.Load() // the administrator reads at the start what is wrong with the file
		return puredbauth.New(puredbauth.Config{Source: index, Verifier: v, Groups: system.Groups}), nil
	}
	return nil, fmt.Errorf("authentication method %q is not available", m.Method)
}

// textOf is where administrators keep the text that an index of virtual users is made of, if they
// keep it beside the index.
func textOf(index string) string {
	if base, ok := strings.CutSuffix(index, ".pdb"); ok {
		return base + ".passwd"
	}
	return ""
}

// statProtected looks at a file in a directory that only root may enter.
func statProtected(path string) (info fs.FileInfo, err error) {
	stat := func() error {
		info, err = os.Stat(path)
		return err
	}
	if err = identity.With(identity.ReadSearch, stat); errors.Is(err, fs.ErrPermission) {
		err = asRoot(stat) // as with openProtected
	}
	return info, err
}
