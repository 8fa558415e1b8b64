package main

import (
	"bufio"
	"crypto/rand"
	"errors"
	"fmt"
	"io"
	"os"
	"strings"

	"pureftpd/internal/passhash"
)

// A secretSource says where an account's password comes from.
type secretSource uint8

const (
	fromDialogue secretSource = iota
	fromInput                 // the first line of standard input
	fromFile                  // the first line of a file
	fromHash                  // a hash in place of a password
	fromChance                // made
)

// setPassword notes where the password comes from.
func (o *options) setPassword(source secretSource, value string) error {
	if o.source != fromDialogue {
		return errors.New("a password was given already: only one of --password-stdin, --password-file, " +
			"--password-hash and --generate makes sense")
	}
	o.source, o.secret = source, value
	return nil
}

// A secret is what an account is to get.
type secret struct {
	hash string
	made string // the password, if it was made and is to be told; else empty
}

// newSecret gets the password from where the options say, and makes its hash.
func (inv *invocation) newSecret() (secret, error) {
	if inv.options.source == fromHash {
		hash, err := inv.givenHash()
		return secret{hash: hash}, err
	}
	password, err := inv.password()
	if err != nil {
		return secret{}, fail(statusPassword, "no password: %w", err)
	}
	hash, err := inv.options.makeHash(password)
	if err != nil {
		return secret{}, fail(statusPassword, "hash the password: %w", err)
	}
	if inv.options.source == fromChance {
		return secret{hash: hash, made: password}, nil
	}
	return secret{hash: hash}, nil
}

// tell prints a password that was made.
func (s secret) tell(out io.Writer) error {
	if s.made == "" {
		return nil
	}
	if _, err := fmt.Fprintln(out, s.made); err != nil {
		return fmt.Errorf("the account has its password, which could not be printed: %w", err)
	}
	return nil
}

// password gets the password in the clear.
func (inv *invocation) password() (string, error) {
	switch inv.options.source {
	case fromInput:
		return inv.firstLine(inv.in)
	case fromFile:
		f, err := os.Open(inv.options.secret)
		if err != nil {
			return "", err
		}
		password, err := inv.firstLine(f)
		return password, errors.Join(err, f.Close())
	case fromChance:
		return rand.Text(), nil
	}
	return inv.dialogue()
}

// firstLine reads the first line of r as a password.
func (inv *invocation) firstLine(r io.Reader) (string, error) {
	return readPassword(bufio.NewReader(r))
}

// readPassword reads a line and checks that it may be a password. The end of input is an error if nothing
// stands before it.
func readPassword(r *bufio.Reader) (string, error) {
	var text []byte
	for {
		c, err := r.ReadByte()
		switch {
		case err == io.EOF && len(text) > 0 || err == nil && c == '\n':
			return cutPassword(text)
		case err == io.EOF:
			return "", errInputEnded
		case err != nil:
			return "", err
		case len(text) > maxPasswordLine:
			return "", errLongPassword
		}
		text = append(text, c)
	}
}

// errInputEnded says that there was no answer, not even an empty one.
var errInputEnded = errors.New("the input ended")

// maxPasswordLine bounds what is read of a line. It is more than a password may have, for what is cut off at a CR.
const maxPasswordLine = 2046

var errLongPassword = fmt.Errorf("longer than %d bytes, so no login would succeed", passhash.MaxPassword-1)

// cutPassword returns the password that a line holds: what stands before its first CR.
func cutPassword(line []byte) (string, error) {
	password, _, _ := strings.Cut(string(line), "\r")
	switch {
	case strings.Contains(password, "\x00"):
		return "", errors.New("contains a NUL byte, which no client can send")
	case len(password) >= passhash.MaxPassword:
		return "", errLongPassword
	}
	return password, nil
}

// givenHash returns the hash of --password-hash, if it is one that logins can be checked with.
func (inv *invocation) givenHash() (string, error) {
	hash := inv.options.secret
	if hash == "-" {
		line, err := bufio.NewReader(inv.in).ReadString('\n')
		if err != nil && (err != io.EOF || line == "") {
			return "", fail(statusPassword, "no hash on standard input: %w", err)
		}
		hash = strings.TrimRight(line, "\r\n")
	}
	if err := passhash.New(passhash.Config{}).Check(hash); err != nil {
		return "", fail(statusOption, "--password-hash: %w", err)
	}
	return hash, nil
}
