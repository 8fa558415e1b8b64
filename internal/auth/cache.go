package auth

import (
	"context"
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha256"
	"encoding/binary"
	"errors"
	"net/netip"
	"sync"
	"time"

	"pureftpd/internal/account"
)

const (
	// maxRemembered bounds the logins that a Cache remembers, and maxWatched the addresses whose failures it counts: some
	// megabytes at most.
	maxRemembered = 4096
	maxWatched    = 4096

	// failureWindow is the time in which failures are counted.
	failureWindow = time.Minute
)

// A CacheConfig says what a Cache spares its Backend.
type CacheConfig struct {
	Backend Backend

	// TTL is how long an account is the answer for the same user, password and addresses; 0 means that none is remembered.
	// Meanwhile a change of the account or its password does not count, a rule about times neither.
	TTL time.Duration

	// Failures is how many logins of one address may fail within a minute; what comes after is refused without asking. An
	// IPv6 network of 64 bits counts as one address. 0 means any number.
	Failures int

	Now func() time.Time // nil means time.Now
}

// A Cache is a Backend in front of another one. It does not know any password: what it remembers is a keyed digest, and the
// key lives and dies with the process.
type Cache struct {
	backend  Backend
	ttl      time.Duration
	failures int
	now      func() time.Time
	key      [32]byte

	mu         sync.Mutex
	remembered map[digest]memory
	failed     map[netip.Addr]window
}

type digest [sha256.Size]byte

// A memory is an answer and when it is forgotten.
type memory struct {
	account account.Account
	until   time.Time
}

// A window counts the failures of one address.
type window struct {
	n     int
	until time.Time
}

// NewCache returns a Cache that remembers nothing yet.
func NewCache(c CacheConfig) *Cache {
	if c.Now == nil {
		c.Now = time.Now
	}
	cache := &Cache{
		backend: c.Backend, ttl: c.TTL, failures: c.Failures, now: c.Now,
		remembered: map[digest]memory{}, failed: map[netip.Addr]window{},
	}
	rand.Read(cache.key[:]) // never fails
	return cache
}

// Authenticate implements Backend. Failures are looked at first: who may not ask may not guess what is remembered either.
func (c *Cache) Authenticate(ctx context.Context, credentials Credentials) (account.Account, error) {
	from := network(credentials.Remote.Addr())
	if c.tooMany(from) {
		return account.Account{}, &Refusal{Cause: Failures, Reason: "too many failed logins of this address within a minute"}
	}
	var d digest
	remembers := c.ttl > 0 && !credentials.Certified // an answer to a certificate must not be one to an empty password
	if remembers {
		d = c.digest(credentials)
		if a, ok := c.recall(d); ok {
			return a, nil
		}
	}
	a, err := c.backend.Authenticate(ctx, credentials)
	switch {
	case err == nil && remembers:
		c.remember(d, a)
	case errors.Is(err, ErrRefused) || errors.Is(err, ErrUnknown):
		c.count(from)
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
	return m.account, ok && c.now().Before(m.until)
}

func (c *Cache) remember(d digest, a account.Account) {
	c.mu.Lock()
	defer c.mu.Unlock()
	now := c.now()
	makeRoom(c.remembered, maxRemembered, func(m memory) bool { return now.Before(m.until) })
	c.remembered[d] = memory{a, now.Add(c.ttl)}
}

func (c *Cache) tooMany(from netip.Addr) bool {
	if c.failures == 0 {
		return false
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	w := c.failed[from]
	return w.n >= c.failures && c.now().Before(w.until)
}

func (c *Cache) count(from netip.Addr) {
	if c.failures == 0 {
		return
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	now := c.now()
	w, ok := c.failed[from]
	if !ok {
		makeRoom(c.failed, maxWatched, func(w window) bool { return now.Before(w.until) })
	}
	if !now.Before(w.until) {
		w = window{until: now.Add(failureWindow)}
	}
	w.n++
	c.failed[from] = w
}

// makeRoom takes what is over out of a full map, or anything if nothing is.
func makeRoom[K comparable, V any](m map[K]V, most int, alive func(V) bool) {
	if len(m) < most {
		return
	}
	for k, v := range m {
		if !alive(v) {
			delete(m, k)
		}
	}
	for k := range m {
		if len(m) < most {
			return
		}
		delete(m, k)
	}
}

// network is what counts as one address.
func network(a netip.Addr) netip.Addr {
	a = a.Unmap().WithZone("")
	if !a.Is6() {
		return a
	}
	return netip.PrefixFrom(a, 64).Masked().Addr()
}
