package passhash

import (
	"crypto/rand"
	"encoding/base64"
	"errors"
	"fmt"
	"strings"
	"time"

	"golang.org/x/crypto/argon2"
)

// A Cost says how expensive a new hash is made.
type Cost struct {
	Memory uint32        // KiB, at least 8; 0 means 8192
	Time   time.Duration // about what a verification takes on this machine; 0 means 100 ms
	Passes uint32        // over the memory; 0 means as many as fit in Time
}

// ErrPassword says that no hash can be made of a password.
var ErrPassword = errors.New("password cannot be hashed")

const (
	defaultMakeMemory = 8192 // KiB
	defaultMakeTime   = 100 * time.Millisecond

	// What passes found by timing fill in all, in KiB. The lower bound is what is recommended at the
	// least (OWASP, 2026), however slow the machine seems; the upper one takes a slow core about a
	// second, however fast the machine seems.
	leastFilled, mostFilled = 35 << 10, 1 << 20

	makeSalt, makeSum = 16, 32 // bytes; libsodium's
)

// Make returns a new hash of a password: Argon2id, with a salt of its own, in the notation that
// libsodium reads. Passwords that no login can carry are refused with ErrPassword: those of
// MaxPassword bytes or more, and those with a zero byte. Hashes that need more than DefaultMemory
// are refused with ErrBudget: no server would verify them.
func Make(password string, c Cost) (string, error) {
	switch {
	case len(password) >= MaxPassword:
		return "", fmt.Errorf("%w: it has %d bytes, %d are the most", ErrPassword, len(password), MaxPassword-1)
	case strings.ContainsRune(password, 0):
		return "", fmt.Errorf("%w: it has a zero byte in it", ErrPassword)
	}
	if c.Memory == 0 {
		c.Memory = defaultMakeMemory
	}
	c.Memory = max(c.Memory, minArgon2Memory)
	if c.Memory > DefaultMemory>>10 {
		return "", fmt.Errorf("%w: %d KiB, %d are the most", ErrBudget, c.Memory, DefaultMemory>>10)
	}
	if c.Time <= 0 {
		c.Time = defaultMakeTime
	}
	if c.Passes == 0 {
		c.Passes = passesFor(c, func(passes uint32) time.Duration {
			start := time.Now()
			argon2.IDKey(nil, make([]byte, makeSalt), passes, c.Memory, 1, makeSum)
			return time.Since(start)
		})
	}
	var salt [makeSalt]byte
	rand.Read(salt[:]) // never fails
	sum := argon2.IDKey([]byte(password), salt[:], c.Passes, c.Memory, 1, makeSum)
	text := base64.RawStdEncoding.EncodeToString
	return fmt.Sprintf("%sv=19$m=%d,t=%d,p=1$%s$%s", argon2idPrefix, c.Memory, c.Passes, text(salt[:]), text(sum)), nil
}

// passesFor finds how many passes over c.Memory take c.Time. run takes the time of a number of
// passes, which is never less than they need: what disturbs a measurement only lengthens it, so the
// shortest of a few is the best.
func passesFor(c Cost, run func(passes uint32) time.Duration) uint32 {
	const repeat = 3
	least := max((leastFilled+c.Memory-1)/c.Memory, 1)
	most := max(mostFilled/c.Memory, least)
	shortest := func(passes uint32) time.Duration {
		best := run(passes)
		for range repeat - 1 {
			if best > c.Time {
				break // slow as it is, it need not be exact
			}
			best = min(best, run(passes))
		}
		return best
	}
	passes := uint32(1)
	took := shortest(passes)
	for took < c.Time/8 && passes < most { // until it can be measured well
		passes = min(2*passes, most)
		took = shortest(passes)
	}
	fit := float64(passes) * float64(c.Time) / float64(max(took, 1))
	return uint32(min(max(fit, float64(least)), float64(most)))
}
