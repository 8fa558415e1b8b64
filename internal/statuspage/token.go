package statuspage

import (
	"bytes"
	"crypto/sha256"
	"crypto/subtle"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"syscall"
)

// Bounds of a token, in bytes.
const (
	minToken = 16
	maxToken = 256
)

// othersAccess are the permissions that a file with a secret must not have: others read it, or put another there.
const othersAccess fs.FileMode = 0o027

// A Token makes an operator of whoever shows it. The zero Token is shown by nobody.
type Token struct {
	set bool
	sum [sha256.Size]byte
}

// ReadToken reads a token from the one line of a file that only its owner, root or the user who runs this, and members of its group can read.
func ReadToken(path string) (Token, error) {
	f, err := os.OpenFile(path, os.O_RDONLY|syscall.O_NONBLOCK, 0) // a pipe must not hold the start up
	if err != nil {
		return Token{}, fmt.Errorf("token: %w", err)
	}
	text, err := readSecret(f)
	if err = errors.Join(err, f.Close()); err != nil {
		return Token{}, fmt.Errorf("token: %s: %w", path, err)
	}
	t, err := newToken(text)
	if err != nil {
		return Token{}, fmt.Errorf("token: %s: %w", path, err)
	}
	return t, nil
}

// readSecret looks whose file it is before it reads.
func readSecret(f *os.File) ([]byte, error) {
	info, err := f.Stat()
	if err != nil {
		return nil, err
	}
	owner, ok := info.Sys().(*syscall.Stat_t)
	switch {
	case !ok || !info.Mode().IsRegular():
		return nil, errors.New("not a file")
	case info.Mode().Perm()&othersAccess != 0:
		return nil, fmt.Errorf("others may read or change it (mode %o); run: chmod 600", info.Mode().Perm())
	case owner.Uid != 0 && int(owner.Uid) != os.Geteuid():
		return nil, errors.New("it belongs to another user; run: chown root")
	}
	return io.ReadAll(io.LimitReader(f, maxToken+3)) // a line end, and one more
}

// newToken takes what can be sent in a header: visible ASCII. Nothing but a line end may follow.
func newToken(text []byte) (Token, error) {
	text, _ = bytes.CutSuffix(text, []byte("\n"))
	text, _ = bytes.CutSuffix(text, []byte("\r"))
	if len(text) < minToken || len(text) > maxToken {
		return Token{}, fmt.Errorf("a token has %d to %d characters", minToken, maxToken)
	}
	for _, c := range text {
		if c <= ' ' || c > '~' {
			return Token{}, errors.New("a token is one line of letters, digits and signs, without blanks")
		}
	}
	return Token{set: true, sum: sha256.Sum256(text)}, nil
}

// is compares in a time that tells nothing of the token.
func (t Token) is(text string) bool {
	sum := sha256.Sum256([]byte(text))
	return t.set && subtle.ConstantTimeCompare(sum[:], t.sum[:]) == 1
}
