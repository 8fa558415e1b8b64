package auth

import (
	"context"
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha256"
	"encoding/binary"
	"sync"
	"time"

	"pureftpd/internal/account"
)

// maxRemembered bounds the logins that a Cache remembers: some megabytes at most.
const maxRemembered = 4096

// A CacheConfig says what a Cache spares its Backend.
type CacheConfig struct {
	Backend Backend

	// TTL is how long an account is the answer for the same user, password and addresses; 0 means that none is remembered.
	// Meanwhile a change of the account or its password does not count, a rule about times neither.
	TTL time.Duration

	Now func() time.Time // nil means time.Now
}

// A Cache is a Backend in front of another one. It does not know any password: what it remembers is a keyed digest, and the
// key lives and dies with the process.
type Cache struct {
	backend Backend
	ttl     time.Duration
	now     func() time.Time
	key     [32]byte

	mu         sync.Mutex
	remembered map[digest]memory
	stats      CacheStats // but for Remembered
}

// CacheStats are the counters of a Cache.
type CacheStats struct {
	Remembered int    // logins, some of them over
	Recalled   uint64 // logins that were answered from memory
	Asked      uint64 // that were not
}

// Stats returns them.
func (c *Cache) Stats() CacheStats {
	c.mu.Lock()
	defer c.mu.Unlock()
	s := c.stats
	s.Remembered = len(c.remembered)
	return s
}

type digest [sha256.Size]byte

// A memory is an answer and when it is forgotten.
type memory struct {
	account account.Account
	until   time.Time
}

// NewCache returns a Cache that remembers nothing yet.
func NewCache(c CacheConfig) *Cache {
	if c.Now == nil {
		c.Now = time.Now
	}
	cache := &Cache{
		backend: c.Backend, ttl: c.TTL, now: c.Now, remembered: map[digest]memory{},
	}
	rand.Read(cache.key[:]) // never fails
	return cache
}

// Authenticate implements Backend.
func (c *Cache) Authenticate(ctx context.Context, credentials Credentials) (account.Account, error) {
	var d digest
	remembers := c.ttl > 0 && !credentials.Certified // an answer to a certificate must not be one to an empty password
	if remembers {
		d = c.digest(credentials)
		if a, ok := c.recall(d); ok {
			return a, nil
		}
	}
	a, err := c.backend.Authenticate(ctx, credentials)
	if err == nil && remembers {
		c.remember(d, a)
	}
	return a, err
}

// digest is what credentials are remembered by. The addresses are part of it, since rules may depend on them; the client's
// port is not.
func (c *Cache) digest(credentials Credentials) (d digest) {
	h := hmac.New(sha256.New, c.key[:])
	for _, part := range []string{
		credentials.User, string(credentials.Password), credentials.Local.String(), credentials.Remote.Addr().String(),
	} {
		var length [8]byte
		binary.BigEndian.PutUint64(length[:], uint64(len(part)))
		h.Write(length[:]) // never fails
		h.Write([]byte(part))
	}
	h.Sum(d[:0])
	return d
}

func (c *Cache) recall(d digest) (account.Account, bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	m, ok := c.remembered[d]
	if ok = ok && c.now().Before(m.until); ok {
		c.stats.Recalled++
	} else {
		c.stats.Asked++
	}
	return m.account, ok
}

func (c *Cache) remember(d digest, a account.Account) {
	c.mu.Lock()
	defer c.mu.Unlock()
	now := c.now()
	c.makeRoom(now)
	c.remembered[d] = memory{a, now.Add(c.ttl)}
}

// makeRoom takes what is over out of a full memory, or anything if nothing is.
func (c *Cache) makeRoom(now time.Time) {
	if len(c.remembered) < maxRemembered {
		return
	}
	for d, m := range c.remembered {
		if !now.Before(m.until) {
			delete(c.remembered, d)
		}
	}
	for d := range c.remembered {
		if len(c.remembered) < maxRemembered {
			return
		}
		delete(c.remembered, d)
	}
}
