package main

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"syscall"

	"pureftpd/internal/auth"
	"pureftpd/internal/auth/extauth"
	"pureftpd/internal/auth/ldapauth"
	"pureftpd/internal/auth/mysqlauth"
	"pureftpd/internal/auth/pamauth"
	"pureftpd/internal/auth/pgsqlauth"
	"pureftpd/internal/auth/puredbauth"
	"pureftpd/internal/auth/sqlauth"
	"pureftpd/internal/auth/sqliteauth"
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
	case "mysql":
		return mysqlauth.New(mysqlauth.Config{Path: m.Arg, Open: openProtected, Parts: sqlParts(system, v, log)})
	case "pgsql":
		return pgsqlauth.New(pgsqlauth.Config{Path: m.Arg, Open: openProtected, Parts: sqlParts(system, v, log)})
	case "sqlite":
		return sqliteauth.New(sqliteauth.Config{
			Path: m.Arg, Open: openProtected, Guard: asOwner, Parts: sqlParts(system, v, log),
		})
	case "ldap":
		c, err := ldapauth.Load(m.Arg, openProtected)
		if err != nil {
			return nil, err
		}
		return ldapauth.New(c, ldapauth.Parts{Verifier: v, Groups: system.Groups}), nil
	case "extauth":
		return extauth.New(extauth.Config{
			Asker: &extauth.Socket{Path: m.Arg, Dial: dialProtected}, Groups: system.Groups,
		}), nil
	case "http":
		service, err := extauth.NewService(extauth.ServiceConfig{Address: m.Arg, Dial: dialProtected})
		if err != nil {
			return nil, fmt.Errorf("-l http: %w", err)
		}
		return extauth.New(extauth.Config{Asker: service, Groups: system.Groups}), nil
	}
	return nil, fmt.Errorf("authentication method %q is not available", m.Method)
}

// sqlParts are what the backends of databases need beside their file.
func sqlParts(system *unixauth.Database, v *passhash.Verifier, log *record.Log) sqlauth.Parts {
	return sqlauth.Parts{
		Verifier: v,
		UserID:   system.UserID,
		GroupID:  system.GroupID,
		Groups:   system.Groups,
		Report:   func(message string) { log.WriteString(record.Error, message) },
	}
}

// checkDatabases reads the files of databases and directories without connecting, and reports all mistakes.
func checkDatabases(o *options.Options) error {
	log := record.Open(record.Config{Output: record.None})
	system, verifier := unixauth.NewDatabase(unixauth.Files{}), passhash.New(passhash.Config{})
	var failed error
	for _, m := range o.Auth {
		switch m.Method {
		case "mysql", "pgsql", "sqlite", "ldap":
			backend, err := newBackend(m, system, verifier, log)
			if err == nil {
				err = backend.(io.Closer).Close()
			}
			failed = errors.Join(failed, err)
		}
	}
	return errors.Join(failed, log.Close())
}

// asOwner is the guard of a database that is a file: it is worked with in the name of its owner.
func asOwner(path string) sqlauth.Guard {
	return func(fn func() error) error {
		info, err := statProtected(path)
		if err != nil {
			return err
		}
		owner, ok := info.Sys().(*syscall.Stat_t)
		if !ok {
			return fmt.Errorf("%s: its owner is not known", path)
		}
		return identity.As(&identity.Who{UID: owner.Uid, GID: owner.Gid}, fn)
	}
}

// newCache is the cache of --authcache before a chain; it is nil if it is not asked for.
func newCache(o *options.Options, chain *auth.Chain) *auth.Cache {
	if o.AuthCache == 0 {
		return nil
	}
	return auth.NewCache(auth.CacheConfig{Backend: chain, TTL: o.AuthCache})
}

// closeBackends ends the connections of those backends that have any.
func closeBackends(chain *auth.Chain) error {
	var failed error
	for _, link := range chain.Links {
		if c, ok := link.Backend.(io.Closer); ok {
			failed = errors.Join(failed, c.Close())
		}
	}
	return failed
}

// newPAM starts the helper that asks PAM. Its program stands beside the server's.
func newPAM() (*pamauth.Backend, error) {
	self, err := os.Executable()
	if err != nil {
		return nil, err
	}
	helper, err := pamauth.Start(pamauth.Config{Path: filepath.Join(filepath.Dir(self), "pure-pamd")})
	if err != nil {
		return nil, fmt.Errorf("-l pam: %w", err)
	}
	return pamauth.New(helper), nil
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
	err = protected(func() error {
		info, err = os.Stat(path)
		return err
	})
	return info, err
}
