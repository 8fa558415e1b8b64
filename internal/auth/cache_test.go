package auth

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"net/netip"
	"sync"
	"testing"
	"time"

	"pureftpd/internal/account"
)

// counted is a backend that knows joe with the password secret, and counts how often it is asked.
type counted struct {
	mu    sync.Mutex
	asked int
	err   error // answer in place of all others
}

func (b *counted) Authenticate(_ context.Context, c Credentials) (account.Account, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.asked++
	switch {
	case b.err != nil:
		return account.Account{}, b.err
	case c.User != "joe":
		return account.Account{}, ErrUnknown
	case c.Password != "secret":
		return account.Account{}, &Refusal{Reason: "wrong password"}
	}
	return account.Account{Name: c.User, UID: 7}, nil
}

func from(user, password, address string) Credentials {
	return Credentials{
		User: user, Password: Secret(password),
		Local: netip.MustParseAddrPort("192.0.2.1:21"), Remote: netip.AddrPortFrom(netip.MustParseAddr(address), 4000),
	}
}

// A clock is moved by hand.
type clock struct{ time.Time }

func (c *clock) now() time.Time { return c.Time }

func TestCacheRemembersSuccess(t *testing.T) {
	b, now := &counted{}, &clock{time.Unix(1e9, 0)}
	c := NewCache(CacheConfig{Backend: b, TTL: 10 * time.Second, Now: now.now})
	ask := func(what string, credentials Credentials, asked int, want error) {
		t.Helper()
		a, err := c.Authenticate(t.Context(), credentials)
		if !errors.Is(err, want) || (err == nil) != (a.UID == 7) || b.asked != asked {
			t.Errorf("%s: %+v, %v, asked %d times; want %v, %d", what, a, err, b.asked, want, asked)
		}
	}
	good := from("joe", "secret", "198.51.100.1")
	ask("first", good, 1, nil)
	good.Remote = netip.AddrPortFrom(good.Remote.Addr(), 4001)
	ask("again", good, 1, nil)
	ask("other address", from("joe", "secret", "198.51.100.2"), 2, nil)
	ask("wrong password", from("joe", "Secret", "198.51.100.1"), 3, ErrRefused)
	ask("wrong password again", from("joe", "Secret", "198.51.100.1"), 4, ErrRefused)
	ask("shifted", from("joes", "ecret", "198.51.100.1"), 5, ErrUnknown)
	elsewhere := good
	elsewhere.Local = netip.MustParseAddrPort("192.0.2.9:21")
	ask("other server address", elsewhere, 6, nil)
	now.Time = now.Add(10 * time.Second)
	ask("when it is over", good, 7, nil)
	b.err = ErrBroken
	ask("while the source is down", good, 7, nil)
	now.Time = now.Add(10 * time.Second)
	ask("later", good, 8, ErrBroken)
}

// Who logs in by certificate shows no password: nobody else gets in without one.
func TestCacheForgetsCertificates(t *testing.T) {
	c := NewCache(CacheConfig{Backend: certified{}, TTL: time.Hour})
	credentials := from("joe", "", "198.51.100.1")
	credentials.Certified = true
	if _, err := c.Authenticate(t.Context(), credentials); err != nil {
		t.Fatal(err)
	}
	credentials.Certified = false
	if _, err := c.Authenticate(t.Context(), credentials); !errors.Is(err, ErrRefused) {
		t.Errorf("without the certificate: %v; want it refused", err)
	}
}

// certified lets in whoever has a certificate.
type certified struct{}

func (certified) Authenticate(_ context.Context, c Credentials) (account.Account, error) {
	if !c.Certified {
		return account.Account{}, &Refusal{Reason: "wrong password"}
	}
	return account.Account{Name: c.User}, nil
}

func TestCacheIsBounded(t *testing.T) {
	b, now := &counted{}, &clock{time.Unix(1e9, 0)}
	c := NewCache(CacheConfig{Backend: b, TTL: time.Hour, Now: now.now})
	for i := range maxRemembered + 100 {
		address := fmt.Sprintf("10.0.%d.%d", i/256, i%256)
		if _, err := c.Authenticate(t.Context(), from("joe", "secret", address)); err != nil {
			t.Fatal(err)
		}
	}
	if len(c.remembered) > maxRemembered {
		t.Errorf("%d logins are remembered; want %d at most", len(c.remembered), maxRemembered)
	}
	now.Time = now.Add(2 * time.Hour)
	if _, err := c.Authenticate(t.Context(), from("joe", "secret", "10.9.9.9")); err != nil || len(c.remembered) != 1 {
		t.Errorf("when all is over %d logins are left, %v; want 1", len(c.remembered), err)
	}
}

// Nothing in a Cache shows a password or stays the same from process to process.
func TestCacheHoldsNoPassword(t *testing.T) {
	one, two := NewCache(CacheConfig{Backend: &counted{}, TTL: time.Hour}), NewCache(CacheConfig{Backend: &counted{}, TTL: time.Hour})
	good := from("joe", "secret", "192.0.2.7")
	if _, err := one.Authenticate(t.Context(), good); err != nil {
		t.Fatal(err)
	}
	if text := fmt.Sprintf("%+v", one); bytes.Contains([]byte(text), []byte("secret")) {
		t.Errorf("%s shows the password", text)
	}
	first, again, other := one.digest(good), one.digest(good), two.digest(good)
	if first != again || first == other {
		t.Error("digests of two caches are alike, or those of one are not")
	}
}

func TestCacheInParallel(t *testing.T) {
	b := &counted{}
	c := NewCache(CacheConfig{Backend: b, TTL: time.Hour})
	var group sync.WaitGroup
	for i := range 1000 {
		group.Go(func() {
			good := i%2 == 0
			credentials := from("joe", "secret", "192.0.2.7")
			if !good {
				credentials.Password = "wrong"
			}
			if _, err := c.Authenticate(t.Context(), credentials); (err == nil) != good {
				t.Errorf("login %d: %v", i, err)
			}
		})
	}
	group.Wait()
	if b.asked < 501 {
		t.Errorf("asked %d times; every wrong password has to be asked", b.asked)
	}
}
