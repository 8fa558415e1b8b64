package main

import (
	"errors"
	"io/fs"
	"os"

	"pureftpd/internal/passwdfile"
)

func useraddCommand() command {
	return command{
		name: "useradd", usage: "LOGIN -u USER -d DIR", help: "make an account",
		run: useradd, changes: true, flags: passwordFlags(),
	}
}

// useradd appends an account. That there is none of the login yet is looked at twice: before the password is
// asked for, and under the lock.
func useradd(inv *invocation) error {
	r := passwdfile.Record{Login: inv.word}
	inv.options.apply(&r)
	if err := missing(&r); err != nil {
		return err
	}
	text, err := os.ReadFile(inv.text())
	switch {
	case err == nil && holds(text, r.Login):
		return inv.exists()
	case err != nil && !errors.Is(err, fs.ErrNotExist):
		return fail(statusRewrite, "%w", err)
	}
	s, err := inv.newSecret()
	if err != nil {
		return err
	}
	r.Hash = s.hash
	added, err := line(&r)
	if err != nil {
		return err
	}
	err = inv.update(func(old []byte) ([]byte, error) {
		if holds(old, r.Login) {
			return nil, inv.exists()
		}
		return appended(old, added), nil
	})
	if err != nil {
		return err
	}
	return s.tell(inv.out)
}

// missing tells what a new account lacks, or has too much of.
func missing(r *passwdfile.Record) error {
	switch {
	case len(r.Login) > maxLogin:
		return fail(statusOption, "the login has %d bytes; servers look at the first %d only", len(r.Login), maxLogin)
	case r.UID == 0 || r.GID == 0:
		return fail(statusID, "the user and group are missing, or root's: "+
			"write -u USER, and -g GROUP if USER is a number")
	case r.Home == "":
		return fail(statusHome, "the home is missing: write -d DIR")
	}
	return nil
}

func (inv *invocation) exists() error {
	return fail(statusRewrite, "there is an account %q in %s already: "+
		"usermod changes it, passwd gives it a new password", inv.word, inv.text())
}
