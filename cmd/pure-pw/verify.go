package main

import (
	"context"

	"pureftpd/internal/passhash"
)

// statusWrong is what verify exits with if the password is another one. No other status has this bit.
const statusWrong status = 128

func verifyCommand() command {
	return command{
		name: "verify", usage: "LOGIN", help: "check a password: the status is 0 if it is right, 128 if it is wrong",
		run: verify, flags: verifyFlags(),
	}
}

// verifyFlags are those of the password flags that name a password which exists already.
func verifyFlags() []flag {
	var flags []flag
	for _, f := range passwordFlags() {
		if f.long == "password-stdin" || f.long == "password-file" {
			flags = append(flags, f)
		}
	}
	return flags
}

// verify asks for a password, once, and compares it with that of an account in the text file. It takes as long as a
// login. Hashes of all schemes count, also of those that a server takes only if it is told to.
func verify(inv *invocation) error {
	e, err := inv.findInFile()
	if err != nil {
		return err
	}
	password, err := inv.existingPassword()
	if err != nil {
		return fail(statusPassword, "no password: %w", err)
	}
	ok, err := passhash.New(passhash.Config{DES: true}).Verify(context.Background(), e.Hash, password)
	switch {
	case err != nil:
		return fail(statusOther, "the password of %q cannot be checked: %w", e.Login, err)
	case !ok:
		return fail(statusWrong, "wrong password for %q", e.Login)
	}
	if e.strict != nil {
		inv.warn("the password is right, but the server lets nobody in by this line: %v", e.strict)
	}
	return nil
}

// existingPassword gets a password from where the options say, or else asks for it, once. None at all is not an
// empty one.
func (inv *invocation) existingPassword() (string, error) {
	if inv.options.source != fromDialogue {
		return inv.password()
	}
	return inv.ask("Password: ", inv.lineReader())
}
