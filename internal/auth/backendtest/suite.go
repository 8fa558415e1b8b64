package backendtest

import (
	"context"
	"errors"
	"fmt"
	"net/netip"
	"strings"
	"sync"
	"testing"

	"pureftpd/internal/account"
	"pureftpd/internal/auth"
	"pureftpd/internal/passhash"
)

// A User is an account that a backend under test is to know.
type User struct {
	Name string
	Hash string
	UID  uint32
	GID  uint32
	Home string
}

// A Source makes backends over accounts of its kind.
type Source struct {
	// New returns a backend that knows exactly these users.
	New func(t *testing.T, v auth.Verifier, users []User) auth.Backend

	// NewBroken returns a backend whose accounts cannot be read.
	NewBroken func(t *testing.T, v auth.Verifier) auth.Backend

	// NewDown takes the place of NewBroken where passwords are compared elsewhere: it returns a backend that cannot be asked.
	// Such backends have no hashes to show, and know nobody who shows a certificate in place of a password.
	NewDown func(t *testing.T) auth.Backend
}

// Hashes of "secret" and of the empty password, as cheap as they come.
const (
	hashOfSecret = "$1$SBQ56/ff$rvzY4YFMELzUscTIBNcfa/"
	hashOfNone   = "$1$abcdefgh$M55TzYaaccxVGbptZWaxX/"
)

const password = "secret"

func users() []User {
	return []User{
		{"joe", hashOfSecret, 2001, 2002, "/home/joe"},
		{"jail", hashOfSecret, 2003, 2004, "/home/./jail"},
		{"blank", hashOfNone, 2005, 2006, "/home/blank"},
		{"star", "*", 2007, 2008, "/home/star"},
		{"locked", "!" + hashOfSecret, 2009, 2010, "/home/locked"},
		{"clear", password, 2011, 2012, "/home/clear"},
	}
}

func credentials(name, password string) auth.Credentials {
	return auth.Credentials{
		User:     name,
		Password: auth.Secret(password),
		Local:    netip.MustParseAddrPort("192.0.2.1:21"),
		Remote:   netip.MustParseAddrPort("192.0.2.2:40000"),
	}
}

// Run runs the suite.
func Run(t *testing.T, s Source) {
	v := passhash.New(passhash.Config{})
	b := s.New(t, v, users())
	t.Run("Accepts", func(t *testing.T) { accepts(t, b) })
	t.Run("Refuses", func(t *testing.T) { refuses(t, b) })
	t.Run("DoesNotKnow", func(t *testing.T) { doesNotKnow(t, b) })
	t.Run("Certified", func(t *testing.T) { certified(t, b, s.NewDown == nil) })
	t.Run("Cancelled", func(t *testing.T) { cancelled(t, b) })
	t.Run("Concurrent", func(t *testing.T) { concurrent(t, b) })
	if s.NewDown != nil {
		t.Run("Down", func(t *testing.T) { down(t, s.NewDown(t)) })
		return
	}
	t.Run("Sample", func(t *testing.T) {
		if hash := b.(auth.Sampler).SampleHash(); v.Check(hash) != nil {
			t.Errorf("SampleHash = %q; want one that can be verified", hash)
		}
		if hash := s.New(t, v, nil).(auth.Sampler).SampleHash(); hash != "" {
			t.Errorf("SampleHash without users = %q; want none", hash)
		}
	})
	t.Run("Broken", func(t *testing.T) {
		broken := s.NewBroken(t, v)
		_, err := broken.Authenticate(t.Context(), credentials("joe", password))
		out := errors.Is(err, auth.ErrBroken) || errors.Is(err, auth.ErrDown)
		if !out || errors.Is(err, auth.ErrUnknown) || errors.Is(err, auth.ErrRefused) {
			t.Errorf("Authenticate = %v; want ErrBroken or ErrDown", err)
		}
		if hash := broken.(auth.Sampler).SampleHash(); hash != "" {
			t.Errorf("SampleHash = %q; want none", hash)
		}
	})
}

// down has a backend that cannot be asked.
func down(t *testing.T, b auth.Backend) {
	a, err := b.Authenticate(t.Context(), credentials("joe", password))
	if !errors.Is(err, auth.ErrDown) || errors.Is(err, auth.ErrUnknown) || errors.Is(err, auth.ErrRefused) || a.Name != "" {
		t.Errorf("Authenticate = %+v, %v; want ErrDown", a, err)
	}
	if strings.Contains(fmt.Sprint(err), password) {
		t.Errorf("Authenticate = %v shows the password", err)
	}
}

func accepts(t *testing.T, b auth.Backend) {
	for _, u := range users()[:3] {
		secret := password
		if u.Hash == hashOfNone {
			secret = ""
		}
		a, err := b.Authenticate(t.Context(), credentials(u.Name, secret))
		if err != nil {
			t.Errorf("Authenticate(%q) = %v", u.Name, err)
		}
		if a.Name != u.Name || a.UID != u.UID || a.GID != u.GID || a.Home != u.Home || a.Anonymous {
			t.Errorf("Authenticate(%q) = %+v; want %+v", u.Name, a, u)
		}
	}
}

func refuses(t *testing.T, b auth.Backend) {
	for _, test := range []struct{ name, password string }{
		{"joe", "Secret"}, {"joe", "secret "}, {"joe", ""}, {"joe", hashOfSecret}, {"joe", "secret\x00"},
		{"joe", strings.Repeat("a", 600)},
		{"blank", "secret"}, {"blank", " "},
		{"star", "*"}, {"star", ""}, {"star", password},
		{"locked", password}, {"locked", "!" + hashOfSecret}, {"locked", ""},
		{"clear", password}, {"clear", ""},
	} {
		a, err := b.Authenticate(t.Context(), credentials(test.name, test.password))
		if !errors.Is(err, auth.ErrRefused) || errors.Is(err, auth.ErrUnknown) || errors.Is(err, auth.ErrBroken) {
			t.Errorf("Authenticate(%q, %.20q) = %v; want ErrRefused", test.name, test.password, err)
		}
		if a.Name != "" || a.UID != 0 {
			t.Errorf("Authenticate(%q, %.20q) gives away %+v", test.name, test.password, a)
		}
		if r, ok := errors.AsType[*auth.Refusal](err); !ok || r.Reason == "" {
			t.Errorf("Authenticate(%q, %.20q) = %v; want a reason", test.name, test.password, err)
		}
		if test.password != "" && test.password != " " && test.password != "*" &&
			strings.Contains(fmt.Sprint(err), test.password) {
			t.Errorf("Authenticate(%q, %.20q) = %v shows the password", test.name, test.password, err)
		}
	}
}

func doesNotKnow(t *testing.T, b auth.Backend) {
	for _, name := range []string{
		"", "nobody-here", "Joe", "joe ", " joe", "joe:", "joe\n", "joe\x00", "jo", "joe/../joe", "#", "+", "-",
		strings.Repeat("j", 127), strings.Repeat("joe", 100_000), "\xff\xfe", ":", "*",
	} {
		a, err := b.Authenticate(t.Context(), credentials(name, password))
		if !errors.Is(err, auth.ErrUnknown) || errors.Is(err, auth.ErrRefused) || errors.Is(err, auth.ErrBroken) {
			t.Errorf("Authenticate(%.20q) = %+v, %v; want ErrUnknown", name, a, err)
		}
	}
}

// A certificate stands for the password and for nothing else: an account that is locked stays so.
func certified(t *testing.T, b auth.Backend, stands bool) {
	for _, test := range []struct {
		name string
		want error
	}{
		{"joe", nil}, {"jail", nil}, {"star", auth.ErrRefused}, {"locked", auth.ErrRefused}, {"clear", auth.ErrRefused},
		{"nobody-here", auth.ErrUnknown}, {"Joe", auth.ErrUnknown}, {"", auth.ErrUnknown},
	} {
		if !stands {
			test.want = auth.ErrUnknown
		}
		c := credentials(test.name, "")
		c.Certified = true
		a, err := b.Authenticate(t.Context(), c)
		if !errors.Is(err, test.want) || (a.Name == test.name) != (test.want == nil) && test.name != "" {
			t.Errorf("Authenticate(%q, certified) = %+v, %v; want %v", test.name, a, err, test.want)
		}
	}
}

func cancelled(t *testing.T, b auth.Backend) {
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	_, err := b.Authenticate(ctx, credentials("joe", password))
	if !errors.Is(err, context.Canceled) || errors.Is(err, auth.ErrRefused) || errors.Is(err, auth.ErrUnknown) {
		t.Errorf("Authenticate = %v; want context.Canceled", err)
	}
}

func concurrent(t *testing.T, b auth.Backend) {
	var group sync.WaitGroup
	for range 4 {
		group.Go(func() {
			for i := range 20 {
				want := users()[i%2]
				a, err := b.Authenticate(t.Context(), credentials(want.Name, password))
				if err != nil || !sameAccount(a, want) {
					t.Errorf("Authenticate(%q) = %+v, %v", want.Name, a, err)
				}
			}
		})
	}
	group.Wait()
}

func sameAccount(a account.Account, u User) bool {
	return a.Name == u.Name && a.UID == u.UID && a.GID == u.GID && a.Home == u.Home
}
